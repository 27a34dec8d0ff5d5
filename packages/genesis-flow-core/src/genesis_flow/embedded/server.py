"""The server of a data directory, seen from outside: find it, launch it, wait until it takes writes."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from genesis_flow import settings
from genesis_flow.embedded import log
from genesis_flow.embedded.errors import EmbeddedError
from genesis_flow.embedded.locks import is_held
from genesis_flow.embedded.mongod import LINGER
from genesis_flow.embedded.plan import Plan
from genesis_flow.embedded.replica_set import is_primary
from genesis_flow.embedded.state import State
from genesis_flow.embedded.wire import CommandError, Wire

if TYPE_CHECKING:
    from genesis_flow.embedded.home import Home
    from genesis_flow.embedded.locks import FileLock

_POLL = 0.02  # seconds
_STOP_POLL = 0.1  # seconds
# With -I neither PYTHON* variables nor the working directory decide what the supervisor imports: it finds its
# modules where this process finds them.
_BOOT = (
    "import json, sys; order = json.load(sys.stdin); sys.path[:] = order['path']; "
    "from genesis_flow.embedded.supervisor import main; main(order)"
)


def ensure(home: Home, start_lock: FileLock, deadline: float) -> State:
    """Return the state of a server that takes writes, launched now if there is none.

    The caller holds the start lock and is a member. One round trip when the server runs.

    Raises:
        EmbeddedError: no server can be had before `deadline` (monotonic seconds).
    """
    while True:
        if not is_held(home.supervisor_lock):
            launch(Plan.make(home), start_lock, deadline)
        state = State.read(home.state)
        if state and _takes_writes(state):
            return state
        if time.monotonic() > deadline:
            raise late(home)
        time.sleep(_POLL)


def launch(plan: Plan, start_lock: FileLock, deadline: float) -> None:
    """Start a supervisor, which takes a share of the start lock until mongod is ready.

    Raises:
        EmbeddedError: what kept the server from starting, or that it took too long.
    """
    reader, writer = os.pipe()
    try:
        _boot(plan, start_lock.fd, writer)
    finally:
        os.close(writer)
    try:
        answer = json.loads(_read(reader, deadline) or "null")
    except TimeoutError as exc:
        raise late(plan.home) from exc
    finally:
        os.close(reader)
    if answer is None:
        raise EmbeddedError(
            "INTERNAL_ERROR",
            f"The supervisor of the embedded MongoDB, run by {sys.executable}, ended before mongod ran:\n"
            + "\n".join(log.tail(plan.home.output)),
        )
    if answer:
        raise EmbeddedError(answer["code"], answer["message"])


def stop(home: Home) -> bool:
    """Tell the supervisor to end the server, whoever uses it, and wait until it has.

    Returns whether there was one.

    Raises:
        EmbeddedError: it does not end.
    """
    deadline = time.monotonic() + 2 * LINGER  # to wait for those who are joining, and for mongod
    was_running = is_held(home.supervisor_lock)
    while is_held(home.supervisor_lock):
        state = State.read(home.state)
        if state:
            with suppress(ProcessLookupError):
                os.kill(state.supervisor, signal.SIGTERM)
        if time.monotonic() > deadline:
            raise EmbeddedError(
                "TEMPORARILY_UNAVAILABLE",
                f"The embedded MongoDB in {home.data_dir} was told to end and has not. "
                f"Its supervisor: process {state.supervisor if state else 'unknown'}. See {home.log}.",
            )
        time.sleep(_STOP_POLL)
    return was_running


def late(home: Home) -> EmbeddedError:
    """The error for a server that is not ready in time."""
    state = State.read(home.state)
    timeout = settings.EMBEDDED_START_TIMEOUT
    asked = f"The embedded MongoDB in {home.data_dir} was not ready within {timeout.get():g} s."
    if state and is_held(home.supervisor_lock) and not Path(state.socket).parent.exists():
        return EmbeddedError(
            "TEMPORARILY_UNAVAILABLE",
            f"{asked} It is served by process {state.supervisor}, whose socket {state.socket} cannot be seen "
            "from here: another container, or a /tmp of its own? Use it from there, or stop it there first.",
        )
    said = "\n".join(log.tail(home.log, severities="EFWI"))
    return EmbeddedError(
        "TEMPORARILY_UNAVAILABLE",
        f"{asked} It may be recovering: try again, or set {timeout.name} higher. "
        f"The end of {home.log}:\n{said or '(nothing)'}",
    )


def _boot(plan: Plan, start_fd: int, answer_fd: int) -> None:
    order = {
        "path": [str(Path(entry).absolute()) for entry in sys.path if entry],
        "plan": plan.to_json(),
        "start_fd": start_fd,
        "answer_fd": answer_fd,
    }
    plan.home.output.unlink(missing_ok=True)
    with plan.home.output.open("ab") as output:
        try:
            subprocess.run(
                [
                    sys.executable,
                    "-I",
                    "-c",
                    _BOOT,
                    str(plan.home.data_dir),
                ],  # the last one is for readers of `ps`
                input=json.dumps(order).encode(),
                stdout=output,
                stderr=output,
                pass_fds=(start_fd, answer_fd),
                cwd="/",
                start_new_session=True,  # a Ctrl-C in the user's terminal is not for the server
                check=False,
            )
        except OSError as exc:
            raise EmbeddedError(
                "INTERNAL_ERROR",
                "The supervisor of the embedded MongoDB needs a Python, and sys.executable, "
                f"{sys.executable!r}, cannot be run: {exc.strerror}.",
            ) from exc


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
