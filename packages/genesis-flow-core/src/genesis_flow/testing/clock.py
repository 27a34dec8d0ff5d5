"""A clock that tests move by hand, for stores that stamp what they write.

Two stores that are asked the same must answer the same, stamps and orders by stamps included. Masking the
stamps would hide a store that forgets to set one; a clock that both read, and that stands still until it is
moved, hides nothing and makes equal stamps as common as they are in a fast program.
"""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

from mlflow.utils import time as mlflow_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

EPOCH_MS = 1_700_000_000_000
"""What a new clock shows, in milliseconds since 1970."""


class HandClock:
    """Stands in for the module `time` where a store looks at it; all but the time of day passes through."""

    def __init__(self) -> None:
        self.now_ms = EPOCH_MS

    def reset(self) -> None:
        """Go back to where a new clock stands."""
        self.now_ms = EPOCH_MS

    def advance(self, milliseconds: int) -> None:
        """Move on."""
        self.now_ms += milliseconds

    def time(self) -> float:
        """Return seconds since 1970; in the middle of the millisecond, so that no rounding changes it."""
        return (self.now_ms + 0.5) / 1000

    def time_ns(self) -> int:
        """Return nanoseconds since 1970."""
        return self.now_ms * 1_000_000

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


@contextmanager
def hand_clock(*modules: ModuleType) -> Iterator[HandClock]:
    """Give MLflow's clock, and every module named here, one clock that is moved by hand.

    Args:
        *modules: Modules that did `import time` and in which the candidate asks for the time of day.
            MLflow's own (`mlflow.utils.time`) is always among them.
    """
    clock = HandClock()
    with ExitStack() as patches:
        for module in (mlflow_time, *modules):
            patches.enter_context(mock.patch.object(module, "time", clock))
        yield clock
