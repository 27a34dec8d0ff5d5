"""Sampling of a history for charts."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


def sample(rows: Sequence[T], size: int) -> list[T]:
    """Return up to `size` of the rows, evenly spaced, always with the last one.

    As MLflow's SqlAlchemyStore 3.17 does it with NTILE: the rows are dealt into `size` buckets, the first
    ones larger by one when they do not divide evenly, and the first row of each is kept; then the last row
    joins, in place of the last one kept when there is no room.
    """
    if len(rows) <= size:
        return list(rows)
    width, larger = divmod(len(rows), size)
    starts = [number * width + min(number, larger) for number in range(size)]
    kept = [rows[start] for start in starts]
    # There are more rows than buckets, so the last row begins none, unless the last bucket holds it alone.
    kept[-1] = rows[-1]
    return kept
