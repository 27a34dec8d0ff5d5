"""What goes wrong with an embedded MongoDB, and what the user is told."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mlflow.exceptions import MlflowException

from genesis_flow.embedded import join, members, server
from genesis_flow.embedded.binary import Binary
from genesis_flow.embedded.home import Home
from genesis_flow.embedded.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

# `join` without its last door, behind which MLflow is imported: that takes seconds in a new process.
JOIN = """
import sys
from genesis_flow.embedded.errors import EmbeddedError
from genesis_flow.embedded.membership import _join
from genesis_flow.embedded.uri import EmbeddedUri
try:
    _join(EmbeddedUri.parse(sys.argv[1]))
except EmbeddedError as exc:
    print(exc.code, exc.message)
"""


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENESIS_FLOW_EMBEDDED_GRACE", "0.1")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "data")
    yield home
    server.stop(home)


def _uri(home: Home) -> str:
    return f"mongodb+embedded://{home.data_dir}"


def _refusal(home: Home) -> MlflowException:
    """What `join` raises; afterwards nobody is counted as a member."""
    with pytest.raises(MlflowException) as caught:
        join(_uri(home))
    if home.server.exists():
        assert members.pids(home.members) == []
    return caught.value


def _fake_mongod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    program = tmp_path / "mongod"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    monkeypatch.setenv("GENESIS_FLOW_MONGOD", str(program))


def _closed(home: Home) -> None:
    """Make a data directory with real data in it, and end its server."""
    join(_uri(home)).leave()
    server.stop(home)


def _on_tmpfs(options: str, place: Path) -> str:
    """Join a data directory on a file system made for it, in a mount namespace; return what was told."""
    namespace = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    mount = f'mount -t tmpfs -o {options} tmpfs "$1" && exec "$2" -c "$3" "mongodb+embedded://$1/data"'
    done = subprocess.run(
        [*namespace, "sh", "-c", mount, "sh", str(place), sys.executable, JOIN],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"this machine lets us mount nothing: {done.stderr.strip()}")
    return done.stdout


def test_a_missing_mongod(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENESIS_FLOW_MONGOD", str(home.data_dir / "none"))

    refusal = _refusal(home)

    assert refusal.error_code == "INVALID_PARAMETER_VALUE"
    assert f"GENESIS_FLOW_MONGOD names {home.data_dir}/none" in refusal.message


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        (
            "echo 'mongod: error while loading shared libraries: libcurl.so.4: cannot open' >&2; exit 127",
            "INVALID_PARAMETER_VALUE",
            r"cannot run on this machine: mongod: error while loading shared libraries: libcurl\.so\.4",
        ),
        ("kill -ILL $$", "INVALID_PARAMETER_VALUE", "a processor with AVX"),
        ("echo 'odd trouble'; exit 3", "INTERNAL_ERROR", "exit code 3 .*the last it said:\nodd trouble"),
        ("exit 3", "INTERNAL_ERROR", r"the last it said:\n\(nothing\)"),
        (
            """echo '{"s":"F","msg":"Terminating.","attr":{"e":"28: No space left on device"}}'; exit 14""",
            "TEMPORARILY_UNAVAILABLE",
            "The disk that holds .* is full: .*No space left on device.*Make room",
        ),
        (
            """echo '{"s":"F","msg":"Invalid featureCompatibilityVersion document"}'; exit 62""",
            "INVALID_PARAMETER_VALUE",
            "was written by a newer MongoDB than .*Run a mongod of at least that version",
        ),
    ],
)
def test_a_mongod_that_ends_says_why(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, code: str, says: str
) -> None:
    _fake_mongod(tmp_path, monkeypatch, body)

    refusal = _refusal(home)

    assert refusal.error_code == code
    assert re.search(says, refusal.message, re.DOTALL), refusal.message


def test_an_old_complaint_in_the_log_is_not_todays(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.prepare()
    home.log.write_text('{"s": "E", "msg": "No space left on device"}\n')
    _fake_mongod(tmp_path, monkeypatch, "exit 3")

    assert _refusal(home).error_code == "INTERNAL_ERROR"


def test_a_mongod_that_never_answers(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fake_mongod(tmp_path, monkeypatch, "exec sleep 600")
    monkeypatch.setenv("GENESIS_FLOW_EMBEDDED_START_TIMEOUT", "2")

    refusal = _refusal(home)

    assert refusal.error_code == "TEMPORARILY_UNAVAILABLE"
    assert "was not ready within 2 s" in refusal.message
    assert "GENESIS_FLOW_EMBEDDED_START_TIMEOUT" in refusal.message
    monkeypatch.setenv("GENESIS_FLOW_EMBEDDED_START_TIMEOUT", "60")
    assert server.stop(home), "a server that hangs can be stopped"


def test_data_of_a_newer_mongod(home: Home) -> None:
    _closed(home)
    turtle = home.db / "WiredTiger.turtle"
    text = turtle.read_text()
    turtle.write_text(text.replace("major=1", "major=99"))

    refusal = _refusal(home)

    assert refusal.error_code == "INVALID_PARAMETER_VALUE"
    assert "was written by a newer MongoDB than" in refusal.message
    assert "unsupported WiredTiger source file version 99" in refusal.message
    turtle.write_text(text)
    join(_uri(home)).leave()


def test_data_that_another_mongod_uses(home: Home, tmp_path: Path) -> None:
    _closed(home)
    socket = f"/tmp/genesis-flow-test-{os.getpid()}.sock"
    command = [str(Binary.find().path), "--dbpath", str(home.db), "--bind_ip", socket, "--nounixsocket"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as foreign:
        assert foreign.stdout
        while "Waiting for connections" not in foreign.stdout.readline():
            assert foreign.poll() is None
        refusal = _refusal(home)
        foreign.terminate()
        foreign.communicate()

    assert refusal.error_code == "TEMPORARILY_UNAVAILABLE"
    assert f"Another mongod, which was not started by genesis-flow, uses {home.db}" in refusal.message


def test_a_full_disk(tmp_path: Path) -> None:
    told = _on_tmpfs("size=8m", tmp_path)

    assert told.startswith("TEMPORARILY_UNAVAILABLE The disk that holds")
    assert "Make room" in told


def test_a_disk_without_room_for_a_directory(tmp_path: Path) -> None:
    told = _on_tmpfs("nr_inodes=3", tmp_path)

    assert told.startswith("TEMPORARILY_UNAVAILABLE The disk that holds")


def test_a_read_only_directory(tmp_path: Path) -> None:
    told = _on_tmpfs("ro", tmp_path)

    assert told.startswith("INVALID_PARAMETER_VALUE An embedded MongoDB needs to write below")
    assert "Read-only file system" in told


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_is_not_ours_to_write(home: Home) -> None:
    home.data_dir.mkdir(mode=0o500)

    refusal = _refusal(home)

    assert refusal.error_code == "INVALID_PARAMETER_VALUE"
    assert "Permission denied" in refusal.message


def test_a_runtime_directory_that_is_too_long(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENESIS_FLOW_RUNTIME_DIR", "/" + "x" * 100)

    refusal = _refusal(home)

    assert refusal.error_code == "INVALID_PARAMETER_VALUE"
    assert "at most 107 bytes" in refusal.message


def test_a_runtime_directory_that_others_can_enter(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(0o755)
    monkeypatch.setenv("GENESIS_FLOW_RUNTIME_DIR", str(tmp_path / "run"))

    refusal = _refusal(home)

    assert refusal.error_code == "INVALID_PARAMETER_VALUE"
    assert "mode 0755" in refusal.message


def test_a_server_whose_socket_cannot_be_seen_from_here(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    membership = join(_uri(home))
    state = State.read(home.state)
    assert state
    os.kill(state.supervisor, signal.SIGSTOP)  # else it would lay the socket again
    shutil.rmtree(Path(state.socket).parent)
    monkeypatch.setenv("GENESIS_FLOW_EMBEDDED_START_TIMEOUT", "1")

    try:
        with pytest.raises(MlflowException, match=r"cannot be seen from here: another container") as caught:
            join(_uri(home))
    finally:
        os.kill(state.supervisor, signal.SIGCONT)

    assert caught.value.error_code == "TEMPORARILY_UNAVAILABLE"
    membership.leave()


def test_a_python_that_cannot_run(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "")

    assert _refusal(home).message.startswith("The supervisor of the embedded MongoDB needs a Python")


def test_a_supervisor_that_dies_at_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENESIS_FLOW_MONGOD", str(Binary.find().path))
    monkeypatch.setattr("sys.path", [])

    refusal = _refusal(home)

    assert refusal.error_code == "INTERNAL_ERROR"
    assert "ended before mongod ran" in refusal.message
    assert "ModuleNotFoundError" in refusal.message


def test_a_python_without_pymongo(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bson", None)

    assert "pip install genesis-flow-mongo" in _refusal(home).message
    assert not home.data_dir.exists(), "nothing was started that could not be used"


def test_a_setting_that_is_none(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENESIS_FLOW_EMBEDDED_CACHE", "huge")

    assert "GENESIS_FLOW_EMBEDDED_CACHE" in _refusal(home).message
