"""Chapter `growth`: what a hundred times the runs, and a million points, do to a reader."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pymongo
from mlflow.entities import ViewType

from benchmarks import lineup, workloads
from benchmarks.machine import describe
from benchmarks.report import Result
from benchmarks.rivals import Rival, mongod
from benchmarks.rounds import Timing, measure
from benchmarks.settings import say
from genesis_flow.cli import main as genesis_flow_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mlflow.entities import Metric
    from pymongo.database import Database

    from benchmarks.settings import Settings

    Document = dict[str, Any]

PAGE = 100
FULL_SIZES = (1_000, 10_000, 100_000)
QUICK_SIZES = (200, 400)
SLOWDOWN_LIMIT = 2.0
HISTORY_LIMIT_MS = 1_000.0
FULL_HISTORY = 1_000_000
QUICK_HISTORY = 5_000
SEARCH_CALLS = 3
SCAN = "no index"
LOAD_BATCH = 1_000
HEADER = ["what", "ms (quartiles)", "growth", "target"]
REMARKS = """
Searches: three filters, ordered by a metric, a page of 100, over experiments of each size in one
database. Growth is relative to the smallest experiment. *Indexed* is after
`genesis-flow index add "metrics.metric_0 DESC"`.

History: all points of one metric, as `Metric` entities. *In batches* was logged by 1,000 points a call,
*one by one* as a loop of `log_metric` leaves it. *Client* is `MlflowClient`, which asks for pages of
25,000.
"""


@dataclass
class Page:
    """The table as it fills."""

    rows: list[list[str]]
    missed: list[str]
    data: dict[str, Any]

    def add(self, name: str, timing: Timing, growth: str = "", target: str = "", *, met: bool = True) -> None:
        """Add a row and show it."""
        low, high = timing.spread
        verdict = target and f"{target} {'✓' if met else '✗'}"
        row = [name, f"{timing.median:.3g} ({low:.3g}–{high:.3g})", growth, verdict]
        self.rows.append(row)
        self.missed += [] if met else [name]
        self.data[name] = list(timing.rounds)
        say("   ".join(row))


def run(settings: Settings) -> Result:
    """Load, measure without and with the hot metric's index, then the long histories."""
    page = Page([], [], {})
    with (
        lineup.workspace() as root,
        lineup.mongo_server(root, settings.mongo_uri, say) as server,
        pymongo.MongoClient[dict[str, Any]](server) as client,
    ):
        client.drop_database("bench_growth")
        uri = mongod.with_database(server, "bench_growth")
        machine = describe({"mongod": mongod.version(server)})
        rival, database = Rival("genesis", uri), client["bench_growth"]
        if settings.wants("search"):
            _searches(rival, database, uri, settings, page)
        if settings.wants("history"):
            _histories(rival, database, uri, settings, page)
        client.drop_database("bench_growth")
    return Result("growth", "Growth", HEADER, page.rows, page.missed, page.data, REMARKS, machine)


def _searches(rival: Rival, database: Database[Document], uri: str, settings: Settings, page: Page) -> None:
    sizes = QUICK_SIZES if settings.quick else FULL_SIZES
    experiments = {}
    for size in sizes:
        start = perf_counter()
        experiments[size] = load_runs(rival, database, size)
        say(f"loaded {size:,} runs in {perf_counter() - start:.1f} s")
    _compare(rival, experiments, settings.rounds, page, SCAN)
    genesis_flow_command(["index", "add", workloads.ORDER, "--uri", uri], standalone_mode=False)
    _compare(rival, experiments, settings.rounds, page, "indexed")


def _compare(rival: Rival, experiments: dict[int, str], rounds: int, page: Page, how: str) -> None:
    calls = {str(size): partial(_searching, rival, experiment) for size, experiment in experiments.items()}
    timings = measure(calls, rounds)
    smallest = timings[str(min(experiments))]
    for size in experiments:
        timing = timings[str(size)]
        growth = timing.times(smallest)
        promised = size == max(experiments) and how != SCAN
        page.add(
            f"search {size:,} runs, {how}",
            timing,
            f"{growth:.1f}×",
            f"≤ {SLOWDOWN_LIMIT:.0f}×" if promised else "",
            met=not promised or growth <= SLOWDOWN_LIMIT,
        )


def _searching(rival: Rival, experiment_id: str) -> list[Callable[[], object]]:
    def search() -> None:
        found = rival.tracking.search_runs(
            [experiment_id], workloads.FILTER, ViewType.ACTIVE_ONLY, PAGE, [workloads.ORDER]
        )
        assert found

    return [search] * SEARCH_CALLS


def load_runs(rival: Rival, database: Database[Document], size: int) -> str:
    """Fill a new experiment with `size` runs: four through the store, the others as copies of those."""
    experiment_id = workloads.new_experiment(rival)
    kinds = [workloads.finished_run(rival, experiment_id, index) for index in range(4)]
    templates = [database["runs"].find_one({"_id": run_id}) or {} for run_id in kinds]
    for first in range(4, size, LOAD_BATCH):
        batch = range(first, min(first + LOAD_BATCH, size))
        database["runs"].insert_many(_copies(templates, batch), ordered=False)
    return experiment_id


def _copies(templates: list[Document], indexes: Iterable[int]) -> Iterator[Document]:
    for index in indexes:
        template = templates[index % 4]
        score = workloads.score_of(index)
        metrics = template["metrics"]
        ordering = {**metrics["metric_0"], "c": score, "v": score}
        yield template | {
            "_id": uuid4().hex,
            "start_time": template["start_time"] + index,
            "metrics": {**metrics, "metric_0": ordering},
        }


def _histories(rival: Rival, database: Database[Document], uri: str, settings: Settings, page: Page) -> None:
    from mlflow import MlflowClient

    points = QUICK_HISTORY if settings.quick else FULL_HISTORY
    start = perf_counter()
    batched = _logged_in_batches(rival, points)
    say(f"logged {points:,} points in batches of {LOAD_BATCH:,} in {perf_counter() - start:.1f} s")
    single = _logged_one_by_one(rival, database, points)
    client = MlflowClient(tracking_uri=uri)
    reads: dict[str, Callable[[], list[Metric]]] = {
        "in batches, store": partial(rival.tracking.get_metric_history, batched, "loss"),
        "in batches, client": partial(client.get_metric_history, batched, "loss"),
        "one by one, store": partial(rival.tracking.get_metric_history, single, "loss"),
        "one by one, client": partial(client.get_metric_history, single, "loss"),
    }
    for name, read in reads.items():
        found = len(read())
        assert found == points, f"{name}: {found} of {points} points"
    timings = measure({name: partial(_once, read) for name, read in reads.items()}, min(settings.rounds, 5))
    for name, timing in timings.items():
        met = timing.median <= HISTORY_LIMIT_MS
        page.add(
            f"history of {points:,} points, {name}", timing, "", f"≤ {HISTORY_LIMIT_MS:,.0f} ms", met=met
        )


def _once(read: Callable[[], object]) -> list[Callable[[], object]]:
    return [read]


def _logged_in_batches(rival: Rival, points: int) -> str:
    run_id = workloads.new_run(rival, workloads.new_experiment(rival))
    for first in range(0, points, LOAD_BATCH):
        rival.tracking.log_batch(run_id, workloads.series(LOAD_BATCH, first), [], [])
    return run_id


def _logged_one_by_one(rival: Rival, database: Database[Document], points: int) -> str:
    """Leave what a loop of log_metric leaves, without the wait: segments as large as a full tail."""
    from genesis_flow_mongo.documents.points import pack, point_of, segment
    from genesis_flow_mongo.repositories.run_data import TAIL_POINTS

    run_id = workloads.new_run(rival, workloads.new_experiment(rival))
    segments = (
        segment(
            run_id, {"loss": pack(map(point_of, workloads.series(min(TAIL_POINTS, points - first), first)))}
        )
        for first in range(0, points, TAIL_POINTS)
    )
    database["metrics"].insert_many(segments, ordered=False)
    database["runs"].update_one({"_id": run_id}, {"$set": {"segments": True}})
    return run_id
