"""Who is calling, and which observed call is in progress: both belong to the context, not to the process."""

from __future__ import annotations

import threading
from contextvars import ContextVar

__all__ = ["RoundTrips", "count_round_trip", "current", "principal"]

principal: ContextVar[str | None] = ContextVar("genesis_flow_principal", default=None)
"""On whose behalf this context calls stores; None until somebody says so.

A server sets it for each request. Threads begin with an empty context, so work that MLflow moves to threads
of its own (``log_batch_async``) is done for None: read it as "this process itself".
"""


class RoundTrips:
    """Counts the commands of one call; threads that copied the caller's context count on the same object."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.total = 0

    def count(self) -> None:
        """Count one more."""
        with self._lock:
            self.total += 1


current: ContextVar[RoundTrips | None] = ContextVar("genesis_flow_current_call", default=None)
"""The round trips of the call in progress; None when there is none, or when nobody observes it."""


def count_round_trip() -> None:
    """Add one round trip to the observed call of this context, if there is one."""
    trips = current.get()
    if trips is not None:
        trips.count()
