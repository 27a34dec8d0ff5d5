"""The repository as data: what the tests of the repository ask about."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]

# What commands leave behind, beside hidden directories.
MADE = {"__pycache__", "build", "dist", "genesis-flow-data", "mlartifacts", "mlruns"}
BINARY = {".db", ".gz", ".parquet", ".png", ".pyc", ".svg"}


@dataclass(frozen=True)
class Distribution:
    """One of the six: where it lives and what its pyproject.toml says."""

    home: Path
    project: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.project["name"])

    @property
    def module(self) -> str:
        """The module it installs; the meta distribution has none and is never asked."""
        return next((self.home / "src").iterdir()).name


def read(home: Path) -> Distribution:
    return Distribution(home, tomllib.loads((home / "pyproject.toml").read_text())["project"])


WHEELS = [read(path) for path in sorted(ROOT.glob("packages/*"))]
DISTRIBUTIONS = [*WHEELS, read(ROOT)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each wheel or distribution that its argument names."""
    for argument, cases in (("wheel", WHEELS), ("distribution", DISTRIBUTIONS)):
        if argument in metafunc.fixturenames:
            metafunc.parametrize(argument, cases, ids=lambda each: each.name)


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the directory of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def distributions() -> list[Distribution]:
    """Return all six distributions, the meta distribution last."""
    return DISTRIBUTIONS


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    """Return every text file that belongs to the repository, whether or not it is committed yet."""
    found = []
    # Not `git ls-files`: a checkout may come without git, or belong to another user than the tester.
    for directory, names, files in os.walk(ROOT):
        names[:] = [each for each in names if each not in MADE and (each[0] != "." or each == ".ci")]
        found += [Path(directory, each) for each in files if Path(each).suffix not in BINARY]
    return sorted(found)


@pytest.fixture(scope="session")
def pages(tracked: list[Path]) -> list[Path]:
    """Return every Markdown page of the repository."""
    return [path for path in tracked if path.suffix == ".md"]
