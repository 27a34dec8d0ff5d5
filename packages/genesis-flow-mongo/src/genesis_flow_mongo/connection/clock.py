"""The clock: the one place where the time of day enters."""

from __future__ import annotations

import time


def now_ms() -> int:
    """Return the present, in milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000
