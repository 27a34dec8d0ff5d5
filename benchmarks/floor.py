"""The floor: the commands an operation cannot avoid, sent by bare pymongo with the same durability.

No validation, no entities, no escaping: what is left is the server, the wire and pymongo. The
documents have the shape of the store's, so that what is read and written weighs the same.
"""

from __future__ import annotations

import struct
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pymongo
from pymongo import WriteConcern

from benchmarks import workloads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mlflow.entities import Metric
    from pymongo.database import Database

    from benchmarks.operations import Call, Scale

    Document = dict[str, Any]

ACTIVE = {"workspace": "default", "lifecycle_stage": "active"}
POINT = struct.Struct("<qqd")
SEGMENT_POINTS = 64
VALUES_PER_RUN = workloads.METRICS_PER_RUN
WITHOUT_TAIL = {"tail": 0}


@dataclass(eq=False)
class Floor:
    """A database of the floor's own."""

    database: Database[Document]
    experiment: str = "mine"

    @classmethod
    @contextmanager
    def on(cls, uri: str) -> Iterator[Floor]:
        """Open the floor on `uri`, in an empty database."""
        with pymongo.MongoClient[dict[str, Any]](uri, retryWrites=False) as client:
            client.drop_database(client.get_default_database().name)
            database = client.get_default_database(write_concern=WriteConcern("majority"))
            database["runs"].create_index(
                [
                    ("workspace", 1),
                    ("experiment_id", 1),
                    ("lifecycle_stage", 1),
                    ("start_time", -1),
                    ("_id", 1),
                ]
            )
            database["metrics"].create_index([("run_id", 1), ("first", 1)])
            database["experiments"].insert_one({"_id": "mine", **ACTIVE})
            yield cls(database)

    def calls(self, operation: str, calls: int, scale: Scale) -> list[Call]:
        """Prepare `calls` calls of the operation's floor."""
        return PREPARE[operation](self, calls, scale)

    def new_run(self) -> str:
        """Check the experiment, insert a run: what create_run cannot avoid."""
        self.database["experiments"].find_one({"_id": self.experiment}, {"lifecycle_stage": 1})
        run_id = uuid4().hex
        self.database["runs"].insert_one(self.run_document(run_id, self.experiment))
        return run_id

    def run_document(
        self, run_id: str, experiment: str, *, group: int = 0, score: float = 0.5, values: int = 0
    ) -> Document:
        """A run with `values` metrics and params and half as many tags."""
        moment = workloads.now()
        return {
            "_id": run_id, **ACTIVE, "experiment_id": experiment, "status": "RUNNING",
            "start_time": moment, "end_time": None, "deleted_time": None, "run_name": f"run-{run_id}",
            "user_id": "bench", "artifact_uri": f"/mlartifacts/{experiment}/{run_id}/artifacts",
            "metrics": {f"metric_{i}": _latest(0, moment, score + i) for i in range(values)},
            "params": {f"param_{i}": f"value {group % 2}" for i in range(values)},
            "tags": {"mlflow.user": "bench", "mlflow.source.name": "bench.py"}
            | {f"tag_{i}": f"value {group // 2 % 2}" for i in range(values // 2)},
        }  # fmt: skip

    def update_run(self, run_id: str, update: Document) -> None:
        """One update of an active run."""
        self.database["runs"].update_one({"_id": run_id, **ACTIVE}, update)


def _latest(step: int, timestamp: int, value: float) -> Document:
    return {"s": step, "t": timestamp, "c": value, "v": value}


def _maxima(points: Sequence[Metric]) -> Document:
    return {f"metrics.{p.key}": _latest(p.step, p.timestamp, p.value) for p in points}


def _packed(points: Sequence[Metric]) -> bytes:
    return b"".join([POINT.pack(p.timestamp, p.step, p.value) for p in points])


def _log_metric(floor: Floor, calls: int, _: Scale, runs: int = 1) -> list[Call]:
    run_ids = [floor.new_run() for _ in range(runs)]
    return [partial(_push, floor, run_ids[i % runs], [p]) for i, p in enumerate(workloads.series(calls))]


def _push(floor: Floor, run_id: str, points: Sequence[Metric], values: Document | None = None) -> None:
    """Latest values and points with one update of the run's document."""
    entries = [{"k": point.key, "d": _packed([point])} for point in points]
    update = {"$max": _maxima(points), "$push": {"tail": {"$each": entries}}}
    floor.update_run(run_id, update | ({"$set": values} if values else {}))


def _set_field(floor: Floor, calls: int, _: Scale, field: str = "params") -> list[Call]:
    run_id = floor.new_run()
    return [
        partial(floor.update_run, run_id, {"$set": {f"{field}.{field}_{i}": "0.01"}}) for i in range(calls)
    ]


def _create_experiment(floor: Floor, calls: int, _: Scale) -> list[Call]:
    return [partial(_count_and_reserve, floor, workloads.fresh("experiment")) for _ in range(calls)]


def _count_and_reserve(floor: Floor, name: str) -> None:
    """An id from a counter, then the name's reservation and the experiment with one insert."""
    counted = floor.database["counters"].find_one_and_update({"_id": "e"}, {"$inc": {"n": 1}}, upsert=True)
    number = str(counted["n"] if counted else 0)
    moment = workloads.now()
    experiment = {"_id": number, **ACTIVE, "name": name, "creation_time": moment, "tags": {}}
    floor.database["experiments"].insert_many([{"_id": f"name:{name}", "experiment_id": number}, experiment])


def _log_batch(floor: Floor, calls: int, _: Scale, others: int = 0) -> list[Call]:
    run_id = floor.new_run()
    return [
        partial(_update_and_insert, floor, run_id, workloads.metrics(100, step), _values(others, step))
        for step in range(calls)
    ]


def _update_and_insert(floor: Floor, run_id: str, points: Sequence[Metric], values: Document) -> None:
    """Update the run, then insert the points: in this order, as the update checks that the run is active."""
    floor.update_run(run_id, {"$max": _maxima(points), "$set": {"segments": True, **values}})
    packed = {p.key: _packed([p]) for p in points}
    floor.database["metrics"].insert_one({"_id": uuid4().hex, "run_id": run_id, "first": 0, "points": packed})


def _values(number: int, step: int) -> Document:
    params = {f"params.{p.key}": p.value for p in workloads.params(number, salt=number * step)}
    return params | {f"tags.{t.key}": t.value for t in workloads.tags(number, group=step)}


def _create_run(floor: Floor, calls: int, _: Scale) -> list[Call]:
    return [floor.new_run] * calls


def _get_run(floor: Floor, calls: int, _: Scale) -> list[Call]:
    run_id = uuid4().hex
    document = floor.run_document(run_id, floor.experiment, values=VALUES_PER_RUN)
    floor.database["runs"].insert_one(document)
    return [partial(floor.database["runs"].find_one, {"_id": run_id}, WITHOUT_TAIL)] * calls


def _small_run(floor: Floor, calls: int, _: Scale) -> list[Call]:
    return [partial(_live_and_end, floor)] * calls


def _live_and_end(floor: Floor) -> None:
    run_id = floor.new_run()
    params = {f"params.{p.key}": p.value for p in workloads.params(5)}
    _push(floor, run_id, workloads.metrics(5), params | {f"tags.{t.key}": t.value for t in workloads.tags(3)})
    ended = {"$set": {"status": "FINISHED", "end_time": workloads.now()}}
    floor.database["runs"].find_one_and_update({"_id": run_id, **ACTIVE}, ended, {"status": 1})


def _searched(floor: Floor, scale: Scale) -> Document:
    """The query for an experiment of `scale.runs` runs, loaded on first use."""
    runs, experiment = floor.database["runs"], f"searched-{scale.runs}"
    if not runs.find_one({"experiment_id": experiment}, {"_id": 1}):
        runs.insert_many(
            floor.run_document(
                uuid4().hex, experiment, group=i, score=workloads.score_of(i), values=VALUES_PER_RUN
            )
            for i in range(scale.runs)
        )
    return {**ACTIVE, "experiment_id": experiment}


def _search_plain(floor: Floor, calls: int, scale: Scale) -> list[Call]:
    return [partial(_page, floor, _searched(floor, scale), [("start_time", -1), ("_id", 1)])] * calls


def _search_filtered(floor: Floor, calls: int, scale: Scale) -> list[Call]:
    query = {
        **_searched(floor, scale),
        "metrics.metric_0.v": {"$gt": workloads.THRESHOLD},
        "params.param_0": "value 0",
        "tags.tag_0": "value 0",
    }
    return [partial(_page, floor, query, [("metrics.metric_0.v", -1)])] * calls


def _page(floor: Floor, query: Document, order: list[tuple[str, int]]) -> list[Document]:
    return list(floor.database["runs"].find(query, WITHOUT_TAIL, sort=order, limit=100))


def _history(floor: Floor, calls: int, scale: Scale) -> list[Call]:
    run_id = f"history-{scale.history}"
    if not floor.database["runs"].find_one({"_id": run_id}, {"_id": 1}):
        points = workloads.series(scale.history)
        segments = [points[i : i + SEGMENT_POINTS] for i in range(0, len(points), SEGMENT_POINTS)]
        tail = [{"k": "loss", "d": _packed(segments.pop())}]
        floor.database["runs"].insert_one({"_id": run_id, "tail": tail})
        floor.database["metrics"].insert_many(
            {"_id": uuid4().hex, "run_id": run_id, "first": s[0].timestamp, "points": {"loss": _packed(s)}}
            for s in segments
        )
    return [partial(_points_of, floor, run_id)] * calls


def _points_of(floor: Floor, run_id: str) -> list[tuple[int, int, float]]:
    """The newest points from the run, the others from its segments, as tuples."""
    head = floor.database["runs"].find_one({"_id": run_id}, {"tail": 1}) or {}
    query = {"run_id": run_id, "points.loss": {"$exists": True}}
    parts = [found["points"]["loss"] for found in floor.database["metrics"].find(query, {"points.loss": 1})]
    parts += [entry["d"] for entry in head["tail"]]
    return list(POINT.iter_unpack(b"".join(parts)))


def _create_version(floor: Floor, calls: int, _: Scale) -> list[Call]:
    name = workloads.fresh("model")
    floor.database["models"].insert_one({"_id": name, "latest": 0, "aliases": {}, "tags": {}})
    return [partial(_count_and_insert, floor, name)] * calls


def _count_and_insert(floor: Floor, name: str) -> None:
    """A number from the model, then the version."""
    update = {"$inc": {"latest": 1}, "$set": {"last_update_time": workloads.now()}}
    model = floor.database["models"].find_one_and_update({"_id": name}, update) or {}
    number = model["latest"] + 1
    version = {"_id": f"{name}:{number}", "name": name, "version": number, "source": "s3://models/bench"}
    floor.database["versions"].insert_one(version)


def _get_by_alias(floor: Floor, calls: int, _: Scale) -> list[Call]:
    name = workloads.fresh("model")
    floor.database["models"].insert_one({"_id": name, "latest": 0, "aliases": {"champion": 1}, "tags": {}})
    _count_and_insert(floor, name)
    return [partial(_follow_alias, floor, name)] * calls


def _follow_alias(floor: Floor, name: str) -> Document | None:
    model = floor.database["models"].find_one({"_id": name}) or {}
    return floor.database["versions"].find_one({"_id": f"{name}:{model['aliases']['champion']}"})


PREPARE: dict[str, Callable[[Floor, int, Scale], list[Call]]] = {
    "log_metric": _log_metric,
    "log_param": _set_field,
    "set_tag": partial(_set_field, field="tags"),
    "create_experiment": _create_experiment,
    "log_batch_metrics": _log_batch,
    "log_batch_all": partial(_log_batch, others=100),
    "create_run": _create_run,
    "get_run": _get_run,
    "small_run": _small_run,
    "search_plain": _search_plain,
    "search_filtered": _search_filtered,
    "history": _history,
    "create_version": _create_version,
    "get_by_alias": _get_by_alias,
    "throughput": partial(_log_metric, runs=8),
}
