"""The command `genesis-flow`: fast to start, kind to its user, unharmed by broken plugins."""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from mlflow.exceptions import MlflowException

from genesis_flow import settings
from genesis_flow.cli import lazy, main, table
from genesis_flow.diagnosis import Check, Report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("COLUMNS", "110")
    monkeypatch.setattr(lazy, "COMMANDS_GROUP", "genesis_flow.commands_under_test")

    def run(*args: str, color: bool = False) -> Result:
        return CliRunner().invoke(main, args, color=color)

    return run


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Put a distribution with commands on the path, as pip would."""

    def install(module: str, entry_points: str) -> None:
        (tmp_path / "extra_commands.py").write_text(module)
        metadata = tmp_path / "extra_commands-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: extra-commands\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[genesis_flow.commands_under_test]\n{entry_points}\n")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "extra_commands", raising=False)

    return install


_MODULE = """
import click
from mlflow.exceptions import MlflowException

@click.command()
def greet():
    "Say hello."
    click.echo("hello")

@click.command()
def fail():
    raise MlflowException("mongodb://ann:hunter2@db is down")

@click.command()
def crash():
    raise ZeroDivisionError

not_a_command = 7
"""


class TestGroup:
    """Help, errors, plugins."""

    def test_help_names_all_commands_and_gives_examples(self, run: Callable[..., Result]) -> None:
        result = run("--help")

        assert result.exit_code == 0
        for word in ("doctor", "embedded", "settings", "version", "Examples:\n    genesis-flow doctor "):
            assert word in result.output

    @pytest.mark.parametrize("command", ["doctor", "embedded", "settings", "version"])
    def test_help_of_each_command_gives_examples(self, run: Callable[..., Result], command: str) -> None:
        assert re.search(rf"Examples?:\n    genesis-flow {command}", run(command, "--help").output)

    @pytest.mark.parametrize(
        "args", [["no-such-command"], ["doctor", "--no-such-option"], ["version", "extra"]]
    )
    def test_a_wrong_usage_ends_with_2(self, run: Callable[..., Result], args: list[str]) -> None:
        assert run(*args).exit_code == 2

    def test_plugins_add_commands(
        self, run: Callable[..., Result], install: Callable[[str, str], None]
    ) -> None:
        install(_MODULE, "greet = extra_commands:greet")

        assert "Say hello." in run("--help").output
        assert run("greet").output == "hello\n"

    def test_an_mlflow_error_is_one_red_line(
        self, run: Callable[..., Result], install: Callable[[str, str], None]
    ) -> None:
        install(_MODULE, "fail = extra_commands:fail")

        result = run("fail", color=True)

        assert result.exit_code == 1
        assert result.output == "\x1b[31mError: mongodb://ann:***@db is down\x1b[0m\n"

    def test_a_bug_keeps_its_traceback(
        self, run: Callable[..., Result], install: Callable[[str, str], None]
    ) -> None:
        install(_MODULE, "crash = extra_commands:crash")

        assert isinstance(run("crash").exception, ZeroDivisionError)

    @pytest.mark.parametrize(
        ("module", "target", "reason"),
        [
            ("raise OSError('pw=hunter2')", "extra_commands:greet", "OSError: pw=***"),
            (_MODULE, "extra_commands:missing", "AttributeError"),
            (_MODULE, "extra_commands:not_a_command", "7 is no click command"),
            (_MODULE, "no_such_module:greet", "ModuleNotFoundError"),
        ],
    )
    def test_a_broken_plugin_says_so_and_harms_no_other(
        self,
        run: Callable[..., Result],
        install: Callable[[str, str], None],
        module: str,
        target: str,
        reason: str,
    ) -> None:
        install(module, f"bad = {target}")

        assert run("--help").exit_code == 0
        assert run("version").exit_code == 0
        result = run("bad", "--option", "argument")
        assert result.exit_code == 1
        assert result.output.startswith("Error: `bad` cannot be loaded: ")
        assert reason in result.output

    def test_a_plugin_cannot_take_our_names(
        self, run: Callable[..., Result], install: Callable[[str, str], None]
    ) -> None:
        install(_MODULE, "version = extra_commands:greet")

        assert "hello" not in run("version").output


def test_version_tells_all_wheels(run: Callable[..., Result]) -> None:
    lines = run("version").output.splitlines()

    assert f"genesis-flow-core {version('genesis-flow-core')}" in lines
    assert f"mlflow-skinny {version('mlflow-skinny')}" in lines


class TestSettings:
    """The table of settings."""

    def test_shows_each_with_its_value(
        self, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GENESIS_FLOW_POOL_SIZE", "3")
        monkeypatch.delenv("GENESIS_FLOW_DATA", raising=False)
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "mongodb://ann:hunter2@db")

        output = run("settings").output

        for setting in settings.SETTINGS:
            assert setting.name in output
        assert "GENESIS_FLOW_POOL_SIZE               3 " in output
        assert "[./genesis-flow-data]" in output
        assert "mongodb://ann:***@db" in output

    def test_shows_a_value_that_cannot_be_read(
        self, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GENESIS_FLOW_POOL_SIZE", "many")

        assert run("settings").exit_code == 0


class TestDoctor:
    """Its output; what is found is tested elsewhere."""

    @pytest.fixture
    def findings(self, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
        def findings(*checks: Check) -> None:
            monkeypatch.setattr("genesis_flow.diagnosis.examine", lambda uri: Report(checks))

        return findings

    @pytest.mark.parametrize(("status", "code"), [("ok", 0), ("warn", 0), ("fail", 1)])
    def test_exit_code_tells_failures(
        self,
        run: Callable[..., Result],
        findings: Callable[..., None],
        status: str,
        code: int,
    ) -> None:
        findings(Check("ping", "ok", "1 ms"), Check("indexes", status, "3 of 4"))  # type: ignore[arg-type]

        assert run("doctor").exit_code == code
        assert run("doctor", "--json").exit_code == code

    def test_table_shows_finding_and_remedy(
        self, run: Callable[..., Result], findings: Callable[..., None]
    ) -> None:
        findings(Check("ping", "ok", "1 ms"), Check("indexes", "fail", "3 of 4", "create it"))

        assert run("doctor").output == (
            "STATUS  CHECK    FINDING\nok      ping     1 ms\nfail    indexes  3 of 4 -> create it\n"
        )

    def test_colours_only_on_a_terminal(
        self, run: Callable[..., Result], findings: Callable[..., None]
    ) -> None:
        findings(Check("indexes", "fail", "3 of 4"))

        assert "\x1b[31mfail\x1b[0m    indexes" in run("doctor", color=True).output
        assert "\x1b" not in run("doctor").output

    def test_json_is_one_object(self, run: Callable[..., Result], findings: Callable[..., None]) -> None:
        findings(Check("ping", "ok", "1 ms"))

        assert json.loads(run("doctor", "--json").output) == {
            "ok": True,
            "checks": [{"name": "ping", "status": "ok", "detail": "1 ms", "remedy": ""}],
        }


def test_the_last_column_is_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "36")

    text = table.columns(("A", "B"), [("one", "word " * 7), ("three", "")])

    assert text == "A      B\none    word word word word word word\n       word\nthree"


def test_help_loads_neither_mlflow_nor_the_driver(python: Callable[..., str]) -> None:
    """The help imports all commands for their first lines, those of installed wheels too."""
    printed = python(
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from genesis_flow.cli import main\n"
        "for args in (['--help'], ['doctor', '--help'], ['embedded', '--help'], ['settings'], ['version']):\n"
        "    assert CliRunner().invoke(main, args).exit_code == 0\n"
        "print([name for name in ('mlflow', 'pymongo', 'numpy') if name in sys.modules])"
    )

    assert printed == "[]"


def test_errors_of_mlflow_are_recognised_without_importing_it() -> None:
    assert lazy._is_mlflow_error(MlflowException("x"))
    assert not lazy._is_mlflow_error(ValueError("x"))
