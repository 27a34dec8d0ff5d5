"""The server of a data directory, seen from outside: find it, launch it, wait until it takes writes."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path

from genesis_flow import settings
from genesis_flow.embedded import runtime
from genesis_flow.embedded.binary import Binary
from genesis_flow.embedded.errors import EmbeddedError
from genesis_flow.embedded.home import Home
from genesis_flow.embedded.locks import FileLock, is_held
from genesis_flow.embedded.mongod import log_tail
from genesis_flow.embedded.replica_set import is_primary
from genesis_flow.embedded.state import State
from genesis_flow.embedded.wire import CommandError, Wire

_POLL = 0.02  # seconds
# With -I the user's PYTHON* variables and working directory decide nothing; the path is ours, as it is here.
_BOOT = (
    "import json,sys; a=json.loads(sys.argv[1]); sys.path[:]=a.pop('path'); "
    "from genesis_flow.embedded.supervisor import main; main(**a)"
)


def ensure(home: Home, start_lock: FileLock, deadline: float) -> State:
    """Return the state of a server that takes writes, launched now if there is none.

    The caller holds the start lock and is a member.

    Raises:
        EmbeddedError: no server can be had before `deadline` (monotonic seconds).
    """
    while True:
        if not is_held(home.supervisor_lock):
            launch(home, start_lock, deadline)
        state = State.read(home.state)
        if state and _takes_writes(state):
            return state
        if time.monotonic() > deadline:
            raise late(home)
        time.sleep(_POLL)


def launch(home: Home, start_lock: FileLock, deadline: float) -> None:
    """Start a supervisor, which takes a share of the start lock until mongod is ready.

    Raises:
        EmbeddedError: what kept the server from starting, or that it took too long.
    """
    binary = Binary.find()
    endpoint = runtime.socket_path(home.data_dir)
    reader, writer = os.pipe()
    order = {
        "path": [str(Path(entry).absolute()) for entry in sys.path if entry],
        "data_dir": str(home.data_dir),
        "binary": str(binary.path),
        "endpoint": str(endpoint),
        "start_fd": start_lock.fd,
        "answer_fd": writer,
    }
    try:
        with home.output.open("wb") as output:
            started = subprocess.run(
                [sys.executable, "-I", "-c", _BOOT, json.dumps(order)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(start_lock.fd, writer),
                cwd="/",
                start_new_session=True,  # a Ctrl-C in the user's terminal is not for us
                check=False,
            )
    finally:
        os.close(writer)
    try:
        answer = json.loads(_read(reader, deadline) or "null")
    except TimeoutError as exc:
        raise late(home) from exc
    finally:
        os.close(reader)
    if answer is None:
        raise EmbeddedError(
            "INTERNAL_ERROR",
            f"The supervisor of the embedded MongoDB ended before it could start mongod (exit code "
            f"{started.returncode}). {home.output} says:\n" + "\n".join(log_tail(home)),
        )
    if answer:
        raise EmbeddedError(answer["code"], answer["message"])


def late(home: Home) -> EmbeddedError:
    """The error for a server that is not ready in time."""
    tail = "\n".join(log_tail(home))
    return EmbeddedError(
        "TEMPORARILY_UNAVAILABLE",
        f"The embedded MongoDB in {home.data_dir} was not ready within {settings.EMBEDDED_START_TIMEOUT.get():g} s. "
        f"It may be recovering: try again, or set {settings.EMBEDDED_START_TIMEOUT.name} higher. "
        f"{home.log} says what it does." + (f"\n{tail}" if tail else ""),
    )


def _takes_writes(state: State) -> bool:
    try:
        with Wire(Path(state.socket)) as wire:
            return is_primary(wire)
    except (OSError, CommandError):
        return False


def _read(reader: int, deadline: float) -> str:
    received = b""
    while True:
        ready, _, _ = select.select([reader], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError
        piece = os.read(reader, 65536)
        if not piece:
            return received.decode()
        received += piece
