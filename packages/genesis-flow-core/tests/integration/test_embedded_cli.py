"""`genesis-flow embedded` as a person types it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from genesis_flow.cli import main
from genesis_flow.embedded import join, server
from genesis_flow.embedded.binary import Binary
from genesis_flow.embedded.home import Home

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("GENESIS_FLOW_EMBEDDED_GRACE", "0.1")
    home = Home(tmp_path / "data")
    yield home
    server.stop(home)


def _run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["embedded", *map(str, words)])


def _status(home: Home) -> dict[str, object]:
    found: dict[str, object] = json.loads(_run("status", home.data_dir, "--json").stdout)
    return found


def test_a_started_server_stays_until_it_is_stopped(home: Home) -> None:
    started = _run("start", home.data_dir)
    assert started.exit_code == 0

    membership = join(f"mongodb+embedded://{home.data_dir}")
    assert started.stdout.strip() == membership.mongo_uri
    membership.leave()
    found = _status(home)
    assert (found["running"], found["pinned"], found["members"]) == (True, True, [])

    assert _run("stop", home.data_dir).exit_code == 0
    assert _status(home)["running"] is False
    assert "was not running" in _run("stop", home.data_dir).stdout


def test_status_tells_all(home: Home) -> None:
    membership = join(f"mongodb+embedded://{home.data_dir}")

    found = _status(home)

    assert found["data_dir"] == str(home.data_dir)
    assert found["pinned"] is False
    assert found["members"] == [os.getpid()]
    assert found["version"] == Binary.find().version()
    assert Path(str(found["socket"])).is_socket()
    assert int(str(found["data_bytes"])) > 0
    for pid in (found["pid"], found["supervisor"]):
        os.kill(int(str(pid)), 0)
    table = _run("status", home.data_dir)
    assert table.exit_code == 0
    for value in (home.data_dir, "while it has members", found["pid"], os.getpid(), found["version"], "MB"):
        assert str(value) in table.stdout
    membership.leave()


def test_status_of_nothing_makes_nothing(home: Home) -> None:
    result = _run("status", home.data_dir)

    assert result.exit_code == 3
    assert not home.data_dir.exists()


def test_stop_takes_no_server_from_its_users(home: Home) -> None:
    _run("start", home.data_dir)
    membership = join(f"mongodb+embedded://{home.data_dir}")

    refused = _run("stop", home.data_dir)
    assert refused.exit_code == 1
    assert f"process {os.getpid()}" in refused.stderr
    assert (_status(home)["running"], _status(home)["pinned"]) == (True, False)

    assert _run("stop", "--force", home.data_dir).exit_code == 0
    assert _status(home)["running"] is False
    membership.leave()


def test_the_directory_is_the_setting_when_none_is_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENESIS_FLOW_DATA", str(home.data_dir))

    assert json.loads(_run("status", "--json").stdout)["data_dir"] == str(home.data_dir)


def test_path_prints_the_binary_alone_on_stdout() -> None:
    result = _run("path")

    binary = Binary.find()
    assert result.stdout == f"{binary.path}\n"
    assert result.stderr == f"version {binary.version()}, found by {binary.origin}\n"


@pytest.mark.parametrize("command", ["start", "status", "stop"])
def test_a_file_is_refused_in_one_line(tmp_path: Path, command: str) -> None:
    (tmp_path / "file").write_text("")

    result = _run(command, tmp_path / "file")

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: An embedded MongoDB needs a directory")
    assert len(result.stderr.splitlines()) == 1


def test_help_shows_what_to_type() -> None:
    lines = _run("--help").stdout.splitlines()

    assert any(line.strip().startswith("genesis-flow embedded start ./data ") for line in lines)
