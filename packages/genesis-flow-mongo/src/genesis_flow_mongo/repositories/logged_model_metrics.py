"""Metrics of logged models: a row for each value, and the summaries that searches look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import BAD_REQUEST

from genesis_flow_mongo.documents.logged_model_metrics import metric_from_document, metric_to_document
from genesis_flow_mongo.repositories.logged_model_summaries import SummaryRepository
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
        self._summaries = SummaryRepository(context)

    def require_models(self, metrics: Iterable[Metric]) -> None:
        """Check that the models of metrics exist, deleted or not; one round trip, none for no models.

        Raises:
            MlflowException: BAD_REQUEST if one does not, as in MLflow's SqlAlchemyStore 3.17.
        """
        wanted = {metric.model_id for metric in metrics if metric.model_id is not None}
        if not wanted:
            return
        query = {"_id": {"$in": sorted(wanted)}, "workspace": self._workspace}
        _refuse(wanted - {model["_id"] for model in self._models.find(query, {"_id": 1})})

    def add(self, experiment_id: str, run_id: str, metrics: Iterable[Metric]) -> None:
        """Store those of a run's validated metrics that name a model; what is stored already stays as it is.

        Two round trips for one model, none when there is none.

        Raises:
            MlflowException: BAD_REQUEST if a model does not exist; then nothing is stored.
        """
        measured = [metric for metric in metrics if metric.model_id is not None]
        by_model: dict[str, dict[str, Document]] = {}
        for metric in measured:
            row = metric_to_document(experiment_id, run_id, metric)
            by_model.setdefault(row["model_id"], {})[row["_id"]] = row
        if len(by_model) > 1:
            self.require_models(measured)
        for model_id, rows in by_model.items():
            if not self._summaries.add(model_id, list(rows.values())):
                _refuse([model_id])
        if by_model:
            self._rows.insert_all([row for rows in by_model.values() for row in rows.values()])

    def of_models(self, documents: Collection[Document]) -> dict[str, list[Metric]]:
        """Return all metrics of these models, by model id; one round trip, none when no model has any."""
        found: dict[str, list[Metric]] = {document["_id"]: [] for document in documents}
        measured = [document["_id"] for document in documents if document["measured"]]
        if measured:
            for row in self._rows.find({"model_id": {"$in": measured}}):
                found[row["model_id"]].append(metric_from_document(row))
        return found

    def purge_run(self, run_id: str) -> None:
        """Remove the metrics that a run logged for good; two round trips, and four for each of its models."""
        for model_id in self._rows.distinct("model_id", {"run_id": run_id}):
            others = self._rows.find({"model_id": model_id, "run_id": {"$ne": run_id}})
            self._summaries.replace(model_id, others)
        # Last: as long as there are rows, a call that was cut off can be repeated.
        self._rows.delete({"run_id": run_id})


def _refuse(unknown: Sequence[str] | set[str]) -> None:
    if unknown:
        raise MlflowException(
            f"Metrics name logged models that do not exist: {', '.join(map(repr, sorted(unknown)))}.",
            BAD_REQUEST,
        )
