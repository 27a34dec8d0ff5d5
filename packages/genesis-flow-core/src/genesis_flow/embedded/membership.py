"""Joining the private MongoDB of a data directory, and leaving it."""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from genesis_flow import settings
from genesis_flow.embedded import members, server
from genesis_flow.embedded.errors import EmbeddedError, told_as_mlflow
from genesis_flow.embedded.home import Home
from genesis_flow.embedded.locks import FileLock
from genesis_flow.embedded.uri import EmbeddedUri
from genesis_flow.embedded.wire import require_bson


@dataclass
class _Hold:
    """This process's one entry among a server's members, shared by its memberships."""

    lock: FileLock
    count: int = 0


_holds: dict[Path, _Hold] = {}
# Held around forks, too: no child is born with a half-made membership or somebody's start lock.
_guard = threading.RLock()


class Membership:
    """The right to use a running server, until `leave`, or until the process is gone, however it goes.

    A forked child is a member of its own from the moment it is born.

    Attributes:
        mongo_uri: `mongodb://…` URI for any MongoDB driver on this machine.
        data_dir: absolute path of the data directory.
    """

    def __init__(self, mongo_uri: str, data_dir: Path, hold: _Hold) -> None:
        self.mongo_uri = mongo_uri
        self.data_dir = data_dir
        self._hold: _Hold | None = hold

    def __repr__(self) -> str:
        return f"Membership({str(self.data_dir)!r})"

    def leave(self) -> None:
        """Stop using the server; it ends some seconds after its last member has left. May be called twice."""
        with _guard:
            hold, self._hold = self._hold, None
            if hold:
                _release(self.data_dir, hold)


def join(uri: str) -> Membership:
    """Use the private MongoDB of the directory that `uri` names, and start it when nobody has.

    Thread-safe and fork-safe. Cost: a few milliseconds when the server runs, about a second when it
    must start.

    Args:
        uri: `mongodb+embedded:///absolute/dir` or `mongodb+embedded:relative/dir`; options for pymongo
            may follow after `?`, ours (`genesis…`) are ignored here.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE, when the URI, the directory or the mongod binary
            cannot be used; TEMPORARILY_UNAVAILABLE, when the disk is full or the server is not ready
            in time; INTERNAL_ERROR, when mongod failed in another way.
    """
    with told_as_mlflow():
        require_bson()
        return _join(EmbeddedUri.parse(uri))


def _join(uri: EmbeddedUri) -> Membership:
    home = Home(uri.data_dir)
    deadline = time.monotonic() + settings.EMBEDDED_START_TIMEOUT.get()
    home.prepare()
    with _guard:
        start_lock = FileLock.acquire(home.start_lock, deadline - time.monotonic())
        if start_lock is None:
            raise server.late(home)
        try:
            hold = _take(home)
            try:
                state = server.ensure(home, start_lock, deadline)
            except BaseException:
                _release(home.data_dir, hold)
                raise
        finally:
            start_lock.close()
    return Membership(uri.mongo_uri(Path(state.socket)), home.data_dir, hold)


def _take(home: Home) -> _Hold:
    hold = _holds.get(home.data_dir)
    if hold is None or not hold.lock.path.exists():  # somebody removed the data directory, and us with it
        hold = _holds[home.data_dir] = _Hold(members.enter(home.members))
    hold.count += 1
    return hold


def _release(data_dir: Path, hold: _Hold) -> None:
    hold.count -= 1
    if not hold.count:
        members.leave(hold.lock)
        if _holds.get(data_dir) is hold:
            del _holds[data_dir]


@atexit.register
def _leave_all() -> None:
    with _guard:
        while _holds:
            members.leave(_holds.popitem()[1].lock)


def _enter_child() -> None:
    for hold in _holds.values():
        inherited = hold.lock
        with contextlib.suppress(EmbeddedError):  # else we go on as a member by the lock that we share
            hold.lock = members.enter(inherited.path.parent)
            inherited.close()
    _guard.release()


os.register_at_fork(before=_guard.acquire, after_in_parent=_guard.release, after_in_child=_enter_child)
