"""How many commands each operation sends: a promise, since a network latency is what a user waits for.

The promise is the table `round_trips.json`, in the order of sending. `python -m benchmarks round-trips` shows
what a slow network makes of it. When a row changes on purpose, so does the docstring of the method.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow.entities import ExperimentTag, Metric, Param, RunStatus, RunTag, ViewType

from genesis_flow_mongo.registry.store import MongoRegistryStore
from genesis_flow_mongo.tracking.store import MongoTrackingStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Recorder

PROMISED: dict[str, list[str]] = json.loads(Path(__file__).with_name("round_trips.json").read_text("utf-8"))
LONG = 200
SOURCE = "s3://models/fraud"


def test_each_operation_sends_the_promised_commands(recorder: Recorder, mongo_uri: str) -> None:
    tracking = tracking_calls(MongoTrackingStore(mongo_uri))
    registry = registry_calls(MongoRegistryStore(mongo_uri))

    sent = {operation: recorder.of(call) for operation, call in {**tracking, **registry}.items()}

    assert sent == PROMISED


def test_a_metric_costs_one_command_but_for_every_64th_point(recorder: Recorder, mongo_uri: str) -> None:
    store = MongoTrackingStore(mongo_uri)
    run_id = store.create_run("0", "ada", 1, [], "long").info.run_id

    sent = [recorder.of(partial(store.log_metric, run_id, point("loss", step))) for step in range(65)]

    assert sent[:64] == [["update"]] * 64
    # The last update finds the tail full: look, pack, empty the tail, and update again.
    assert sent[64] == ["update", "find", "insert", "update", "update"]


def test_opening_a_store_on_a_database_in_use_costs_two_commands(recorder: Recorder, mongo_uri: str) -> None:
    MongoTrackingStore(mongo_uri)

    sent = recorder.of(partial(MongoTrackingStore, mongo_uri))

    assert sent == ["hello", "find"]


def tracking_calls(store: MongoTrackingStore) -> dict[str, Callable[[], object]]:
    experiment_id = store.create_experiment("fraud", None, [])
    run_id = store.create_run(experiment_id, "ada", 1, [], "first").info.run_id
    store.log_batch(run_id, [point("loss", 0)], [Param("model", "forest")], [RunTag("team", "blue")])
    short_run = store.create_run(experiment_id, "ada", 1, [], "short").info.run_id
    store.log_metric(short_run, point("loss", 0))
    long_run = store.create_run(experiment_id, "ada", 1, [], "long").info.run_id
    store.log_batch(long_run, [point("loss", step) for step in range(LONG)], [], [])
    search = partial(store.search_runs, [experiment_id])
    three = "metrics.loss > 0.2 and params.model = 'forest' and tags.team = 'blue'"
    return {
        "log_metric": partial(store.log_metric, run_id, point("loss", 1)),
        "log_param": partial(store.log_param, run_id, Param("depth", "3")),
        "set_tag": partial(store.set_tag, run_id, RunTag("stage", "trial")),
        "delete_tag": partial(store.delete_tag, run_id, "team"),
        "log_batch_small": partial(store.log_batch, run_id, points(5), params(5), tags(5)),
        "log_batch_metrics": partial(store.log_batch, run_id, points(100), [], []),
        "log_batch_all": partial(store.log_batch, run_id, points(100), params(100), tags(100)),
        "create_experiment": partial(store.create_experiment, "another", None, []),
        "get_experiment": partial(store.get_experiment, experiment_id),
        "get_experiment_by_name": partial(store.get_experiment_by_name, "fraud"),
        "search_experiments": partial(store.search_experiments, ViewType.ACTIVE_ONLY),
        "set_experiment_tag": partial(store.set_experiment_tag, experiment_id, ExperimentTag("k", "v")),
        "create_run": partial(store.create_run, experiment_id, "ada", 1, [], "second"),
        "get_run": partial(store.get_run, run_id),
        "update_run_info": partial(store.update_run_info, run_id, RunStatus.FINISHED, 2, None),
        "delete_run": partial(store.delete_run, run_id),
        "restore_run": partial(store.restore_run, run_id),
        "search_plain": partial(search, "", ViewType.ACTIVE_ONLY, 100),
        "search_filtered": partial(search, three, ViewType.ACTIVE_ONLY, 100, ["metrics.loss DESC"]),
        "history_short": partial(store.get_metric_history, short_run, "loss"),
        "history": partial(store.get_metric_history, long_run, "loss"),
    }


def registry_calls(registry: MongoRegistryStore) -> dict[str, Callable[[], object]]:
    registry.create_registered_model("fraud")
    registry.create_model_version("fraud", SOURCE)
    registry.set_registered_model_alias("fraud", "champion", "1")
    return {
        "create_registered_model": partial(registry.create_registered_model, "another"),
        "create_version": partial(registry.create_model_version, "fraud", SOURCE),
        "get_version": partial(registry.get_model_version, "fraud", "1"),
        "set_alias": partial(registry.set_registered_model_alias, "fraud", "challenger", "1"),
        "get_by_alias": partial(registry.get_model_version_by_alias, "fraud", "champion"),
    }


def point(key: str, step: int) -> Metric:
    return Metric(key, 0.5, 1_700_000_000_000 + step, step)


def points(number: int) -> list[Metric]:
    return [point(f"metric {i}", 0) for i in range(number)]


def params(number: int) -> list[Param]:
    return [Param(f"param {i}", "value") for i in range(number)]


def tags(number: int) -> list[RunTag]:
    return [RunTag(f"tag {i}", "value") for i in range(number)]
