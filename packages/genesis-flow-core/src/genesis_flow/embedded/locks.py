"""Locks that the kernel releases when their holder dies, also by `kill -9`.

All are flock(2) locks on small files. A flock belongs to the *open file*, so it can be handed to a
child process and lasts until the last holder has closed it; that is what makes "until the server is
ready" and "as long as mongod lives" expressible without anybody cleaning up.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

try:
    import fcntl
except ImportError as exc:  # Windows
    raise ImportError(
        "The embedded MongoDB needs Linux or macOS. Here, run a MongoDB server and use its mongodb:// URI."
    ) from exc

if TYPE_CHECKING:
    from pathlib import Path

_POLL = 0.01  # seconds; flock has no timeout of its own


class FileLock:
    """An exclusive lock on `path`, held from `acquire` to `close`."""

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self.fd = fd

    @classmethod
    def acquire(cls, path: Path, timeout: float = 0.0) -> FileLock | None:
        """Take the lock within `timeout` seconds, or return None. The file is made when missing.

        Raises:
            OSError: the file cannot be opened.
        """
        deadline = time.monotonic() + timeout
        while True:
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(fd)
                if time.monotonic() >= deadline:
                    return None
                time.sleep(_POLL)
                continue
            lock = cls(path, fd)
            if lock.stands():
                return lock
            lock.close()  # somebody removed the file between open and flock: what we hold, nobody sees

    @classmethod
    def inherited(cls, path: Path, fd: int) -> FileLock:
        """A lock that the parent process took and passed on as an open file."""
        os.set_inheritable(fd, False)
        return cls(path, fd)

    def stands(self) -> bool:
        """Whether the locked file is still the one that others find at its path."""
        try:
            return os.path.samestat(os.fstat(self.fd), self.path.stat())
        except (FileNotFoundError, NotADirectoryError):
            return False

    def close(self) -> None:
        """Give this process's share of the lock back; never raises, may be called twice."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            # Not LOCK_UN: that would take the lock from a child that inherited it, too.
            with contextlib.suppress(OSError):
                os.close(fd)


def is_held(path: Path) -> bool:
    """Whether some process holds the lock on `path` now."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False
