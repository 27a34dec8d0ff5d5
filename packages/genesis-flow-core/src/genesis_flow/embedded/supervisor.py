"""The small process between the members and mongod: it starts mongod, mends it, and ends it.

It has one thread, belongs to no terminal, and lives as long as there are members (and some seconds
more), or while the server is pinned. `server.launch` starts it; no user's process imports it.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING, Any

from genesis_flow.embedded import members, replica_set, runtime
from genesis_flow.embedded.errors import EmbeddedError
from genesis_flow.embedded.locks import FileLock, is_held
from genesis_flow.embedded.mongod import LINGER, Mongod
from genesis_flow.embedded.plan import Plan
from genesis_flow.embedded.state import State
from genesis_flow.embedded.wire import CommandError, Wire

if TYPE_CHECKING:
    from genesis_flow.embedded.home import Home

_TICK = 0.5  # seconds between two looks at the members
_POLL = 0.02  # seconds between two tries to reach a mongod that starts
_CRASHES = 5  # that often in a row mongod may die soon after its start before we give up
_SOON = 30.0  # seconds


class Supervisor:
    """Runs one mongod for one data directory."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._home = plan.home
        self._crashes = 0
        self._told_to_stop = False
        self._awake, self._alarm = socket.socketpair()
        self._awake.setblocking(False)
        self._alarm.setblocking(False)
        signal.set_wakeup_fd(self._alarm.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only to be woken when mongod ends

    def _stop(self, *_: object) -> None:
        self._told_to_stop = True

    def take_office(self) -> None:
        """Become the one supervisor of the directory, and the one user of the socket.

        Raises:
            EmbeddedError: there is another one, or what another one left does not end.
        """
        office = FileLock.acquire(self._home.supervisor_lock)
        if office is None:
            raise EmbeddedError("INTERNAL_ERROR", f"{self._home.data_dir} has a supervisor already.")
        self._office = office
        predecessor = State.read(self._home.state)
        # From here on a state is ours: who reads one may signal its processes.
        self._home.state.unlink(missing_ok=True)
        self._home.pin.unlink(missing_ok=True)
        if is_held(self._home.mongod_lock):
            _end_orphan(self._home, predecessor)
        runtime.make_private(self._plan.socket)
        place = FileLock.acquire(runtime.lock_path(self._plan.socket), LINGER)
        if place is None:  # its data directory was removed, and ours stands there now
            raise EmbeddedError(
                "TEMPORARILY_UNAVAILABLE",
                f"{self._plan.socket} is still held by the server of a directory that was removed.",
            )
        self._place = place

    def start(self) -> None:
        """Bring mongod up as primary; the state is written as soon as there is a process to speak of.

        Raises:
            EmbeddedError: it did not come up.
        """
        self._started = time.monotonic()
        try:
            self._mongod = Mongod(self._plan, self._place)
            State(
                supervisor=os.getpid(),
                mongod=self._mongod.pid,
                socket=str(self._plan.socket),
                binary=str(self._plan.binary.path),
            ).write(self._home.state)
            self._await_primary()
        except EmbeddedError:
            self._vacate()
            raise

    def _await_primary(self) -> None:
        configured = False
        while not self._told_to_stop:
            if self._mongod.exit_code() is not None:
                raise self._mongod.failure()
            with contextlib.suppress(OSError, CommandError), Wire(self._plan.socket) as wire:
                if not configured:
                    replica_set.make_member(wire, self._plan.socket)
                    configured = True
                if replica_set.is_primary(wire):
                    return
            time.sleep(_POLL)

    def run(self) -> None:
        """Serve until nobody is left, or until the data directory is gone.

        Raises:
            EmbeddedError: mongod died and cannot be brought back.
        """
        lonely_since = time.monotonic()
        while self._office.stands():
            if self._home.pin.exists() or members.pids(self._home.members):
                lonely_since = time.monotonic()
            if self._told_to_stop or time.monotonic() - lonely_since > self._plan.grace:
                if self._end():
                    return
            elif self._mongod.exit_code() is not None or not self._plan.socket.exists():
                self._mend()
            self._mongod.tend_log()
            self._sleep()
        self._mongod.kill()
        self._vacate()

    def _sleep(self) -> None:
        select.select([self._awake], [], [], _TICK)
        with contextlib.suppress(BlockingIOError):
            self._awake.recv(4096)

    def _mend(self) -> None:
        """Start again, on the same path: the members' drivers find it there and go on."""
        self._crashes = self._crashes + 1 if time.monotonic() - self._started < _SOON else 1
        self._mongod.end()
        if self._crashes > _CRASHES:
            self._vacate()
            raise self._mongod.failure()
        self.start()

    def _end(self) -> bool:
        """End mongod, unless somebody is joining at this moment."""
        last = FileLock.acquire(self._home.start_lock, LINGER if self._told_to_stop else 0.0)
        if last is None:
            return False
        if not self._told_to_stop and members.pids(self._home.members):
            last.close()
            return False
        self._mongod.end()
        self._vacate()
        return True  # and keep the lock until exit: who waits for it must find us gone

    def _vacate(self) -> None:
        if self._office.stands():  # else the files may be those of our successor
            self._home.state.unlink(missing_ok=True)
            self._home.pin.unlink(missing_ok=True)
        shutil.rmtree(self._plan.socket.parent, ignore_errors=True)
        self._place.path.unlink(missing_ok=True)


def _end_orphan(home: Home, predecessor: State | None) -> None:
    """A mongod whose supervisor was killed is on its way out, or (not on Linux) must be told so."""
    if predecessor:
        with contextlib.suppress(ProcessLookupError):
            os.kill(predecessor.mongod, signal.SIGTERM)
    gone = FileLock.acquire(home.mongod_lock, LINGER)
    if gone is None:
        raise EmbeddedError(
            "TEMPORARILY_UNAVAILABLE",
            f"A mongod (process {predecessor.mongod if predecessor else 'unknown'}) was left alone with "
            f"{home.data_dir} and does not end. End it and try again.",
        )
    gone.close()


def main(order: dict[str, Any]) -> None:
    """Body of the process. Answers `{}` or an error, as JSON, once the outcome of the start is known.

    Args:
        order: what `server.launch` says: `plan` (see `Plan.to_json`), `start_fd` (open, locked start
            lock) and `answer_fd` (writable end of a pipe).
    """
    if os.fork():  # not the child of the user's process: nobody there waits for us
        os._exit(0)
    _close_stdin()
    os.set_inheritable(order["answer_fd"], False)  # else mongod would keep the pipe open
    plan = Plan.from_json(order["plan"])
    start_lock = FileLock.inherited(plan.home.start_lock, order["start_fd"])
    supervisor = Supervisor(plan)
    with os.fdopen(order["answer_fd"], "w") as answer:
        try:
            supervisor.take_office()
            supervisor.start()
        except EmbeddedError as exc:
            json.dump({"code": exc.code, "message": exc.message}, answer)
            return
        answer.write("{}")
    start_lock.close()
    try:
        supervisor.run()
    except EmbeddedError as exc:
        sys.exit(exc.message)


def _close_stdin() -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
