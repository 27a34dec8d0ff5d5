"""A page of metric history, cut from segments that overlap in time."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from operator import itemgetter

from genesis_flow_mongo.documents.points import RECORD, Point, by_time, in_order


@dataclass
class HistoryPage:
    """Collects segments in the order of their first timestamp until a page is complete.

    Attributes:
        limit: Number of points of the page.
        after: The last point of the page before, or None.
        tail: Points of the run's tail, packed: they may belong anywhere.
    """

    limit: int
    after: Point | None
    tail: bytes
    _segments: list[tuple[int, int, bytes]] = field(default_factory=list)
    _held: int = 0
    _wanted: int = 0
    _complete: list[Point] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Ask for one point more than the page has, to know whether there is a next one."""
        self._wanted = self.limit + 1

    def is_complete(self, first: int) -> bool:
        """Tell whether the page is complete, when all segments to come begin at `first` or later."""
        if self._held < self._wanted:
            return False
        points = self._final_points(horizon=first)
        missing = self.limit + 1 - len(points)
        if missing > 0:
            self._wanted = self._held + missing
            return False
        self._complete = points
        return True

    def add(self, first: int, last: int, data: bytes) -> None:
        """Add the next segment: its timestamps lie between `first` and `last`."""
        self._segments.append((first, last, data))
        self._held += len(data) // RECORD.size

    def cut(self) -> tuple[list[Point], int | None]:
        """Return the page's points, and where its successor begins to read; None when it is the last."""
        points = self._complete or self._final_points(horizon=None)
        if len(points) <= self.limit:
            return points, None
        points = points[: self.limit]
        stamp = points[-1][0]
        unfinished = [first for first, last, _ in self._segments if last >= stamp]
        return points, min([stamp, *unfinished])

    def _final_points(self, horizon: int | None) -> list[Point]:
        points = in_order(b"".join([self.tail, *(data for _, _, data in self._segments)]))
        begin = 0 if self.after is None else bisect_right(points, by_time(self.after), key=by_time)
        # A later segment may hold points from the horizon on, so only what is older is in its final place.
        end = len(points)
        if horizon is not None:
            end = bisect_right(points, horizon - 1, key=itemgetter(0))
        return points[begin:end]
