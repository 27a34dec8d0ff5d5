"""Metrics, params and tags of runs: one update of one document, whatever the size of the call.

The update's filter holds all conditions of a write: the run exists and is active, no param has another value,
the tail of newest points and the document have room. So a refused call leaves nothing behind, and a write is
one round trip. Only when the filter matches nothing is the run looked at, to find out which condition failed;
then the call is refused, or room is made, and the write repeated.

Every update may be sent twice: `$max` and `$set` say the same thing again, and a point pushed twice is one
point to readers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bson import encode
from mlflow.entities import LifecycleStage
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import TEMPORARILY_UNAVAILABLE

from genesis_flow_mongo.documents.keys import escape, unescape
from genesis_flow_mongo.documents.points import pack, packed_tail, segment, tail_entries
from genesis_flow_mongo.documents.run_change import KINDS, RunChange
from genesis_flow_mongo.repositories.overflow_search import OverflowSearch
from genesis_flow_mongo.repositories.run_overflow import RunOverflowRepository
from genesis_flow_mongo.schema.collections import METRICS, RUNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genesis_flow_mongo.connection.context import StoreContext

Document = dict[str, Any]

TAIL_POINTS = 64
"""A run whose tail holds so many points gets no more until they are moved to a segment."""

LARGEST_PUSH = 16
"""A call with more points than this writes a segment of its own instead of filling the tail."""

WIDEST_RUN = 2_000
"""Metric keys that a run's document may hold; more are kept in `run_overflow`."""

_ROOM_CHECK_FRACTION = 4
_MAX_TRIES = 200


class RunDataRepository:
    """Writes metrics, params and tags."""

    def __init__(self, context: StoreContext) -> None:
        self._workspace = context.workspace
        self._runs = context.table(RUNS.name)
        self._segments = context.table(METRICS.name)
        self._overflow = RunOverflowRepository(context)
        self._search = OverflowSearch(context)
        self._largest_document = context.profile.overflow_bytes
        self._largest_growth = context.profile.overflow_bytes // _ROOM_CHECK_FRACTION

    def write(self, run_id: str, change: RunChange) -> Document | None:
        """Write a change to an active run, or find out why not.

        One round trip; two for more than 16 points (the run, then a segment of the history). Every 64 points
        that arrive singly cost four more, to move them to a segment.

        Returns:
            None when written. Otherwise the run's head as it was found: `refusal` tells what it means.
        """
        roomy = {"growth": {"$lt": self._largest_growth}, "overflow": None}
        for _ in range(_MAX_TRIES):
            if self._update(run_id, change, change, roomy):
                return None
            head = self._head(run_id, change)
            if head is None or head["lifecycle_stage"] != LifecycleStage.ACTIVE or conflicts(head, change):
                return head or {}
            self._make_room(head)
            if head.get("overflow"):
                kept, spilled = change.split(held_keys(head))
                if held := self._overflow.conflicting(run_id, spilled):
                    return {**head, "params": held}
                if self._update(run_id, change, kept, {"overflow": True}):
                    self._overflow.put(run_id, head["experiment_id"], spilled)
                    return None
        msg = f"Run '{run_id}' is written to by too many clients at once. Try again."
        raise MlflowException(msg, error_code=TEMPORARILY_UNAVAILABLE)

    def delete_tag(self, run_id: str, key: str) -> bool:
        """Remove a tag of an active run; False when there is none. One round trip, two when not found."""
        path = f"tags.{escape(key)}"
        query = {**self._active(run_id), path: {"$exists": True}}
        return self._runs.update(query, {"$unset": {path: ""}}) or self._overflow.delete_tag(run_id, key)

    def purge(self, run_ids: Sequence[str]) -> None:
        """Remove the history and overflow of runs for good; two round trips."""
        self._segments.delete({"run_id": {"$in": list(run_ids)}})
        self._overflow.purge(run_ids)

    def _active(self, run_id: str) -> Document:
        return {"_id": run_id, "workspace": self._workspace, "lifecycle_stage": LifecycleStage.ACTIVE}

    def _update(self, run_id: str, change: RunChange, kept: RunChange, conditions: Document) -> bool:
        """Send the update, and behind it a segment for many points; False when the filter did not match.

        `kept` is the part of the change whose keys live in the run's document: all but of an overflowed run.
        """
        query = {**self._active(run_id), **kept.unchanged_params(), **conditions}
        update: Document = {"$inc": {"growth": kept.growth()}}
        values = kept.values()
        large = change.count > LARGEST_PUSH
        if large:
            values["segments"] = True
        elif change.points:
            query["tail_size"] = {"$lt": TAIL_POINTS}
            update["$push"] = {"tail": {"$each": tail_entries(change.points)}}
            update["$inc"]["tail_size"] = change.count
        if values:
            update["$set"] = values
        if kept.points:
            update["$max"] = kept.maxima()
        if not self._runs.update(query, update):
            return False
        if large:
            packed = {key: pack(points) for key, points in change.points.items()}
            self._segments.insert(segment(run_id, packed))
        return True

    def _head(self, run_id: str, change: RunChange) -> Document | None:
        fields = [
            "experiment_id",
            "lifecycle_stage",
            "tail",
            "tail_size",
            "tail_generation",
            "growth",
            "overflow",
        ]
        fields += change.fields()
        return self._runs.find_one({"_id": run_id, "workspace": self._workspace}, dict.fromkeys(fields, 1))

    def _make_room(self, head: Document) -> None:
        """Do what the head asks for: move a full tail to a segment, weigh a document that has grown."""
        if head["tail_size"] >= TAIL_POINTS:
            self._move_tail(head)
        if head["growth"] >= self._largest_growth and not head.get("overflow"):
            self._weigh(head)

    def _move_tail(self, head: Document) -> None:
        """Move a full tail to a segment: inserted first, so that no point is ever missing.

        A full tail changes no more, as the filter of every write demands room in it. So clients that do this
        at the same time insert the same segment, and the generation lets only one of them empty the tail.
        """
        generation = head.get("tail_generation")
        self._segments.insert(segment(head["_id"], packed_tail(head["tail"])))
        self._runs.update(
            {"_id": head["_id"], "tail_generation": generation},
            {
                "$set": {
                    "tail": [],
                    "tail_size": 0,
                    "segments": True,
                    "tail_generation": (generation or 0) + 1,
                },
            },
        )

    def _weigh(self, head: Document) -> None:
        """Measure a run's document, and let new keys overflow from now on when it is too large."""
        document = self._runs.find_one({"_id": head["_id"]}) or {}
        full = len(document.get("metrics", ())) > WIDEST_RUN or len(encode(document)) > self._largest_document
        if full:
            self._search.announce()
        self._runs.update(
            {"_id": head["_id"], "growth": document.get("growth")},
            {"$set": {"growth": 0, **({"overflow": True} if full else {})}},
        )


def conflicts(head: Document, change: RunChange) -> dict[str, str]:
    """Return the params of a change that the run holds with another value: key -> the value held."""
    held = head.get("params", {})
    return {
        unescape(name): value
        for name, value in held.items()
        if change.params.get(unescape(name), value) != value
    }


def held_keys(head: Document) -> dict[str, list[str]]:
    """Return the keys that a head shows its run's document to hold, by kind."""
    return {kind: [unescape(name) for name in head.get(kind, ())] for kind in KINDS}
