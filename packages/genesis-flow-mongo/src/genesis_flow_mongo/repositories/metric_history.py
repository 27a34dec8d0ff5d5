"""Reads metric history: a run's tail and its segments, merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genesis_flow_mongo.documents.history_page import HistoryPage
from genesis_flow_mongo.documents.keys import escape
from genesis_flow_mongo.documents.points import Point, in_order
from genesis_flow_mongo.schema.collections import METRICS, RUNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genesis_flow_mongo.connection.context import StoreContext

Document = dict[str, Any]

# A whole history is wanted in few, large answers (the server ends each at 16 MB); a page in small ones, as
# MLflow's client asks for 25,000 points, and those are 25 segments of large batches or 390 of single points.
_SEGMENTS_OF_ALL = 5_000
_SEGMENTS_OF_PAGE = 64


class MetricHistoryRepository:
    """Points of runs, by key."""

    def __init__(self, context: StoreContext) -> None:
        self._workspace = context.workspace
        self._runs = context.table(RUNS.name)
        self._segments = context.table(METRICS.name)

    def points(self, run_ids: Sequence[str], key: str) -> dict[str, list[Point]]:
        """Return all points of a key by run id, each list in order; runs without any are absent.

        One round trip for runs that have only few points (up to 64), else two or more, one per 16 MB.
        """
        parts: dict[str, list[bytes]] = {}
        segmented = []
        # The tails are read before the segments: a point moves from the first to the second, so it may be
        # seen twice this way, but cannot be missed.
        for head in self._tails(run_ids):
            parts[head["_id"]] = [entry["d"] for entry in head.get("tail", ()) if entry["k"] == key]
            if head.get("segments"):
                segmented.append(head["_id"])
        if segmented:
            path = _path(key)
            query = {"run_id": {"$in": segmented}, path: {"$exists": True}}
            for found in self._segments.stream(query, {"run_id": 1, path: 1}, batch=_SEGMENTS_OF_ALL):
                parts[found["run_id"]].extend(found["points"].values())
        return {run_id: in_order(b"".join(data)) for run_id, data in parts.items() if data}

    def page(
        self, run_id: str, key: str, limit: int, after: Point | None = None, since: int | None = None
    ) -> tuple[list[Point], int | None]:
        """Return up to `limit` points of a run, in order, and the `since` of the next page, None at the end.

        Segments are read in the order of their first timestamp, and no further than the page needs. Two or
        more round trips, one for a run that has only few points.

        Args:
            run_id: The run.
            key: The metric.
            limit: Number of points.
            after: The last point of the page before, None for the first page.
            since: A timestamp: segments that begin before it have been read to their end.
        """
        heads = self._tails([run_id])
        tail = b"".join(entry["d"] for head in heads for entry in head.get("tail", ()) if entry["k"] == key)
        page = HistoryPage(limit, after, tail)
        if heads and heads[0].get("segments"):
            path = _path(key)
            query: Document = {"run_id": run_id, path: {"$exists": True}}
            if since is not None:
                query["first"] = {"$gte": since}
            fields = {"first": 1, "last": 1, path: 1}
            for found in self._segments.stream(query, fields, sort=[("first", 1)], batch=_SEGMENTS_OF_PAGE):
                if page.is_complete(found["first"]):
                    break
                page.add(found["first"], found["last"], next(iter(found["points"].values())))
        return page.cut()

    def _tails(self, run_ids: Sequence[str]) -> list[Document]:
        query = {"_id": {"$in": list(run_ids)}, "workspace": self._workspace}
        return self._runs.find(query, {"tail": 1, "segments": 1})


def _path(key: str) -> str:
    return f"points.{escape(key)}"
