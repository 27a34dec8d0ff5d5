"""The state machine finds what is planted: eight stores, each wrong in one thing that users meet late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, settings
from mlflow.entities import Metric, Param, Run, RunData, ViewType
from mlflow.exceptions import MlflowException
from mlflow.store.entities import PagedList

from genesis_flow.testing import effort
from genesis_flow.testing.duel import Mismatch
from genesis_flow.testing.machine import (
    ExperimentMachine,
    ModelMachine,
    RegistryMachine,
    RunMachine,
    find_difference,
)
from genesis_flow_mongo.connection import clock as our_clock
from genesis_flow_mongo.registry.store import MongoRegistryStore
from genesis_flow_mongo.tracking.store import MongoTrackingStore

if TYPE_CHECKING:
    from conftest import MongoStores
    from mlflow.entities.model_registry import ModelVersion

    from genesis_flow.testing.machine.base import DuelMachine
    from genesis_flow.testing.oracle import SqlStores

# As many examples as it takes; what is found need not be short here.
HUNT = settings(effort.SMALL, max_examples=100, phases=[Phase.generate])


class LatestByTime(MongoTrackingStore):
    """Takes the newest point for the latest, whatever its step."""

    def get_run(self, run_id: str) -> Run:
        run = super().get_run(run_id)
        latest = [
            max(self.get_metric_history(run_id, key), key=lambda point: (point.timestamp, point.step))
            for key in run.data.metrics
        ]
        tags = [type(tag)(tag.key, tag.value) for tag in run.data.to_proto().tags]
        return Run(
            run.info,
            RunData(latest, [Param(key, value) for key, value in run.data.params.items()], tags),
            run.inputs,
            run.outputs,
        )


class DoubledHistory(MongoTrackingStore):
    """Keeps a point as often as it was logged."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._again: list[tuple[str, Metric]] = []

    def log_metric(self, run_id: str, metric: Metric) -> None:
        known = [dict(point) for point in self.get_metric_history(run_id, metric.key)]
        super().log_metric(run_id, metric)
        if dict(metric) in known:
            self._again.append((run_id, metric))

    def get_metric_history(
        self, run_id: str, metric_key: str, max_results: int | None = None, page_token: str | None = None
    ) -> PagedList[Metric]:
        page = super().get_metric_history(run_id, metric_key, max_results, page_token)
        again = [
            point for run, point in getattr(self, "_again", []) if (run, point.key) == (run_id, metric_key)
        ]
        return PagedList([*page, *again], page.token)


class ForgivingParams(MongoTrackingStore):
    """Does not mind another value of a param."""

    def log_param(self, run_id: str, param: Param) -> None:
        try:
            super().log_param(run_id, param)
        except MlflowException as exc:
            if "Changing param values" not in str(exc):
                raise


class MissingFirst(MongoTrackingStore):
    """Puts runs without the metric before those that have it."""

    def _search_runs(self, *arguments: Any, **options: Any) -> tuple[list[Run], str | None]:
        found, token = super()._search_runs(*arguments, **options)
        order_by = [*arguments, *options.values()][4]
        if order_by and order_by[0].startswith("metrics.a"):
            found = sorted(found, key=lambda run: "a" in run.data.metrics)
        return found, token


class LonelyDeletion(MongoTrackingStore):
    """Deletes an experiment, but not its runs."""

    def delete_experiment(self, experiment_id: str) -> None:
        active = self.search_runs([experiment_id], None, ViewType.ACTIVE_ONLY)
        super().delete_experiment(experiment_id)
        for run in active:
            self.restore_run(run.info.run_id)


class DroppedDraw(MongoTrackingStore):
    """Goes on behind the last start time of a page, as if no two runs had the same."""

    def _search_runs(
        self,
        experiment_ids: list[str],
        filter_string: str | None,
        run_view_type: int,
        max_results: int | None,
        order_by: list[str] | None,
        page_token: str | None,
    ) -> tuple[list[Run], str | None]:
        found, token = super()._search_runs(
            experiment_ids, filter_string, run_view_type, max_results, order_by, page_token
        )
        if order_by or not token:
            return found, token
        rest, _ = super()._search_runs(experiment_ids, filter_string, run_view_type, None, order_by, token)
        return found, token if rest and rest[0].info.start_time < found[-1].info.start_time else None


class VisibleDeletion(MongoTrackingStore):
    """Shows a deleted model when it is asked for by its id."""

    def get_logged_model(self, model_id: str, allow_deleted: bool = False) -> Any:
        return super().get_logged_model(model_id, allow_deleted=True)


class ReusedNumbers(MongoRegistryStore):
    """Gives the number of a deleted version again."""

    def create_model_version(self, name: str, *arguments: Any, **options: Any) -> ModelVersion:
        taken = [one.version for one in self.search_model_versions(f"name = '{name}'")]
        version = super().create_model_version(name, *arguments, **options)
        version._version = max(taken, default=0) + 1
        return version


@pytest.mark.parametrize(
    ("broken", "machine", "operation"),
    [
        (LatestByTime, RunMachine, "get_run"),
        (DoubledHistory, RunMachine, "get_metric_history"),
        (ForgivingParams, RunMachine, "log_param"),
        (MissingFirst, RunMachine, "search_runs"),
        (LonelyDeletion, ExperimentMachine, None),
        (DroppedDraw, RunMachine, "search_runs"),
        (VisibleDeletion, ModelMachine, None),
        (ReusedNumbers, RegistryMachine, None),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_planted_bug_is_found(
    broken: type[Any],
    machine: type[DuelMachine],
    operation: str | None,
    mongo_stores: MongoStores,
    sql_stores: SqlStores,
) -> None:
    side = "tracking" if issubclass(broken, MongoTrackingStore) else "registry"

    with pytest.raises(Mismatch, match=operation):
        find_difference(
            machine, lambda: mongo_stores.empty(**{side: broken}), sql_stores, our_clock, effort=HUNT
        )
