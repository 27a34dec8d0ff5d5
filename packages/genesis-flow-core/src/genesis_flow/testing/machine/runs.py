"""Rules about runs: their life, and what is logged to them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from mlflow.entities import Metric, Param, RunStatus, RunTag, ViewType

from genesis_flow.testing.deviations import Refusal
from genesis_flow.testing.machine import values
from genesis_flow.testing.machine.base import DuelMachine, a_run, an_experiment, created, experiments, runs

NAMES = [None, "", "r", "R", "r.1"]


class RunRules(DuelMachine):
    """Creates, changes, deletes and restores runs, and logs to them."""

    @rule(
        target=runs,
        experiment_id=an_experiment,
        start_time=values.stamps,
        name=st.sampled_from(NAMES),
        tags=values.distinct_by_key(values.tags, 2),
    )
    def create_run(self, experiment_id: str, start_time: int, name: str | None, tags: list[RunTag]) -> Any:
        """Create one, with or without a name."""
        answer = self.duel.tracking("create_run", experiment_id, "ada", start_time, tags, name)
        return created(answer, lambda run: run.info.run_id)

    @rule(
        run_id=a_run,
        status=st.sampled_from([None, RunStatus.FINISHED, RunStatus.FAILED]),
        end_time=st.one_of(st.none(), values.stamps),
        name=st.sampled_from(NAMES),
    )
    def update_run_info(
        self, run_id: str, status: int | None, end_time: int | None, name: str | None
    ) -> None:
        """Change some of status, end and name."""
        self.duel.tracking("update_run_info", run_id, status, end_time, name)
        self.look_at(run_id)

    @rule(run_id=a_run)
    def delete_run(self, run_id: str) -> None:
        """Delete one."""
        self.duel.tracking("delete_run", run_id)

    @rule(run_id=a_run)
    def restore_run(self, run_id: str) -> None:
        """Restore one."""
        self.duel.tracking("restore_run", run_id)

    @rule(run_id=a_run, metric=st.one_of(values.metrics, values.metrics, values.odd_metrics))
    def log_metric(self, run_id: str, metric: Metric) -> None:
        """Log a point; now and then one that is refused, often one that is known."""
        self.duel.tracking("log_metric", run_id, metric)
        self.look_at(run_id)
        self.duel.tracking("get_metric_history", run_id, metric.key)

    @rule(run_id=a_run, param=values.params)
    def log_param(self, run_id: str, param: Param) -> None:
        """Log a param; often there is another value already."""
        self.duel.tracking("log_param", run_id, param)

    @rule(run_id=a_run, tag=values.tags)
    def set_tag(self, run_id: str, tag: RunTag) -> None:
        """Set a tag, or the run's name."""
        self.duel.tracking("set_tag", run_id, tag)

    @rule(run_id=a_run, key=st.one_of(values.keys, st.just("mlflow.runName")))
    def delete_tag(self, run_id: str, key: str) -> None:
        """Delete a tag that may not be there."""
        self.duel.tracking("delete_tag", run_id, key)

    @rule(
        run_id=a_run,
        metrics=st.lists(values.metrics, max_size=6),
        odd=st.lists(values.odd_metrics, max_size=1),
        params=st.lists(values.params, max_size=3),
        tags=st.lists(values.tags, max_size=3),
        many=st.booleans(),
    )
    def log_batch(
        self,
        run_id: str,
        metrics: list[Metric],
        odd: list[Metric],
        params: list[Param],
        tags: list[RunTag],
        *,
        many: bool,
    ) -> None:
        """Log a batch; a store may treat large ones in another way, so some are large."""
        if many:
            metrics = [*metrics, *(Metric("a", value / 2, 1, 0) for value in range(3, 43))]
        self.duel.tracking("log_batch", run_id, [*metrics, *odd], params, tags)
        self.look_at(run_id)

    def look_at(self, run_id: str) -> None:
        """Compare one run in full."""
        self.duel.tracking("get_run", run_id)

    def compare_everything(self) -> None:
        """Compare every run and every history, whole and in pages."""
        super().compare_everything()
        for run_id in self._run_ids():
            self.look_at(run_id)
            for key in values.KEYS:
                self.duel.tracking("get_metric_history", run_id, key)
        self.duel.tracking("_get_deleted_runs")

    def _run_ids(self) -> list[str]:
        everywhere = [
            experiment.experiment_id for experiment in self.duel.tracking("search_experiments", ViewType.ALL)
        ]
        found = self.duel.tracking("search_runs", everywhere, None, ViewType.ALL)
        return [] if isinstance(found, Refusal) else [run.info.run_id for run in found]


METRICS = [f"metrics.{values.quoted(key)}" for key in values.KEYS]
PARAMS = [f"params.{values.quoted(key)}" for key in values.KEYS]
TAGS = [f"tags.{values.quoted(key)}" for key in values.KEYS]
ATTRIBUTES = ["run_name", "attributes.status", "user_id", "artifact_uri"]
TIMES = ["start_time", "attributes.end_time", "created"]
DATASETS = ["dataset.name", "dataset.digest", "dataset.context"]

filters = values.filters(
    values.comparisons(METRICS, values.NUMERIC, values.numbers),
    values.text_comparisons([*PARAMS, *TAGS]),
    values.presence([*PARAMS, *TAGS]),
    values.text_comparisons(ATTRIBUTES),
    values.comparisons(["status"], values.EQUALITY, st.sampled_from(["'RUNNING'", "'FINISHED'"])),
    values.comparisons(TIMES, values.NUMERIC, st.sampled_from(["0", "1", "2"])),
    values.text_comparisons(DATASETS),
    values.comparisons([*DATASETS, "run_id", "tags.a"], values.LISTS, values.lists),
)
orders = values.orders([*METRICS, *PARAMS, *TAGS, *ATTRIBUTES, *TIMES, "run_id"])


class RunSearchRules(RunRules):
    """Searches runs and reads histories in every way there is."""

    @rule(
        experiment_ids=st.lists(experiments, max_size=3),
        text=filters,
        view=values.views,
        order_by=orders,
        size=values.sizes,
    )
    def search_runs(
        self, experiment_ids: list[str], text: str, view: int, order_by: list[str], size: int
    ) -> None:
        """Search, page by page."""
        self.duel.pages("tracking", "search_runs", experiment_ids, text, view, size, order_by)

    @rule(run_id=a_run, key=values.keys, size=values.sizes)
    def read_history(self, run_id: str, key: str, size: int) -> None:
        """Read a history, page by page."""
        self.duel.pages("tracking", "get_metric_history", run_id, key, max_results=size)

    @rule(run_ids=st.lists(runs, max_size=3, unique=True), key=values.keys, most=st.integers(1, 8))
    def read_histories(self, run_ids: list[str], key: str, most: int) -> None:
        """Read the histories of several runs under one limit."""
        self.duel.tracking("get_metric_history_bulk", run_ids, key, most)

    @rule(
        run_ids=st.lists(runs, max_size=2, unique=True),
        key=values.keys,
        most=st.integers(1, 8),
        bounds=st.sampled_from([(None, None), (None, None), (0, 1), (-1, 0), (0, None)]),
    )
    def sample_histories(self, run_ids: list[str], key: str, most: int, bounds: tuple[Any, Any]) -> None:
        """Sample the histories of several runs, as the UI does."""
        self.duel.tracking("get_metric_history_bulk_interval", run_ids, key, most, *bounds)
