"""What a run's document has no room for: latest metrics, params and tags as documents of their own.

Once a run overflows, the set of keys in its document is frozen: keys in it are still updated there, others
live here. So each key is in exactly one place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymongo import UpdateOne

from genesis_flow_mongo.documents.keys import escape
from genesis_flow_mongo.documents.points import latest, newest
from genesis_flow_mongo.schema import ids
from genesis_flow_mongo.schema.collections import RUN_OVERFLOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genesis_flow_mongo.connection.context import StoreContext
    from genesis_flow_mongo.documents.run_change import RunChange

Document = dict[str, Any]


class RunOverflowRepository:
    """Overflowed keys of runs: {_id, run_id, experiment_id, kind, key, value}."""

    def __init__(self, context: StoreContext) -> None:
        self._overflow = context.table(RUN_OVERFLOW.name)

    def conflicting(self, run_id: str, change: RunChange) -> dict[str, str]:
        """Return the params that are held with another value, by field name; at most one round trip."""
        if not change.params:
            return {}
        rows = self._overflow.find({"_id": {"$in": [_id(run_id, "params", key) for key in change.params]}})
        return {escape(row["key"]): row["value"] for row in rows if change.params[row["key"]] != row["value"]}

    def put(self, run_id: str, experiment_id: str, change: RunChange) -> None:
        """Write a change whose keys all live here; one round trip, none for an empty change."""

        def upsert(kind: str, key: str, operator: str, value: object) -> UpdateOne:
            update: Document = {
                "$setOnInsert": {"run_id": run_id, "experiment_id": experiment_id, "kind": kind, "key": key}
            }
            update.setdefault(operator, {})["value"] = value
            return UpdateOne({"_id": _id(run_id, kind, key)}, update, upsert=True)

        self._overflow.write(
            [
                *(
                    upsert("metrics", key, "$max", latest(newest(points)))
                    for key, points in change.points.items()
                ),
                *(upsert("params", key, "$setOnInsert", value) for key, value in change.params.items()),
                *(upsert("tags", key, "$set", value) for key, value in change.tags.items()),
            ]
        )

    def merge(self, documents: Sequence[Document]) -> None:
        """Put overflowed keys into their runs' documents; one round trip, none when no run overflowed."""
        wide = {document["_id"]: document for document in documents if document.get("overflow")}
        if not wide:
            return
        for row in self._overflow.find({"run_id": {"$in": list(wide)}}):
            wide[row["run_id"]][row["kind"]][escape(row["key"])] = row["value"]

    def replace_tag(self, run_id: str, key: str, before: str | None, after: str) -> bool:
        """Set an overflowed tag if it is (still) `before`; False otherwise, or if it lives elsewhere."""
        return self._overflow.update(
            {"_id": _id(run_id, "tags", key), "value": before}, {"$set": {"value": after}}
        )

    def delete_tag(self, run_id: str, key: str) -> bool:
        """Remove an overflowed tag; False when there is none."""
        return self._overflow.delete({"_id": _id(run_id, "tags", key)}) > 0

    def purge(self, run_ids: Sequence[str]) -> None:
        """Remove all overflowed keys of runs; one round trip."""
        self._overflow.delete({"run_id": {"$in": list(run_ids)}})


def _id(run_id: str, kind: str, key: str) -> str:
    return ids.digest(run_id, kind, key)
