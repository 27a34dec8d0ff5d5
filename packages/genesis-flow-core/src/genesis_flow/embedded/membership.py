"""Joining the private MongoDB of a data directory, and leaving it."""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from genesis_flow import settings
from genesis_flow.embedded import members, server
from genesis_flow.embedded.errors import EmbeddedError
from genesis_flow.embedded.home import Home
from genesis_flow.embedded.locks import FileLock
from genesis_flow.embedded.uri import EmbeddedUri
from genesis_flow.embedded.wire import require_bson

if TYPE_CHECKING:
    from mlflow.exceptions import MlflowException


@dataclass
class _Hold:
    """This process's one lock in a server's list of members, shared by its memberships."""

    lock: FileLock
    directory: Path
    count: int = 0


_holds: dict[Path, _Hold] = {}
# Taken around forks, too: a child must never be born with a half-made membership or somebody's start lock.
_guard = threading.RLock()


class Membership:
    """The right to use a running server. It lasts until `leave`, or until the process is gone, however it goes.

    A forked child is a member of its own from the moment it is born.

    Attributes:
        mongo_uri: `mongodb://…` URI for any MongoDB driver on this machine.
        data_dir: absolute path of the data directory.
    """

    def __init__(self, mongo_uri: str, data_dir: Path) -> None:
        self.mongo_uri = mongo_uri
        self.data_dir = data_dir
        self._left = False

    def __repr__(self) -> str:
        return f"Membership({str(self.data_dir)!r})"

    def leave(self) -> None:
        """Stop using the server; it ends some seconds after its last member has left. May be called twice."""
        with _guard:
            if not self._left:
                self._left = True
                _release(self.data_dir)


def join(uri: str) -> Membership:
    """Use the private MongoDB of the directory that `uri` names, and start it when nobody has.

    Thread-safe and fork-safe. Cost: about a millisecond when the server runs, about a second when it
    must start.

    Args:
        uri: `mongodb+embedded:///absolute/dir` or `mongodb+embedded:relative/dir`; options for pymongo
            may follow after `?`, ours (`genesis…`) are ignored here.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE or PERMISSION_DENIED, when the URI, the directory or the mongod
            binary cannot be used; TEMPORARILY_UNAVAILABLE, when the disk is full or the server is
            not ready in time; INTERNAL_ERROR, when mongod failed in another way.
    """
    try:
        require_bson()
        return _join(EmbeddedUri.parse(uri))
    except EmbeddedError as exc:
        raise as_mlflow(exc) from exc


def as_mlflow(exc: EmbeddedError) -> MlflowException:
    """The same trouble in MLflow's words."""
    from mlflow.exceptions import MlflowException
    from mlflow.protos import databricks_pb2

    return MlflowException(exc.message, error_code=getattr(databricks_pb2, exc.code))


def _join(uri: EmbeddedUri) -> Membership:
    home = Home(uri.data_dir)
    deadline = time.monotonic() + settings.EMBEDDED_START_TIMEOUT.get()
    home.prepare()
    with _guard:
        start_lock = FileLock.acquire(home.start_lock, deadline - time.monotonic())
        if start_lock is None:
            raise server.late(home)
        try:
            _take(home)
            try:
                state = server.ensure(home, start_lock, deadline)
            except BaseException:
                _release(home.data_dir)
                raise
        finally:
            start_lock.close()
    return Membership(uri.mongo_uri(Path(state.socket)), home.data_dir)


def _take(home: Home) -> None:
    hold = _holds.get(home.data_dir)
    if hold is None:
        hold = _holds[home.data_dir] = _Hold(members.enter(home.members), home.members)
    hold.count += 1


def _release(data_dir: Path) -> None:
    hold = _holds[data_dir]
    hold.count -= 1
    if not hold.count:
        members.leave(_holds.pop(data_dir).lock)


@atexit.register
def _leave_all() -> None:
    with _guard:
        while _holds:
            members.leave(_holds.popitem()[1].lock)


def _enter_child() -> None:
    for hold in _holds.values():
        inherited = hold.lock
        with contextlib.suppress(EmbeddedError):  # then the inherited lock goes on to count for us
            hold.lock = members.enter(hold.directory)
            inherited.close()
    _guard.release()


os.register_at_fork(before=_guard.acquire, after_in_parent=_guard.release, after_in_child=_enter_child)
