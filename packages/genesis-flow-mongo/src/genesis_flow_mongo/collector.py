"""The garbage collector, held off while many results are made.

A million points become a million objects, none of which can be garbage yet. Python's collector looks through
all of them again and again while they are made, which takes ten times as long as making them.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def paused() -> Iterator[None]:
    """Hold the collector off, unless somebody does so already; objects are still freed by their counts."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
