"""The small process between the members and mongod: it starts mongod, mends it, and ends it.

It has one thread, belongs to no terminal, and lives as long as there are members (and some seconds
more), or while the server is pinned. Started by `server.launch`, never imported by a user's process.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from genesis_flow import settings
from genesis_flow.embedded import members, mongod, replica_set
from genesis_flow.embedded.errors import EmbeddedError
from genesis_flow.embedded.home import Home
from genesis_flow.embedded.locks import FileLock, is_held
from genesis_flow.embedded.state import State
from genesis_flow.embedded.wire import CommandError, Wire

_TICK = 0.5  # seconds between two looks at the members
_POLL = 0.02  # seconds between two tries to reach a mongod that starts
_LINGER = 30.0  # seconds a mongod has to end
_CRASHES = 5  # in a row, each within _LINGER of its start, before we give up


class Supervisor:
    """Runs one mongod for one data directory."""

    def __init__(self, home: Home, binary: Path, endpoint: Path) -> None:
        self._home = home
        self._binary = binary
        self._endpoint = endpoint
        self._wake, waker = socket.socketpair()
        self._wake.setblocking(False)
        waker.setblocking(False)
        self._waker = waker  # kept: signals write into it
        self._told_to_stop = False
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _stop(self, *_: object) -> None:
        self._told_to_stop = True

    def start(self) -> None:
        """Bring mongod up as primary and write the state."""
        self._end_orphan()
        self._started = time.monotonic()
        self._mongod = mongod.spawn(self._binary, self._home, self._endpoint)
        version = self._handshake()
        State(os.getpid(), self._mongod.pid, str(self._endpoint), str(self._binary), version).write(self._home.state)

    def run(self) -> None:
        """Serve until nobody is left. Returns while it holds the start lock, mongod ended."""
        crashes = 0
        lonely_since = time.monotonic()
        while True:
            now = time.monotonic()
            if self._home.pin.exists() or members.pids(self._home.members):
                lonely_since = now
            if self._told_to_stop or now - lonely_since > settings.EMBEDDED_GRACE.get():
                if self._end(force=self._told_to_stop):
                    return
            elif self._mongod.poll() is not None or not self._endpoint.exists():
                crashes = crashes + 1 if now - self._started < _LINGER else 1
                if crashes > _CRASHES:
                    return
                self._end_mongod()
                self.start()
            elif mongod.rotate(self._home):
                self._mongod.send_signal(signal.SIGUSR1)
            self._sleep()

    def _sleep(self) -> None:
        select.select([self._wake], [], [], _TICK)
        with contextlib.suppress(BlockingIOError):
            self._wake.recv(4096)

    def _handshake(self) -> str:
        configured = False
        while True:
            exit_code = self._mongod.poll()
            if exit_code is not None:
                raise mongod.failure(exit_code, self._binary, self._home)
            with contextlib.suppress(OSError, CommandError), Wire(self._endpoint) as wire:
                if not configured:
                    replica_set.make_member(wire, self._endpoint)
                    configured = True
                if replica_set.is_primary(wire):
                    return str(wire.command({"buildInfo": 1})["version"])
            time.sleep(_POLL)

    def _end(self, *, force: bool) -> bool:
        lock = FileLock.acquire(self._home.start_lock, _LINGER if force else 0.0)
        if lock is None:
            return False  # somebody is joining
        if not force and members.pids(self._home.members):
            lock.close()
            return False
        self._end_mongod()
        self._home.state.unlink(missing_ok=True)
        self._home.pin.unlink(missing_ok=True)
        shutil.rmtree(self._endpoint.parent, ignore_errors=True)
        self._last_lock = lock  # until exit: who waits for it must find us gone
        return True

    def _end_mongod(self) -> None:
        if self._mongod.poll() is None:
            self._mongod.terminate()
            try:
                self._mongod.wait(_LINGER)
            except subprocess.TimeoutExpired:
                self._mongod.kill()
                self._mongod.wait()

    def _end_orphan(self) -> None:
        """A mongod whose supervisor was killed is on its way out, or (not on Linux) must be told so."""
        if not is_held(self._home.mongod_lock):
            return
        state = State.read(self._home.state)
        if state:
            os.kill(state.mongod, signal.SIGTERM)
        lock = FileLock.acquire(self._home.mongod_lock, _LINGER)
        if lock is None:
            raise EmbeddedError(
                "TEMPORARILY_UNAVAILABLE",
                f"A mongod without supervisor serves {self._home.data_dir} and does not end. "
                f"Its process id: {state.mongod if state else 'unknown'}.",
            )
        lock.close()


def main(data_dir: str, binary: str, endpoint: str, start_fd: int, answer_fd: int) -> None:
    """Body of the process. Answers `{}` or an error as JSON on `answer_fd`, once."""
    if os.fork():  # not the child of the user's process: nobody there waits for us
        os._exit(0)
    home = Home(Path(data_dir))
    start_lock = FileLock.inherited(home.start_lock, start_fd)
    os.set_inheritable(answer_fd, False)
    answer = os.fdopen(answer_fd, "w")
    try:
        mine = FileLock.acquire(home.supervisor_lock)
        if mine is None:
            raise EmbeddedError("INTERNAL_ERROR", f"{home.data_dir} has a supervisor already.")
        home.pin.unlink(missing_ok=True)
        supervisor = Supervisor(home, Path(binary), Path(endpoint))
        supervisor.start()
    except EmbeddedError as exc:
        json.dump({"code": exc.code, "message": exc.message}, answer)
        answer.close()
        sys.exit(1)
    answer.write("{}")
    answer.close()
    start_lock.close()
    supervisor.run()
