"""Rules about runs: their life, and what is logged to them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, multiple, rule
from mlflow.entities import Metric, Param, RunStatus, RunTag, ViewType

from genesis_flow.testing.machine import values
from genesis_flow.testing.machine.base import (
    DuelMachine,
    a_run,
    an_experiment,
    created,
    experiments,
    points,
    runs,
)

NAMES = [None, "", "r", "R", "r.1"]


class RunLifeRules(DuelMachine):
    """Creates, deletes and restores runs."""

    @initialize(target=runs)
    def three_runs(self) -> Any:
        """Begin with runs that only their ids tell apart, so that every example has something to work on."""
        return multiple(*(self.create_run("0", 1, "r", []) for _ in range(3)))

    @rule(
        target=runs,
        experiment_id=an_experiment,
        start_time=values.stamps,
        name=st.sampled_from(NAMES),
        # An empty name tag beside a name breaks the integrity of MLflow's SQL store.
        tags=values.distinct_by_key(values.tags.filter(lambda tag: tag.value), 2),
    )
    def create_run(self, experiment_id: str, start_time: int, name: str | None, tags: list[RunTag]) -> Any:
        """Create one, with or without a name."""
        answer = self.duel.tracking("create_run", experiment_id, "ada", start_time, tags, name)
        return created(answer, lambda run: run.info.run_id)

    @rule(run_id=a_run, verb=st.sampled_from(["delete_run", "restore_run"]))
    def delete_or_restore_run(self, run_id: str, verb: str) -> None:
        """Delete or restore one."""
        self.duel.tracking(verb, run_id)

    def look_at(self, run_id: str) -> None:
        """Compare one run in full."""
        self.duel.tracking("get_run", run_id)

    def compare_everything(self) -> None:
        """Compare every run and every history, and small pages of the most common searches."""
        super().compare_everything()
        everywhere = [one.experiment_id for one in self.duel.tracking("search_experiments", ViewType.ALL)]
        for run in self.duel.tracking("search_runs", everywhere, None, ViewType.ALL):
            self.look_at(run.info.run_id)
            for key in values.KEYS:
                self.duel.tracking("get_metric_history", run.info.run_id, key)
        for order_by in ([], ["metrics.a"], ["params.a DESC"], ["end_time DESC"]):
            self.duel.pages("tracking", "search_runs", everywhere, "", ViewType.ALL, 2, order_by)
        self.duel.tracking("_get_deleted_runs")


class RunRules(RunLifeRules):
    """Changes runs, and logs to them."""

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

    @rule(target=points, run_id=a_run, metric=values.mostly(values.metrics, values.odd_metrics))
    def log_metric(self, run_id: str, metric: Metric) -> Any:
        """Log a point; now and then one that is refused."""
        answer = self.duel.tracking("log_metric", run_id, metric)
        self.look_at(run_id)
        return created(answer, lambda _: (run_id, metric))

    @rule(point=points, batched=st.booleans())
    def log_again(self, point: tuple[str, Metric], *, batched: bool) -> None:
        """Log a point that is known; it must not double."""
        run_id, metric = point
        if batched:
            self.duel.tracking("log_batch", run_id, [metric, metric], [], [])
        else:
            self.duel.tracking("log_metric", run_id, metric)
        self.duel.tracking("get_metric_history", run_id, metric.key)

    @rule(run_id=a_run, params=st.lists(values.params, min_size=1, max_size=3), same_key=st.booleans())
    def log_params(self, run_id: str, params: list[Param], *, same_key: bool) -> None:
        """Log some params one by one, perhaps of one key: then all but the first value are refused."""
        for param in params:
            self.duel.tracking("log_param", run_id, Param(params[0].key, param.value) if same_key else param)
        self.look_at(run_id)

    @rule(run_id=a_run, tag=values.tags, delete=st.booleans())
    def set_or_delete_run_tag(self, run_id: str, tag: RunTag, *, delete: bool) -> None:
        """Set a tag or the run's name, or delete a tag that may not be there."""
        if delete:
            self.duel.tracking("delete_tag", run_id, tag.key)
        else:
            self.duel.tracking("set_tag", run_id, tag)
        self.look_at(run_id)

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
        experiment_ids=st.lists(experiments, min_size=1, max_size=3),
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

    @rule(
        run_ids=st.lists(runs, min_size=1, max_size=3, unique=True),
        key=values.keys,
        most=st.integers(1, 8),
        bounds=st.sampled_from([(None, None), (None, None), (0, 1), (-1, 0), (0, None)]),
    )
    def read_histories(self, run_ids: list[str], key: str, most: int, bounds: tuple[Any, Any]) -> None:
        """Read a history page by page, several under one limit, and samples of them, as the UI does."""
        self.duel.pages("tracking", "get_metric_history", run_ids[0], key, max_results=most)
        self.duel.tracking("get_metric_history_bulk", run_ids, key, most)
        self.duel.tracking("get_metric_history_bulk_interval", run_ids, key, most, *bounds)
