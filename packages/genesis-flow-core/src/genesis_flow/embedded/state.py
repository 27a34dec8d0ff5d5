"""What a running server tells those who look for it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class State:
    """Written by the supervisor when it starts mongod; true as long as the supervisor's lock is held.

    Attributes:
        supervisor: its process id.
        mongod: mongod's process id.
        socket: where mongod listens.
        binary: the mongod that runs.
    """

    supervisor: int
    mongod: int
    socket: str
    binary: str

    def write(self, path: Path) -> None:
        """Replace the file at once: a reader sees the old state or the new one."""
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(asdict(self)))
        draft.replace(path)

    @classmethod
    def read(cls, path: Path) -> State | None:
        """The state, or None when there is none that can be read."""
        try:
            return cls(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError):
            return None
