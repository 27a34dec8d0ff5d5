"""Who uses the server: one locked file for each process, named after it.

A member never has to say goodbye: when it dies the kernel drops its lock, and the next count finds
the file unlocked and removes it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from genesis_flow.embedded.errors import EmbeddedError
from genesis_flow.embedded.locks import FileLock


def enter(directory: Path) -> FileLock:
    """Count this process as a member until the lock is left, or the process is gone."""
    while True:
        # Not the pid alone: containers that share the directory have pids of their own.
        path = directory / f"{os.getpid()}-{secrets.token_hex(4)}"
        try:
            lock = FileLock.acquire(path)
        except OSError as exc:
            raise EmbeddedError(
                "TEMPORARILY_UNAVAILABLE", f"Cannot register with the embedded MongoDB: {exc}"
            ) from exc
        if lock:  # None when a count had this very file in its hands: take another name
            return lock


def leave(lock: FileLock) -> None:
    """Stop being a member; in a forked child the parent's membership is not touched."""
    with contextlib.suppress(OSError):
        lock.path.unlink()
    lock.close()


def pids(directory: Path) -> list[int]:
    """The process ids of all living members, ascending; the dead ones' files are removed."""
    living = []
    for path in directory.iterdir():
        with contextlib.suppress(OSError, ValueError):
            stale = FileLock.acquire(path)
            if stale:
                leave(stale)
            else:
                living.append(int(path.name.partition("-")[0]))
    return sorted(living)
