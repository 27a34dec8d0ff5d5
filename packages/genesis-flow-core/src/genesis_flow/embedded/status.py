"""What there is to know about the server of a data directory, without joining it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from genesis_flow.embedded import members
from genesis_flow.embedded.locks import is_held
from genesis_flow.embedded.state import State
from genesis_flow.embedded.wire import CommandError, Wire

if TYPE_CHECKING:
    from genesis_flow.embedded.home import Home


@dataclass(frozen=True)
class Status:
    """The server of one directory at one moment; what is not known is None.

    Attributes:
        data_dir: the data directory, absolute.
        running: whether a supervisor is at work; the server may be starting or ending.
        pinned: whether it stays without members.
        pid: mongod's process id.
        supervisor: the supervisor's process id.
        members: process ids of its users, ascending.
        socket: where mongod listens.
        version: mongod's version, such as `6.0.5`; None while it does not answer.
        data_bytes: size of mongod's files on disk.
    """

    data_dir: str
    running: bool
    pinned: bool
    pid: int | None
    supervisor: int | None
    members: list[int]
    socket: str | None
    version: str | None
    data_bytes: int

    @classmethod
    def of(cls, home: Home) -> Status:
        """Look; starts nothing, makes nothing. One round trip when a server runs."""
        running = is_held(home.supervisor_lock)
        state = State.read(home.state) if running else None
        return cls(
            data_dir=str(home.data_dir),
            running=running,
            pinned=running and home.pin.exists(),
            pid=state.mongod if state else None,
            supervisor=state.supervisor if state else None,
            members=members.pids(home.members),
            socket=state.socket if state else None,
            version=_version(state) if state else None,
            data_bytes=sum(_allocated(path) for path in home.db.rglob("*")),
        )


def _version(state: State) -> str | None:
    with contextlib.suppress(OSError, CommandError), Wire(Path(state.socket), timeout=2.0) as wire:
        return str(wire.command({"buildInfo": 1})["version"])
    return None


def _allocated(path: Path) -> int:
    with contextlib.suppress(FileNotFoundError):  # mongod removes files while we count
        return path.stat().st_blocks * 512
    return 0
