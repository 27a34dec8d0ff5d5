"""Servers that end with the benchmark.

Each is started in a session of its own, so that Ctrl-C in the terminal reaches the benchmark alone
and the servers are then ended in order, by the process id this module was given.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

GRACE = 20.0
POLL = 0.1


class ServerFailedError(RuntimeError):
    """A server ended, or did not answer in time; the message holds the end of its log."""


@contextmanager
def running(
    command: Sequence[str],
    *,
    log: Path,
    ready: Callable[[], bool],
    timeout: float,
    stop: signal.Signals = signal.SIGTERM,
    user: str | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[int]:
    """Start `command`, wait until `ready()`, give its process id, end it on the way out.

    `stop` goes to the process itself; what is left of its session after the grace period is killed.

    Raises:
        ServerFailedError: it ended early, or was not ready within `timeout` seconds.
    """
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=None if env is None else {**os.environ, **env},
            user=user,
            group=None if user is None else _group_of(user),
            extra_groups=None if user is None else [],
            start_new_session=True,
            cwd=log.parent,
        )
    try:
        _await_ready(process, ready, timeout, log)
        yield process.pid
    finally:
        _end(process, stop)


def _group_of(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


def _await_ready(
    process: subprocess.Popen[bytes], ready: Callable[[], bool], timeout: float, log: Path
) -> None:
    deadline = time.monotonic() + timeout
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            how = f"ended with {process.returncode}" if process.returncode is not None else "did not answer"
            tail = log.read_text(errors="replace")[-2000:]
            msg = f"{process.args[0]!s} {how} within {timeout:.0f} s:\n{tail}"  # type: ignore[index]
            raise ServerFailedError(msg)
        time.sleep(POLL)


def _end(process: subprocess.Popen[bytes], stop: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(stop)
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
