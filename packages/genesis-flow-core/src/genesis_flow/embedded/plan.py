"""What a server is to be, decided by the process that starts it, told to the supervisor."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from genesis_flow import settings
from genesis_flow.embedded import runtime
from genesis_flow.embedded.binary import Binary
from genesis_flow.embedded.home import Home


@dataclass(frozen=True)
class Plan:
    """All that start a server, and its restarts, need; the supervisor reads no settings of its own.

    Attributes:
        home: the data directory.
        binary: the mongod to run.
        socket: where it listens, absolute.
        cache: size of its cache, in GB.
        grace: how long it outlives its last member, in seconds.
    """

    home: Home
    binary: Binary
    socket: Path
    cache: float
    grace: float

    @classmethod
    def make(cls, home: Home) -> Plan:
        """Decide from the settings of this process.

        Raises:
            EmbeddedError: INVALID_PARAMETER_VALUE, when there is no mongod or no place for a socket;
                TEMPORARILY_UNAVAILABLE, when the disk is full.
            MlflowException: INVALID_PARAMETER_VALUE, when a setting has not the expected form.
        """
        if not home.has_room():
            # mongod would find out, too: in the middle of a write, and after a while.
            raise home.full_disk("less than 16 MB are free.")
        return cls(
            home=home,
            binary=Binary.find(),
            socket=runtime.socket_path(home.data_dir),
            cache=settings.EMBEDDED_CACHE.get(),
            grace=settings.EMBEDDED_GRACE.get(),
        )

    def to_json(self) -> str:
        """The plan as text."""
        return json.dumps(asdict(self), default=os.fspath)

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """The plan that `to_json` wrote."""
        told = json.loads(text)
        return cls(
            home=Home(Path(told["home"]["data_dir"])),
            binary=Binary(Path(told["binary"]["path"]), told["binary"]["origin"]),
            socket=Path(told["socket"]),
            cache=told["cache"],
            grace=told["grace"],
        )
