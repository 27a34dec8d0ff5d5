"""Who uses the server: one locked file for each process, named after it.

A member never has to say goodbye: when it dies the kernel drops its lock, and the next count finds
the file unlocked and removes it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import TYPE_CHECKING

from genesis_flow.embedded.errors import EmbeddedError
from genesis_flow.embedded.locks import FileLock

if TYPE_CHECKING:
    from pathlib import Path


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
    """Stop being a member."""
    if _pid(lock.path) == os.getpid():  # not when a forked child gives back what it shares with its parent
        lock.path.unlink(missing_ok=True)
    lock.close()


def pids(directory: Path) -> list[int]:
    """The process ids of all living members, ascending; the files of the dead are removed."""
    living = []
    with contextlib.suppress(FileNotFoundError):  # the data directory is being removed
        for path in directory.iterdir():
            stale = FileLock.acquire(path)
            if stale:
                path.unlink(missing_ok=True)
                stale.close()
            else:
                living.append(_pid(path))
    return sorted(living)


def _pid(path: Path) -> int:
    return int(path.name.partition("-")[0])
