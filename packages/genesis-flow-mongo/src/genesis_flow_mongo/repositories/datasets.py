"""Datasets that runs took in: one document for each (experiment, name, digest)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymongo import UpdateOne

from genesis_flow_mongo.documents.datasets import dataset_from_document
from genesis_flow_mongo.schema.collections import DATASETS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from mlflow.entities import Dataset

    from genesis_flow_mongo.connection.context import StoreContext

Document = dict[str, Any]


class DatasetRepository:
    """Datasets, and the contexts in which runs use them."""

    def __init__(self, context: StoreContext) -> None:
        self._datasets = context.table(DATASETS.name)

    def by_ids(self, ids: Collection[str]) -> dict[str, Dataset]:
        """Return datasets by id; one round trip, none for no ids."""
        if not ids:
            return {}
        found = self._datasets.find({"_id": {"$in": sorted(ids)}}, {"contexts": 0})
        return {document["_id"]: dataset_from_document(document) for document in found}

    def use(self, uses: Iterable[tuple[Document, str | None]]) -> None:
        """Store datasets, each with the context in which a run uses it; one round trip, none for none.

        The first one of its kind stays: source, schema and profile of a later one are ignored.
        """
        self._datasets.write(
            [
                UpdateOne(
                    {"_id": document["_id"]},
                    {
                        "$setOnInsert": {name: value for name, value in document.items() if name != "_id"},
                        "$addToSet": {"contexts": context},
                    },
                    upsert=True,
                )
                for document, context in uses
            ]
        )

    def of_experiments(self, experiment_ids: Sequence[str], limit: int) -> list[Document]:
        """Return id, name, digest and contexts of up to `limit` used datasets; one round trip."""
        return self._datasets.find(
            {"experiment_id": {"$in": list(experiment_ids)}},
            {"experiment_id": 1, "name": 1, "digest": 1, "contexts": 1},
            sort=[("experiment_id", 1), ("name", 1), ("digest", 1)],
            limit=limit,
        )

    def purge_experiment(self, experiment_id: str) -> None:
        """Remove the datasets of an experiment for good; one round trip."""
        self._datasets.delete({"experiment_id": experiment_id})
