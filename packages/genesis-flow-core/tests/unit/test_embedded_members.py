from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from genesis_flow.embedded import members
from genesis_flow.embedded.locks import FileLock, is_held

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOLD = """
import sys
from pathlib import Path
from genesis_flow.embedded import members
members.enter(Path(sys.argv[1]))
print("in", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that is a member, until its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout
        process.stdout.readline()
        yield process


def test_counts_each_process_that_is_in(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    lock = members.enter(tmp_path)

    assert members.pids(tmp_path) == sorted([os.getpid(), other.pid])
    members.leave(lock)
    assert members.pids(tmp_path) == [other.pid]


def test_a_killed_member_is_out_and_its_file_is_gone(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    other.send_signal(signal.SIGKILL)
    other.wait()

    assert members.pids(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_what_a_child_shares_with_its_parent_only_the_parent_leaves(tmp_path: Path) -> None:
    lock = members.enter(tmp_path)
    # As in a child that could not enter by itself: the same open lock, under another process id.
    script = (
        "import sys; from pathlib import Path; from genesis_flow.embedded import members, locks; "
        "members.leave(locks.FileLock.inherited(Path(sys.argv[1]), int(sys.argv[2])))"
    )
    subprocess.run(
        [sys.executable, "-c", script, str(lock.path), str(lock.fd)], pass_fds=[lock.fd], check=True
    )

    assert members.pids(tmp_path) == [os.getpid()]
    members.leave(lock)


def test_a_removed_directory_has_no_members(tmp_path: Path) -> None:
    assert members.pids(tmp_path / "gone") == []


def test_a_lock_lasts_until_its_last_holder_has_closed_it(tmp_path: Path) -> None:
    lock = FileLock.acquire(tmp_path / "lock")
    assert lock
    share = os.dup(lock.fd)

    lock.close()
    assert is_held(tmp_path / "lock")
    assert FileLock.acquire(tmp_path / "lock") is None

    os.close(share)
    assert not is_held(tmp_path / "lock")


def test_a_lock_on_a_file_that_was_removed_meanwhile_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, flock = tmp_path / "lock", fcntl.flock

    def removed_before(fd: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", flock)
        path.unlink()
        flock(fd, operation)

    monkeypatch.setattr(fcntl, "flock", removed_before)

    lock = FileLock.acquire(path)

    assert lock
    assert lock.stands()
    assert is_held(path)
    lock.close()
