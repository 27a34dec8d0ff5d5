"""The operations that are timed, with what this project promises for each.

An operation is prepared anew for every round, outside the clock, and gives the calls to time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

from mlflow.entities import Param, RunTag, ViewType

from benchmarks import workloads

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.rivals import Rival

    Call = Callable[[], object]

HISTORY_POINTS = 1_000
PAGE = 100
BATCH = 100
THREADS = 8
# Of which 64 are timed: as many as a run keeps before it packs them away, so that packing is paid for.
STEPS = 80
SOURCE = "s3://models/bench"


@dataclass(frozen=True)
class Target:
    """How many times faster than a rival, and how many times the floor's time, an operation may be."""

    rest: float
    sql: float
    floor: float


@dataclass(frozen=True)
class Scale:
    """How much data a run of the benchmark loads before reads are timed."""

    runs: int
    history: int


FULL = Scale(runs=1_000, history=HISTORY_POINTS)
QUICK = Scale(runs=120, history=200)


@dataclass(frozen=True)
class Operation:
    """One row of the table.

    Attributes:
        name: as `--only` takes it; the floor has an entry of the same name.
        prepare: gives the calls to time on one rival; all it does itself is outside the clock.
        calls: per candidate and round.
        threads: how many threads share the calls; with more than one, throughput is measured.
        reads: what the length of a call's result must be, so that no candidate wins by answering less.
    """

    name: str
    title: str
    target: Target
    prepare: Callable[[Rival, int, Scale], list[Call]]
    calls: int = 20
    threads: int = 1
    reads: Callable[[Scale], int] | None = None


@cache
def _experiment(rival: Rival) -> str:
    return workloads.new_experiment(rival)


@cache
def searched_experiment(rival: Rival, scale: Scale) -> str:
    """An experiment of `scale.runs` finished runs, loaded once per database."""
    if rival.loader is not rival:
        return searched_experiment(rival.loader, scale)
    experiment_id = workloads.new_experiment(rival)
    for index in range(scale.runs):
        workloads.finished_run(rival, experiment_id, index)
    return experiment_id


@cache
def _history_run(rival: Rival, scale: Scale) -> str:
    if rival.loader is not rival:
        return _history_run(rival.loader, scale)
    run_id = workloads.new_run(rival, _experiment(rival))
    # Point by point in small batches, as a training loop logs them; one batch of all would be another layout.
    for start in range(0, scale.history, 10):
        rival.tracking.log_batch(run_id, workloads.series(10, start), [], [])
    return run_id


def _log_metric(rival: Rival, calls: int, _: Scale, runs: int = 1) -> list[Call]:
    run_ids = [workloads.new_run(rival, _experiment(rival)) for _ in range(runs)]
    points = workloads.series(calls)
    return [partial(rival.tracking.log_metric, run_ids[i % runs], point) for i, point in enumerate(points)]


def _log_param(rival: Rival, calls: int, _: Scale) -> list[Call]:
    run_id = workloads.new_run(rival, _experiment(rival))
    return [partial(rival.tracking.log_param, run_id, Param(f"param_{i}", "0.01")) for i in range(calls)]


def _set_tag(rival: Rival, calls: int, _: Scale) -> list[Call]:
    run_id = workloads.new_run(rival, _experiment(rival))
    tags = [RunTag(f"tag_{i % 10}", f"value {i}") for i in range(calls)]
    return [partial(rival.tracking.set_tag, run_id, tag) for tag in tags]


def _create_experiment(rival: Rival, calls: int, _: Scale) -> list[Call]:
    create = rival.tracking.create_experiment
    return [partial(create, workloads.fresh("experiment"), None, []) for _ in range(calls)]


def _log_100_metrics(rival: Rival, calls: int, _: Scale) -> list[Call]:
    run_id = workloads.new_run(rival, _experiment(rival))
    batches = [workloads.metrics(BATCH, step) for step in range(calls)]
    return [partial(rival.tracking.log_batch, run_id, batch, [], []) for batch in batches]


def _log_100_of_each(rival: Rival, calls: int, _: Scale) -> list[Call]:
    run_id = workloads.new_run(rival, _experiment(rival))
    return [
        partial(
            rival.tracking.log_batch,
            run_id,
            workloads.metrics(BATCH, step),
            workloads.params(BATCH, salt=BATCH * step),
            workloads.tags(BATCH, group=step),
        )
        for step in range(calls)
    ]


def _create_run(rival: Rival, calls: int, _: Scale) -> list[Call]:
    return [partial(workloads.new_run, rival, _experiment(rival))] * calls


def _get_run(rival: Rival, calls: int, _: Scale) -> list[Call]:
    run_id = workloads.finished_run(rival, _experiment(rival), 0)
    return [partial(rival.tracking.get_run, run_id)] * calls


def _small_run(rival: Rival, calls: int, _: Scale) -> list[Call]:
    return [partial(workloads.small_run, rival, _experiment(rival))] * calls


def _search_plain(rival: Rival, calls: int, scale: Scale) -> list[Call]:
    experiment_ids = [searched_experiment(rival, scale)]
    search = partial(rival.tracking.search_runs, experiment_ids, "", ViewType.ACTIVE_ONLY, max_results=PAGE)
    return [search] * calls


def _search_filtered(rival: Rival, calls: int, scale: Scale) -> list[Call]:
    search = partial(
        rival.tracking.search_runs,
        [searched_experiment(rival, scale)],
        workloads.FILTER,
        ViewType.ACTIVE_ONLY,
        max_results=PAGE,
        order_by=[workloads.ORDER],
    )
    return [search] * calls


def _history(rival: Rival, calls: int, scale: Scale) -> list[Call]:
    return [partial(rival.tracking.get_metric_history, _history_run(rival, scale), "loss")] * calls


def _create_version(rival: Rival, calls: int, _: Scale) -> list[Call]:
    name = workloads.fresh("model")
    rival.registry.create_registered_model(name)
    return [partial(rival.registry.create_model_version, name, SOURCE)] * calls


def _get_by_alias(rival: Rival, calls: int, _: Scale) -> list[Call]:
    name = workloads.fresh("model")
    rival.registry.create_registered_model(name)
    version = rival.registry.create_model_version(name, SOURCE).version
    rival.registry.set_registered_model_alias(name, "champion", version)
    return [partial(rival.registry.get_model_version_by_alias, name, "champion")] * calls


def _matching(scale: Scale) -> int:
    in_group = range(0, scale.runs, 4)
    return min(PAGE, sum(workloads.score_of(index) > workloads.THRESHOLD for index in in_group))


SINGLE = Target(rest=25, sql=3, floor=1.5)
WHOLE_BATCH = Target(rest=12, sql=6, floor=2.5)

OPERATIONS = (
    Operation("log_metric", "log_metric", SINGLE, _log_metric, calls=STEPS),
    Operation("log_param", "log_param", SINGLE, _log_param),
    Operation("set_tag", "set_tag", SINGLE, _set_tag),
    Operation("create_experiment", "create_experiment", SINGLE, _create_experiment),
    Operation("log_batch_metrics", "log_batch, 100 metrics", WHOLE_BATCH, _log_100_metrics, calls=10),
    Operation("log_batch_all", "log_batch, 100 + 100 + 100", WHOLE_BATCH, _log_100_of_each, calls=5),
    Operation("create_run", "create_run", Target(25, 4, 2), _create_run),
    Operation("get_run", "get_run", Target(25, 5, 2), _get_run),
    Operation("small_run", "small run: create, batch, end", Target(25, 4, 2), _small_run, calls=10),
    Operation(
        "search_plain",
        "search_runs, page of 100",
        Target(25, 5, 3),
        _search_plain,
        calls=4,
        reads=lambda _: PAGE,
    ),
    Operation(
        "search_filtered",
        "search_runs, 3 filters, order by metric",
        Target(25, 4, 3),
        _search_filtered,
        calls=4,
        reads=_matching,
    ),
    Operation(
        "history",
        "get_metric_history, 1,000 points",
        Target(12, 3, 2),
        _history,
        calls=5,
        reads=lambda scale: scale.history,
    ),
    Operation("create_version", "create_model_version", Target(20, 3, 2), _create_version),
    Operation("get_by_alias", "get_model_version_by_alias", Target(20, 5, 2), _get_by_alias),
    # Rates turned round: 0.6 of the floor's rate is 1/0.6 of its time. Each thread has a run of its own.
    Operation(
        "throughput",
        "log_metric, 8 threads",
        Target(12, 6, 1 / 0.6),
        partial(_log_metric, runs=THREADS),
        calls=STEPS * THREADS,
        threads=THREADS,
    ),
)
