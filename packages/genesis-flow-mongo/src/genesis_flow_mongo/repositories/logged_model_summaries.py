"""Summaries of logged models' metrics: in the models' documents, and beside them what has no room there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bson import encode
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import TEMPORARILY_UNAVAILABLE
from pymongo import UpdateOne

from genesis_flow_mongo.documents.logged_model_metrics import dataset_marks, summaries, summary_update
from genesis_flow_mongo.query.logged_models import Spilled
from genesis_flow_mongo.query.ordering import value_at
from genesis_flow_mongo.schema import ids
from genesis_flow_mongo.schema.collections import LOGGED_MODEL_SPILL, LOGGED_MODELS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from genesis_flow_mongo.connection.context import StoreContext

Document = dict[str, Any]

# What a summary costs in a document beside its path, in bytes, rounded up.
_SUMMARY_BYTES = 144
_ROOM_CHECK_FRACTION = 4
_MAX_TRIES = 200


class SummaryRepository:
    """Keeps summaries: in the model's document, until that is as large as the engine likes documents to be.

    From then on the set of summaries in it is frozen: those are still updated there, others live beside it.
    So each is in exactly one place.
    """

    def __init__(self, context: StoreContext) -> None:
        self._workspace = context.workspace
        self._models = context.table(LOGGED_MODELS.name)
        self._spill = context.table(LOGGED_MODEL_SPILL.name)
        self._largest_document = context.profile.overflow_bytes
        self._largest_growth = context.profile.overflow_bytes // _ROOM_CHECK_FRACTION

    def add(self, model_id: str, rows: Sequence[Document]) -> bool:
        """Let a model's summaries take rows into account; False when there is no such model.

        One round trip; some more now and then, to weigh the document, and three more once it is full.
        """
        model = {"_id": model_id, "workspace": self._workspace}
        roomy = {**model, "growth": {"$lt": self._largest_growth}, "full": None}
        changes = summaries(rows)
        for _ in range(_MAX_TRIES):
            if self._models.update(roomy, _update(rows, changes)):
                return True
            head = self._models.find_one(model, {"growth": 1, "full": 1, **dict.fromkeys(changes, 1)})
            if head is None:
                return False
            if head.get("full"):
                kept = {path: change for path, change in changes.items() if value_at(head, path)}
                self._models.update(model, _update(rows, kept))
                self._spill_over(rows[0], {path: changes[path] for path in changes.keys() - kept.keys()})
                return True
            self._weigh(model)
        raise MlflowException(
            f"Logged model '{model_id}' is written to by too many clients at once. Try again.",
            TEMPORARILY_UNAVAILABLE,
        )

    def spilled(self, experiment_ids: Sequence[str], paths: Collection[str]) -> Spilled:
        """Return the summaries at these paths that are not in the models' documents.

        One round trip, none for no paths.
        """
        found: dict[str, dict[str, Document]] = {}
        if paths:
            query = {"experiment_id": {"$in": list(experiment_ids)}, "path": {"$in": sorted(paths)}}
            for row in self._spill.find(query):
                found.setdefault(row["path"], {})[row["model_id"]] = row["summary"]
        return Spilled(found)

    def replace(self, model_id: str, rows: Sequence[Document]) -> None:
        """Summarise a model anew, from all the rows it has; three round trips or more."""
        self.purge(model_id)
        self._models.update(
            {"_id": model_id, "workspace": self._workspace},
            {
                "$unset": dict.fromkeys(("metrics", "dataset_metrics", "datasets", "full"), ""),
                "$set": {"growth": 0, "measured": False},
            },
        )
        if rows:
            self.add(model_id, rows)

    def purge(self, model_id: str) -> None:
        """Remove what is kept beside a model's document for good; one round trip."""
        self._spill.delete({"model_id": model_id})

    def purge_experiment(self, experiment_id: str) -> None:
        """Remove what is kept beside the documents of an experiment's models for good; one round trip."""
        self._spill.delete({"experiment_id": experiment_id})

    def _weigh(self, model: Document) -> None:
        """Measure a model's document, and freeze its summaries when it is too large."""
        document = self._models.find_one(model)
        if document is not None:
            full = {"full": True} if len(encode(document)) > self._largest_document else {}
            self._models.update({**model, "growth": document["growth"]}, {"$set": {"growth": 0, **full}})

    def _spill_over(self, row: Document, changes: Mapping[str, Document]) -> None:
        model = {"model_id": row["model_id"], "experiment_id": row["experiment_id"]}
        self._spill.write(
            [
                UpdateOne(
                    {"_id": ids.digest(row["model_id"], path)},
                    {"$setOnInsert": {**model, "path": path}, **summary_update({"summary": change})},
                    upsert=True,
                )
                for path, change in changes.items()
            ]
        )


def _update(rows: Sequence[Document], changes: Mapping[str, Document]) -> Document:
    update: Document = {"$set": {"measured": True}}
    if changes:
        update.update(summary_update(changes))
        update["$inc"] = {"growth": sum(_SUMMARY_BYTES + len(path) for path in changes)}
    if marks := dataset_marks(rows):
        update["$addToSet"] = {"datasets": {"$each": marks}}
    return update
