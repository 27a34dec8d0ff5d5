"""What the pages say is so: links lead somewhere, settings exist, the code of the README runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from genesis_flow import settings
from genesis_flow.testing.fixtures import SERVER_VARIABLE

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SETTING = re.compile(r"\bGENESIS_FLOW_[A-Z_]*[A-Z]\b")
FENCED_PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# A reader's server; here it is the private one.
ANY_SERVER = re.compile(r"mongodb://(?:localhost|127\.0\.0\.1)[^\s\"']*")

README_CODE = [
    pytest.param(block, id=f"{page.parent.name}-{number}")
    for page in [
        Path(__file__).parents[1] / "README.md",
        *Path(__file__).parents[1].glob("packages/*/README.md"),
    ]
    for number, block in enumerate(FENCED_PYTHON.findall(page.read_text()), start=1)
]


def test_links_between_pages_lead_somewhere(pages: list[Path], root: Path) -> None:
    dead = [
        (str(page.relative_to(root)), target)
        for page in pages
        for target in LINK.findall(
            re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
        )
        if not re.match(r"[a-z]+:|#", target) and not (page.parent / target.partition("#")[0]).exists()
    ]

    assert dead == []


def test_settings_on_pages_exist(pages: list[Path], root: Path) -> None:
    known = {each.name for each in settings.SETTINGS} | {SERVER_VARIABLE}

    unknown = [
        (str(page.relative_to(root)), name)
        for page in pages
        for name in SETTING.findall(page.read_text())
        if name not in known
    ]

    assert unknown == []


def test_every_setting_is_on_a_page(pages: list[Path]) -> None:
    told = {name for page in pages for name in re.findall(r"\b[A-Z][A-Z_]+\b", page.read_text())}

    assert {each.name for each in settings.SETTINGS} - told == set()


@pytest.mark.parametrize("code", README_CODE)
def test_the_code_of_a_readme_runs(code: str, mongo_uri: str, tmp_path: Path) -> None:
    (tmp_path / "readme.py").write_text(ANY_SERVER.sub(mongo_uri, code))
    environment = {**os.environ, "MLFLOW_TRACKING_URI": mongo_uri}

    done = subprocess.run(
        [sys.executable, "readme.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )

    assert done.returncode == 0, done.stderr
