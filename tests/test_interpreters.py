"""The interpreters that are promised are the interpreters that are tested."""

from __future__ import annotations

import re
from configparser import ConfigParser
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Distribution


@pytest.fixture(scope="module")
def tested(root: Path) -> list[str]:
    """Return the versions of Python that tox.ini runs, as "3.10"."""
    ini = ConfigParser(interpolation=None)
    ini.read(root / "tox.ini")
    listed = re.search(r"py\{([\d,]+)\}-smoke", ini["tox"]["env_list"])
    assert listed, "tox.ini lists no interpreters"
    return [f"{digits[0]}.{digits[1:]}" for digits in listed[1].split(",")]


def test_classifiers_name_the_tested_interpreters(distribution: Distribution, tested: list[str]) -> None:
    promised = re.findall(
        r"Python :: (3\.\d+)$", "\n".join(distribution.project["classifiers"]), re.MULTILINE
    )

    assert promised == tested


def test_the_oldest_tested_interpreter_is_required(distribution: Distribution, tested: list[str]) -> None:
    assert distribution.project["requires-python"] == f">={tested[0]}"
