"""Metrics of logged models: their rows, and the summaries in the models' documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import BAD_REQUEST
from pymongo import UpdateOne

from genesis_flow_mongo.documents.logged_model_metrics import (
    metric_from_document,
    metric_to_document,
    summary_update,
)
from genesis_flow_mongo.schema.collections import LOGGED_MODEL_METRICS, LOGGED_MODELS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from mlflow.entities import Metric

    from genesis_flow_mongo.connection.context import StoreContext

Document = dict[str, Any]


class LoggedModelMetricRepository:
    """Every value that a logged model's metrics had."""

    def __init__(self, context: StoreContext) -> None:
        self._workspace = context.workspace
        self._rows = context.table(LOGGED_MODEL_METRICS.name)
        self._models = context.table(LOGGED_MODELS.name)

    def require_models(self, metrics: Iterable[Metric]) -> None:
        """Check that the models of metrics exist, deleted or not; one round trip, none for no models.

        Raises:
            MlflowException: BAD_REQUEST if one does not, as in MLflow's SqlAlchemyStore 3.17.
        """
        wanted = {metric.model_id for metric in metrics if metric.model_id is not None}
        if not wanted:
            return
        query = {"_id": {"$in": sorted(wanted)}, "workspace": self._workspace}
        _refuse_unknown(wanted - {model["_id"] for model in self._models.find(query, {"_id": 1})})

    def add(self, experiment_id: str, run_id: str, metrics: Sequence[Metric]) -> None:
        """Store those of a run's validated metrics that name a model; what is stored already stays as it is.

        Two round trips, three when several models are named, none when there is none.

        Raises:
            MlflowException: BAD_REQUEST if a model does not exist; then nothing is stored.
        """
        by_model: dict[str, dict[str, Document]] = {}
        for metric in metrics:
            if metric.model_id is not None:
                row = metric_to_document(experiment_id, run_id, metric)
                by_model.setdefault(metric.model_id, {})[row["_id"]] = row
        if not by_model:
            return
        if len(by_model) > 1:
            self.require_models(metrics)
        matched = self._models.write(
            [
                UpdateOne({"_id": model_id, "workspace": self._workspace}, summary_update(rows.values()))
                for model_id, rows in by_model.items()
            ]
        )
        if matched == 0:
            _refuse_unknown(by_model)
        self._rows.insert_all([row for rows in by_model.values() for row in rows.values()])

    def by_models(self, model_ids: Collection[str]) -> dict[str, list[Metric]]:
        """Return all metrics of models, by model id; one round trip, none for no ids."""
        found: dict[str, list[Metric]] = {}
        if model_ids:
            for row in self._rows.find({"model_id": {"$in": sorted(model_ids)}}):
                found.setdefault(row["model_id"], []).append(metric_from_document(row))
        return found


def _refuse_unknown(model_ids: Iterable[str]) -> None:
    unknown = sorted(model_ids)
    if unknown:
        raise MlflowException(
            f"Metrics name logged models that do not exist: {', '.join(map(repr, unknown))}.", BAD_REQUEST
        )
