"""The data directory: what lies where, and whether we may live in it.

```
DIR/db/               mongod's files
DIR/mongod.log        mongod's log, and mongod.log.1 before it
DIR/server/           0700: locks, members, state of the running server
```

Everything about the running server lies here and not next to its socket, so that every process finds
the server that is there, whatever its own environment says about directories for sockets.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genesis_flow.embedded.errors import EmbeddedError

if TYPE_CHECKING:
    from pathlib import Path

_ROOM = 16 * 1024 * 1024  # bytes: one file of mongod's journal


@dataclass(frozen=True)
class Home:
    """The paths below one data directory (absolute, links resolved)."""

    data_dir: Path

    @property
    def db(self) -> Path:
        """Where mongod keeps its own files."""
        return self.data_dir / "db"

    @property
    def log(self) -> Path:
        """Where mongod logs."""
        return self.data_dir / "mongod.log"

    @property
    def server(self) -> Path:
        """Where the processes of the server meet."""
        return self.data_dir / "server"

    @property
    def start_lock(self) -> Path:
        """Held while a server starts or ends; who holds it finds a server that is ready, or none."""
        return self.server / "start.lock"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the supervisor as long as it lives."""
        return self.server / "supervisor.lock"

    @property
    def mongod_lock(self) -> Path:
        """Held by mongod (which does not know) as long as it lives."""
        return self.server / "mongod.lock"

    @property
    def members(self) -> Path:
        """One locked file for each process that uses the server."""
        return self.server / "members"

    @property
    def pin(self) -> Path:
        """While this file exists the server stays, also without members."""
        return self.server / "pinned"

    @property
    def state(self) -> Path:
        """What the supervisor tells about itself, see `state.State`."""
        return self.server / "state.json"

    @property
    def output(self) -> Path:
        """What supervisor and mongod print when they die before they can log."""
        return self.server / "output.txt"

    def prepare(self) -> None:
        """Make the directories, all for this user only, and prove that files can be written.

        Raises:
            EmbeddedError: as `require_ours`; INVALID_PARAMETER_VALUE also when the directory cannot be
                written; TEMPORARILY_UNAVAILABLE, when the disk is full.
        """
        self.require_ours()
        try:
            for directory in (self.data_dir, self.db, self.server, self.members):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            for directory in (self.db, self.server):
                directory.chmod(0o700)
                with tempfile.TemporaryFile(dir=directory) as probe:
                    probe.write(b"\0" * 4096)
        except OSError as exc:
            raise self._refusal(exc) from exc

    def require_ours(self) -> None:
        """See that what is there is a data directory of this user; what is not there is as well.

        Raises:
            EmbeddedError: INVALID_PARAMETER_VALUE, when the path is a file, or the data another user's.
        """
        for directory in (self.db, self.server):
            try:
                owner = directory.stat().st_uid
            except FileNotFoundError:
                continue
            except OSError as exc:
                raise self._refusal(exc) from exc
            if owner != os.geteuid():
                raise EmbeddedError(
                    "INVALID_PARAMETER_VALUE",
                    f"The data in {self.data_dir} belongs to user {owner}, and this process runs as user "
                    f"{os.geteuid()}. An embedded MongoDB serves one user: run as that user, choose another "
                    "directory, or run a mongod for all and use a mongodb:// URI.",
                )

    def has_room(self) -> bool:
        """Whether a mongod can live on what the disk has free."""
        return shutil.disk_usage(self.data_dir).free >= _ROOM

    def _refusal(self, exc: OSError) -> EmbeddedError:
        if exc.errno in {errno.EEXIST, errno.ENOTDIR}:
            return EmbeddedError(
                "INVALID_PARAMETER_VALUE",
                f"An embedded MongoDB needs a directory for its data; {self.data_dir} is a file or in one. "
                "Name a directory; it is made if it is missing.",
            )
        if exc.errno in {errno.ENOSPC, errno.EDQUOT}:
            return self.full_disk(str(exc.strerror))
        return EmbeddedError(
            "INVALID_PARAMETER_VALUE",
            f"An embedded MongoDB needs to write below {self.data_dir}, and this process (user "
            f"{os.geteuid()}) cannot: {exc.strerror}. Make the directory writable or choose another one.",
        )

    def full_disk(self, found: str) -> EmbeddedError:
        """The error for a disk without room; `found` is what the system or mongod said."""
        return EmbeddedError(
            "TEMPORARILY_UNAVAILABLE",
            f"The disk that holds {self.data_dir} is full: {found}\n"
            "Make room (200 MB are comfortable for a start) or choose another directory. "
            "What was written and acknowledged is safe.",
        )
