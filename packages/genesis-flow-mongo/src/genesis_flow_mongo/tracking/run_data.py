"""Metrics, params and tags of runs: MLflow's signatures, validation and lifecycle rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow.entities import LifecycleStage
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST

from genesis_flow_mongo.compat import (
    check_batch_limits,
    check_metric,
    check_param_keys_unique,
    check_run_id,
    checked_batch,
    checked_param,
    checked_tag,
)
from genesis_flow_mongo.documents.run_change import RunChange
from genesis_flow_mongo.repositories.run_data import conflicts
from genesis_flow_mongo.tracking.lookups import active_run, changed_param, changed_params, unusable_run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlflow.entities import Metric, Param, RunTag

    from genesis_flow_mongo.repositories.logged_model_metrics import LoggedModelMetricRepository
    from genesis_flow_mongo.repositories.run_data import RunDataRepository
    from genesis_flow_mongo.repositories.runs import RunRepository


class RunDataOps:
    """Metrics, params and tags of a tracking store.

    All methods raise MlflowException: RESOURCE_DOES_NOT_EXIST if there is no such run,
    INVALID_PARAMETER_VALUE if it is deleted or a key or value is bad. A refused call leaves nothing behind.
    """

    _runs: RunRepository
    _run_data: RunDataRepository
    _logged_model_metrics: LoggedModelMetricRepository

    def log_metric(self, run_id: str, metric: Metric) -> None:
        """Log a point of a metric; one round trip (four for one that names a logged model).

        The same point again changes nothing. The latest value is that of the greatest (step, timestamp,
        value), as in MLflow's SqlAlchemyStore.
        """
        check_metric(metric.key, metric.value, metric.timestamp, metric.step)
        change = RunChange.of(metrics=[metric])
        if metric.model_id is not None:
            log_model_metrics(self._runs, self._logged_model_metrics, run_id, [metric])
        write(self._run_data, run_id, change)

    def log_param(self, run_id: str, param: Param) -> None:
        """Log a param; one round trip. The same value again changes nothing.

        Raises:
            MlflowException: INVALID_PARAMETER_VALUE if the param has another value.
        """
        change = RunChange.of(params=[checked_param(param.key, param.value)])
        write(self._run_data, run_id, change, changed_param)

    def set_tag(self, run_id: str, tag: RunTag) -> None:
        """Set a tag; one round trip. The tag `mlflow.runName` renames the run."""
        write(self._run_data, run_id, RunChange.of(tags=[checked_tag(tag.key, tag.value)]))

    def delete_tag(self, run_id: str, key: str) -> None:
        """Remove a tag; one round trip. Removing `mlflow.runName` leaves the run its name.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST if there is no such tag.
        """
        if self._run_data.delete_tag(run_id, key):
            return
        active_run(self._runs, run_id)
        msg = f"No tag with name: {key} in run with id {run_id}"
        raise MlflowException(msg, error_code=RESOURCE_DOES_NOT_EXIST)

    def log_batch(
        self, run_id: str, metrics: Sequence[Metric], params: Sequence[Param], tags: Sequence[RunTag]
    ) -> None:
        """Log up to 1,000 metrics, 100 params and 100 tags, 1,000 in all: everything or nothing.

        One round trip for up to 16 metrics, two for more; three more for metrics that name a logged model.

        Raises:
            MlflowException: INVALID_PARAMETER_VALUE if a param is given twice or has another value, or there
                are too many of something.
        """
        check_run_id(run_id)
        metrics, params, tags = checked_batch(list(metrics), list(params), list(tags))
        check_batch_limits(metrics, params, tags)
        check_param_keys_unique(params)
        change = RunChange.of(metrics, params, tags)
        if any(metric.model_id is not None for metric in metrics):
            log_model_metrics(self._runs, self._logged_model_metrics, run_id, metrics)
        write(self._run_data, run_id, change)


def write(
    run_data: RunDataRepository,
    run_id: str,
    change: RunChange,
    conflict: Callable[[str, Mapping[str, str], Mapping[str, str]], MlflowException] = changed_params,
) -> None:
    """Write a change, or raise what MLflow raises when it is refused: `conflict` for changed params."""
    head = run_data.write(run_id, change)
    if head is None:
        return
    held = conflicts(head, change)
    if held and head["lifecycle_stage"] == LifecycleStage.ACTIVE:
        raise conflict(run_id, held, change.params)
    raise unusable_run(run_id, head)


def log_model_metrics(
    runs: RunRepository,
    model_metrics: LoggedModelMetricRepository,
    run_id: str,
    metrics: Sequence[Metric],
) -> None:
    """Log the metrics that name a logged model with that model, three round trips.

    This comes before the run's own points: an unknown model refuses the call while nothing is written yet.
    """
    model_metrics.add(active_run(runs, run_id)["experiment_id"], run_id, metrics)
