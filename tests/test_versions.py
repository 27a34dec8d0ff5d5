"""What is said twice about versions, dependencies and licences is said alike."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Distribution
    from packaging.specifiers import SpecifierSet


def stated_version(distribution: Distribution) -> str:
    """Return the version in the source: in `__about__`, or in pyproject.toml where there is no code."""
    if "version" in distribution.project:
        return str(distribution.project["version"])
    about = distribution.home / "src" / distribution.module / "__about__.py"
    found = re.search(r'^__version__ = "(.+)"$', about.read_text(), re.MULTILINE)
    assert found, f"{about} states no version"
    return found[1]


def requirements(distribution: Distribution) -> list[Requirement]:
    """Return every requirement of a distribution, those of its extras included."""
    extras = distribution.project.get("optional-dependencies", {}).values()
    lines = [*distribution.project["dependencies"], *(line for extra in extras for line in extra)]
    return [Requirement(line) for line in lines]


def test_the_changelog_begins_with_the_version(distribution: Distribution) -> None:
    changelog = (distribution.home / "CHANGELOG.md").read_text()

    top = re.search(r"^## (\S+) \((unreleased|\d{4}-\d\d-\d\d)\)$", changelog, re.MULTILINE)

    assert top is not None
    assert stated_version(distribution) == top[1]


def test_the_installed_wheel_has_the_version_of_the_source(wheel: Distribution) -> None:
    assert stated_version(wheel) == version(wheel.name)
    assert stated_version(wheel) == import_module(wheel.module).__version__


def test_siblings_accept_each_other(distribution: Distribution, distributions: list[Distribution]) -> None:
    current = {each.name: stated_version(each) for each in distributions}

    refused = [
        str(needed)
        for needed in requirements(distribution)
        if needed.name in current and not needed.specifier.contains(current[needed.name], prereleases=True)
    ]

    assert refused == []


def test_siblings_are_required_by_range(
    distribution: Distribution, distributions: list[Distribution]
) -> None:
    names = {each.name for each in distributions} - {"genesis-flow"}

    unbounded = [
        str(needed)
        for needed in requirements(distribution)
        if needed.name in names and {spec.operator for spec in needed.specifier} != {">=", "<"}
    ]

    assert unbounded == []


def test_one_range_per_foreign_package(distributions: list[Distribution]) -> None:
    """Mlflow-skinny and mlflow are one release in two sizes."""
    ranges: dict[str, set[SpecifierSet]] = {}
    for each in distributions:
        for needed in requirements(each):
            ranges.setdefault(needed.name.removesuffix("-skinny"), set()).add(needed.specifier)

    assert {name: found for name, found in ranges.items() if len(found) > 1} == {}


def test_the_extra_all_holds_every_other_extra(distributions: list[Distribution]) -> None:
    extras = dict(distributions[-1].project["optional-dependencies"])

    (everything,) = (Requirement(line) for line in extras.pop("all"))

    assert everything.extras == set(extras)


def test_the_meta_distribution_can_bring_every_wheel(
    wheel: Distribution, distributions: list[Distribution]
) -> None:
    assert wheel.name in {needed.name for needed in requirements(distributions[-1])}


def test_the_licence_is_the_same_everywhere(distribution: Distribution, root: Path) -> None:
    assert distribution.project["license"] == "Apache-2.0"
    assert (distribution.home / "LICENSE").read_bytes() == (root / "LICENSE").read_bytes()


def test_types_are_part_of_every_wheel(wheel: Distribution) -> None:
    assert (wheel.home / "src" / wheel.module / "py.typed").is_file()
    assert "Typing :: Typed" in wheel.project["classifiers"]
