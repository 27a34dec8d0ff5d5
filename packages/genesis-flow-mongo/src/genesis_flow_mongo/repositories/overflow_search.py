"""Searching by keys that overflowed: exact, and free of charge while no run of the database has any.

The schema document says whether a run has ever overflowed. A store learns it when it is opened, at once when
it makes a run overflow itself, and else within a minute, by one small read before a search by a key.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from genesis_flow_mongo.documents.keys import unescape
from genesis_flow_mongo.documents.run_change import KINDS
from genesis_flow_mongo.schema.bootstrap import SCHEMA_DOCUMENT
from genesis_flow_mongo.schema.collections import META, RUN_OVERFLOW

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from genesis_flow_mongo.connection.context import StoreContext
    from genesis_flow_mongo.query.ordering import Ordering

Document = dict[str, Any]

_FLAG = "runs_overflowed"
_SECONDS_BETWEEN_LOOKS = 60.0


class OverflowSearch:
    """Rewrites a search of runs so that it sees overflowed keys, too."""

    def __init__(self, context: StoreContext) -> None:
        self._meta = context.table(META.name)
        self._overflow = context.table(RUN_OVERFLOW.name)
        # Shared by all repositories of a store, so that a writer's news reaches its searches.
        self._shared = context.shared
        self._looked = time.monotonic()

    def announce(self) -> None:
        """Record that a run overflows; one round trip, before the first key does."""
        self._meta.update({"_id": SCHEMA_DOCUMENT}, {"$set": {_FLAG: True}})
        self._shared[_FLAG] = True

    def clauses(self, clauses: Sequence[Document], experiment_ids: Sequence[str]) -> list[Document]:
        """Return clauses that hold for an overflowed value where the given ones hold for one in place.

        No round trip while no run has overflowed, else one for each clause on a metric, param or tag.
        """
        return [self._clause(clause, experiment_ids) for clause in clauses]

    def prelude(self, ordering: Ordering, experiment_ids: Sequence[str]) -> list[Document]:
        """Return stages that put overflowed values where the ordering looks for them; usually none."""
        fields: Document = {}
        for key in ordering.keys:
            if (found := _key_of(key.path)) and self._may_have():
                kind, name = found
                rows = self._rows(kind, name, experiment_ids)
                if rows:
                    fields[key.path] = _switch(key.path, rows, nested=kind == "metrics")
        return [{"$addFields": fields}] if fields else []

    def _clause(self, clause: Document, experiment_ids: Sequence[str]) -> Document:
        ((path, condition),) = clause.items()
        found = _key_of(path)
        if not found or not self._may_have():
            return clause
        kind, name = found
        if condition == {"$exists": False}:
            return {
                **clause,
                "_id": {"$nin": [row["run_id"] for row in self._rows(kind, name, experiment_ids)]},
            }
        value = "value.v" if kind == "metrics" else "value"
        rows = self._rows(kind, name, experiment_ids, {value: condition})
        return {"$or": [clause, {"_id": {"$in": [row["run_id"] for row in rows]}}]} if rows else clause

    def _rows(
        self, kind: str, key: str, experiment_ids: Sequence[str], condition: Mapping[str, Any] | None = None
    ) -> list[Document]:
        query = {
            "experiment_id": {"$in": list(experiment_ids)},
            "kind": kind,
            "key": key,
            **(condition or {}),
        }
        return self._overflow.find(query, {"run_id": 1, "value": 1})

    def _may_have(self) -> bool:
        if not self._shared.get(_FLAG) and time.monotonic() - self._looked > _SECONDS_BETWEEN_LOOKS:
            self._looked = time.monotonic()
            self._shared.update(self._meta.find_one({"_id": SCHEMA_DOCUMENT}, {_FLAG: 1}) or {})
        return bool(self._shared.get(_FLAG))


def _key_of(path: str) -> tuple[str, str] | None:
    kind, _, rest = path.partition(".")
    if kind not in KINDS:
        return None
    return kind, unescape(rest.removesuffix(".v") if kind == "metrics" else rest)


def _switch(path: str, rows: Sequence[Document], *, nested: bool) -> Document:
    branches = [
        {
            "case": {"$eq": ["$_id", row["run_id"]]},
            "then": {"$literal": row["value"]["v"] if nested else row["value"]},
        }
        for row in rows
    ]
    return {"$switch": {"branches": branches, "default": f"${path}"}}
