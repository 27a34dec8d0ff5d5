"""Logged models: one document each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities import LifecycleStage, LoggedModelStatus

from genesis_flow_mongo.connection.clock import now_ms
from genesis_flow_mongo.documents.keys import escape
from genesis_flow_mongo.documents.logged_models import FIELDS
from genesis_flow_mongo.query.comparisons import all_of
from genesis_flow_mongo.repositories.logged_model_summaries import SummaryRepository
from genesis_flow_mongo.repositories.paging import search_page
from genesis_flow_mongo.schema import ids
from genesis_flow_mongo.schema.collections import LOGGED_MODEL_METRICS, LOGGED_MODELS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from genesis_flow_mongo.connection.context import StoreContext
    from genesis_flow_mongo.query.logged_model_filter import Clause
    from genesis_flow_mongo.query.logged_models import DatasetFilter, ModelSearch

Document = dict[str, Any]

_INFO = dict.fromkeys(FIELDS, 1)


class LoggedModelRepository:
    """Logged models of one workspace, without their metrics."""

    def __init__(self, context: StoreContext) -> None:
        self._workspace = context.workspace
        self._models = context.table(LOGGED_MODELS.name)
        self._rows = context.table(LOGGED_MODEL_METRICS.name)
        self._summaries = SummaryRepository(context)

    def add(self, document: Document) -> None:
        """Insert a new model; one round trip."""
        self._models.insert(document)

    def get(self, model_id: str) -> Document | None:
        """Return a model's document, deleted or not, or None; one round trip."""
        return self._models.find_one(self._existing(model_id), _INFO)

    def finalize(self, model_id: str, status: LoggedModelStatus) -> Document | None:
        """Set the status of a model, deleted or not, and return its document; one round trip."""
        change = {"status": status.to_int(), "last_updated_timestamp": now_ms()}
        return self._models.update_and_get(self._existing(model_id), {"$set": change}, _INFO)

    def delete(self, model_id: str) -> bool:
        """Mark a model as deleted; False when there is none. One round trip."""
        change = {"lifecycle_stage": LifecycleStage.DELETED, "last_updated_timestamp": now_ms()}
        return self._models.update(self._existing(model_id), {"$set": change})

    def add_params(self, model_id: str, params: Mapping[str, str]) -> bool:
        """Add params; False when there is no model, or it has one of them already. One round trip."""
        fields = {f"params.{escape(key)}": value for key, value in params.items()}
        return self._update_once(model_id, dict.fromkeys(fields), {"$set": fields})

    def set_tags(self, model_id: str, tags: Mapping[str, str]) -> bool:
        """Set tags; False when there is no model. One round trip."""
        fields = {f"tags.{escape(key)}": value for key, value in tags.items()}
        return self._models.update(self._existing(model_id), {"$set": fields})

    def replace_tag(self, model_id: str, key: str, before: str | None, after: str) -> bool:
        """Set a tag if it is (still) `before`, None for missing; False otherwise. One round trip."""
        path = f"tags.{escape(key)}"
        return self._models.update({**self._existing(model_id), path: before}, {"$set": {path: after}})

    def delete_tag(self, model_id: str, key: str) -> bool:
        """Remove a tag; False when there is no such model or tag. One round trip."""
        path = f"tags.{escape(key)}"
        return self._update_once(model_id, {path: {"$exists": True}}, {"$unset": {path: ""}})

    def search(
        self, experiment_ids: Sequence[str], search: ModelSearch, limit: int, token: str | None
    ) -> tuple[list[Document], str | None]:
        """Return up to `limit` documents of active models, and the token of the next page.

        One round trip; one more when metrics are asked for or sorted by, and one more for each metric that is
        compared with `=`.
        """
        exact = {one: self._with_value(experiment_ids, search, one) for one in search.exact_metrics()}
        spilled = self._summaries.spilled(experiment_ids, search.summary_paths())
        conditions = [
            {
                "workspace": self._workspace,
                "experiment_id": {"$in": list(experiment_ids)},
                "lifecycle_stage": LifecycleStage.ACTIVE,
            },
            *search.conditions(exact, spilled),
        ]
        wanted = {**_INFO, **{key.path: 1 for key in search.ordering.keys}}
        return search_page(
            self._models,
            all_of(conditions),
            search.ordering,
            limit,
            token,
            wanted,
            prelude=spilled.stages(search.ordering),
        )

    def ids_deleted_before(self, deleted_time: int) -> list[str]:
        """Return the ids of models deleted at or before a time in milliseconds; one round trip."""
        query = {
            "workspace": self._workspace,
            "lifecycle_stage": LifecycleStage.DELETED,
            "last_updated_timestamp": {"$lte": deleted_time},
        }
        return [document["_id"] for document in self._models.find(query, {"_id": 1})]

    def purge(self, model_id: str) -> bool:
        """Remove a model and its metrics for good; False when there is none. Three round trips."""
        self._rows.delete({"model_id": model_id})
        self._summaries.purge(model_id)
        return self._models.delete(self._existing(model_id)) > 0

    def purge_experiment(self, experiment_id: str) -> None:
        """Remove the models of an experiment and their metrics for good; three round trips."""
        self._rows.delete({"experiment_id": experiment_id})
        self._summaries.purge_experiment(experiment_id)
        self._models.delete({"workspace": self._workspace, "experiment_id": experiment_id})

    def _with_value(self, experiment_ids: Sequence[str], search: ModelSearch, one: Clause) -> list[str]:
        query: Document = {"experiment_id": {"$in": list(experiment_ids)}, "key": one.key, "value": one.value}
        if search.datasets:
            query["$or"] = [_on(dataset) for dataset in search.datasets]
        return self._rows.distinct("model_id", query)

    def _update_once(self, model_id: str, condition: Document, change: Document) -> bool:
        """Update a model if a condition holds that the update itself ends; False when it does not hold.

        The update leaves the name of this call, so that it matches once more when its answer was lost.
        """
        call = {"last_call": ids.random_hex()}
        query = {**self._existing(model_id), "$or": [condition, call]}
        return self._models.update(query, {**change, "$set": {**change.get("$set", {}), **call}})

    def _existing(self, model_id: str) -> Document:
        return {"_id": model_id, "workspace": self._workspace}


def _on(dataset: DatasetFilter) -> Document:
    name, digest = dataset
    return {"dataset_name": name} if digest is None else {"dataset_name": name, "dataset_digest": digest}
