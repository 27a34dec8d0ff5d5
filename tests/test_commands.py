"""Whatever a page, the Makefile or the map tells a person to type exists."""

from __future__ import annotations

import re
import shlex
from configparser import ConfigParser
from typing import TYPE_CHECKING

import click
import pytest
from packaging.requirements import Requirement

from genesis_flow.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Distribution

# Code on a page: a fenced block, an indented line, or words between backticks.
CODE = re.compile(r"^```[^\n]*\n(.*?)^```$|^    (\S[^\n]*)$|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^(?:\$ )?((?:make|genesis-flow|pip install|scripts/tox) [^#|&\n]+)", re.MULTILINE)


@pytest.fixture(scope="module")
def shown(pages: list[Path], root: Path) -> list[tuple[str, list[str]]]:
    """Return each command that a page shows, split into words, with the page's name."""
    return [
        (str(page.relative_to(root)), shlex.split(command))
        for page in pages
        for code in CODE.findall(page.read_text())
        for command in COMMAND.findall("".join(code))
    ]


@pytest.fixture(scope="module")
def tox_ini(root: Path) -> ConfigParser:
    ini = ConfigParser(interpolation=None)
    ini.read(root / "tox.ini")
    return ini


@pytest.fixture(scope="module")
def environments(tox_ini: ConfigParser) -> set[str]:
    """Return the names of tox environments: those with a section, those in the list and in labels."""
    names = {section.partition(":")[2] for section in tox_ini.sections() if section.startswith("testenv:")}
    labelled = re.findall(r"= (.+)", tox_ini["tox"]["labels"])
    for line in [*tox_ini["tox"]["env_list"].split(), *labelled]:
        head, *groups = re.split(r"\{(.+?)\}", line)
        expanded = [head]
        for position, group in enumerate(groups):
            choices = group.split(",") if position % 2 == 0 else [group]
            expanded = [begun + choice for begun in expanded for choice in choices]
        names |= set(expanded)
    return names


def test_make_targets_on_pages_exist(shown: list[tuple[str, list[str]]], root: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (root / "Makefile").read_text(), re.MULTILINE))

    missing = [(page, words) for page, words in shown if words[0] == "make" and words[1] not in targets]

    assert missing == []


def test_commands_on_pages_exist(shown: list[tuple[str, list[str]]]) -> None:
    def exists(words: list[str]) -> bool:
        command: click.Command | None = main
        for word in words:
            if word.startswith("-") or not isinstance(command, click.Group):
                break
            command = command.get_command(click.Context(command), word)
        return command is not None

    missing = [(page, words) for page, words in shown if words[0] == "genesis-flow" and not exists(words[1:])]

    assert missing == []


def test_installs_on_pages_name_our_extras(
    shown: list[tuple[str, list[str]]], distributions: list[Distribution]
) -> None:
    extras = {each.name: set(each.project.get("optional-dependencies", ())) for each in distributions}

    wrong = [
        (page, word)
        for page, words in shown
        if words[0] == "pip"
        for word in words[2:]
        if word.startswith("genesis-flow")
        and not (
            Requirement(word).name in extras and Requirement(word).extras <= extras[Requirement(word).name]
        )
    ]

    assert wrong == []


def test_environments_on_pages_and_in_the_makefile_exist(
    shown: list[tuple[str, list[str]]], environments: set[str], root: Path
) -> None:
    makefile = [("Makefile", line.split()) for line in (root / "Makefile").read_text().splitlines()]

    missing = [
        (page, name)
        for page, words in [*shown, *makefile]
        if "scripts/tox" in words and "-e" in words
        for name in words[words.index("-e") + 1].split(",")
        if name not in environments
    ]

    assert missing == []


def test_every_environment_says_what_it_is_for(tox_ini: ConfigParser, environments: set[str]) -> None:
    described = set(re.findall(r"^(\w+):", tox_ini["testenv"]["description"].strip(), re.MULTILINE))

    silent = [
        name
        for name in sorted(environments)
        if not tox_ini.has_option(f"testenv:{name}", "description")
        and name.rpartition("-")[2] not in described
    ]

    assert silent == []


def test_every_make_target_says_what_it_is_for(root: Path) -> None:
    makefile = (root / "Makefile").read_text()

    assert re.findall(r"^([a-z]+):(?!.*## )", makefile, re.MULTILINE) == []
