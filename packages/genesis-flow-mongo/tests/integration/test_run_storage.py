"""How runs are kept: what a refused call leaves behind, and what happens when a run grows."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.entities.model_registry import PromptVersion
from mlflow.exceptions import MlflowException
from pymongo import MongoClient

from genesis_flow_mongo.repositories.run_data import TAIL_POINTS
from genesis_flow_mongo.tracking.store import MongoTrackingStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymongo.database import Database


@pytest.fixture
def store(mongo_uri: str) -> MongoTrackingStore:
    return MongoTrackingStore(mongo_uri)


@pytest.fixture
def database(mongo_uri: str) -> Iterator[Database[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](mongo_uri) as client:
        yield client.get_default_database()


@pytest.fixture
def run_id(store: MongoTrackingStore) -> str:
    return new_run(store, "the run")


def new_run(store: MongoTrackingStore, name: str) -> str:
    return str(store.create_run("0", "me", 1, [], name).info.run_id)


def points(store: MongoTrackingStore, run_id: str, key: str) -> list[int]:
    return [metric.step for metric in store.get_metric_history(run_id, key)]


@pytest.mark.parametrize("count", [1, 16, 17, 500])
def test_a_refused_batch_leaves_nothing_behind(
    store: MongoTrackingStore, database: Database[dict[str, Any]], run_id: str, count: int
) -> None:
    store.delete_run(run_id)
    before = database["runs"].find_one({"_id": run_id})

    with pytest.raises(MlflowException, match="must be in the 'active' state"):
        store.log_batch(run_id, [Metric(f"m{i}", 1, 1, 1) for i in range(count)], [Param("p", "1")], [])

    assert database["runs"].find_one({"_id": run_id}) == before
    assert database["metrics"].count_documents({}) == 0


def test_a_batch_with_a_changed_param_writes_none_of_its_metrics(
    store: MongoTrackingStore, run_id: str
) -> None:
    store.log_param(run_id, Param("p", "1"))

    params = [Param("p", "2"), Param("q", "1")]
    with pytest.raises(MlflowException, match="'key': 'p', 'old_value': '1', 'new_value': '2'"):
        store.log_batch(run_id, [Metric("m", 1, 1, 1)], params, [RunTag("t", "1")])

    data = store.get_run(run_id).data
    assert (data.metrics, data.params) == ({}, {"p": "1"})
    assert "t" not in data.tags


def test_the_tail_of_newest_points_never_grows_beyond_its_bound(
    store: MongoTrackingStore, database: Database[dict[str, Any]], run_id: str
) -> None:
    for step in range(3 * TAIL_POINTS + 5):
        store.log_metric(run_id, Metric("m", step, step, step))
        document = database["runs"].find_one({"_id": run_id}, {"tail": 1})
        assert document is not None
        assert len(document["tail"]) <= TAIL_POINTS

    assert database["metrics"].count_documents({}) == 3
    assert points(store, run_id, "m") == list(range(3 * TAIL_POINTS + 5))


def test_clients_that_move_a_full_tail_at_the_same_time_lose_and_double_nothing(
    store: MongoTrackingStore, run_id: str
) -> None:
    def log(step: int) -> None:
        store.log_metric(run_id, Metric("m", step, step, step))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(log, range(500)))

    assert points(store, run_id, "m") == list(range(500))
    assert store.get_run(run_id).data.metrics == {"m": 499}


def test_a_point_logged_twice_is_one_point_wherever_it_lies(store: MongoTrackingStore, run_id: str) -> None:
    batch = [Metric("m", step, step, step) for step in range(100)]
    store.log_batch(run_id, batch, [], [])
    store.log_metric(run_id, batch[7])
    store.log_batch(run_id, batch, [], [])

    assert points(store, run_id, "m") == list(range(100))


def test_pages_of_a_history_in_segments_and_tail_join_without_a_gap(
    store: MongoTrackingStore, run_id: str
) -> None:
    for start in range(0, 300, 50):
        store.log_batch(run_id, [Metric("m", i, 300 - i, i) for i in range(start, start + 50)], [], [])
    store.log_metric(run_id, Metric("m", 1.5, 150, 1000))

    whole = [(m.timestamp, m.step) for m in store.get_metric_history(run_id, "m")]
    paged: list[tuple[int, int]] = []
    token = None
    while True:
        page = store.get_metric_history(run_id, "m", max_results=7, page_token=token)
        paged += [(m.timestamp, m.step) for m in page]
        token = page.token
        if token is None:
            break

    assert paged == whole == sorted(whole)
    assert len(whole) == 301


@pytest.fixture
def wide_run(store: MongoTrackingStore) -> str:
    """Lend a run of 10,000 metric keys of 200 characters."""
    wide = new_run(store, "wide")
    for batch in range(10):
        metrics = [Metric(f"{'x' * 190}{batch}_{i}", i, 1, 1) for i in range(1000)]
        store.log_batch(wide, metrics, [], [])
    return wide


def test_a_run_of_ten_thousand_metrics_stays_small_and_whole(
    store: MongoTrackingStore, database: Database[dict[str, Any]], wide_run: str
) -> None:
    (size,) = database["runs"].aggregate(
        [{"$match": {"_id": wide_run}}, {"$project": {"size": {"$bsonSize": "$$ROOT"}}}]
    )

    assert size["size"] < 2 * 2**20
    assert len(store.get_run(wide_run).data.metrics) == 10_000


def test_an_overflowed_key_is_updated_searched_and_sorted_like_any_other(
    store: MongoTrackingStore, run_id: str, wide_run: str
) -> None:
    first, last = (f"metrics.{'x' * 190}{key}" for key in ("0_5", "9_5"))
    store.log_metric(wide_run, Metric(last[8:], 70, 2, 2))
    store.log_metric(wide_run, Metric(first[8:], 60, 2, 2))
    store.log_metric(run_id, Metric(last[8:], 65, 2, 2))

    def found(filter_string: str | None, *order_by: str) -> list[str]:
        runs = store.search_runs(["0"], filter_string, ViewType.ACTIVE_ONLY, 10, list(order_by))
        return [run.info.run_name for run in runs]

    assert found(f"{last} = 70") == ["wide"]
    assert found(f"{last} > 60 AND {first} = 60") == ["wide"]
    assert found(None, f"{last} ASC") == ["the run", "wide"]
    assert found(None, f"{last} DESC") == ["wide", "the run"]
    assert points(store, wide_run, last[8:]) == [1, 2]


def test_params_and_tags_overflow_too_and_keep_their_rules(store: MongoTrackingStore, wide_run: str) -> None:
    store.log_param(wide_run, Param("late", "1"))
    store.log_param(wide_run, Param("late", "1"))
    store.set_tag(wide_run, RunTag("late", "1"))
    store.set_tag(wide_run, RunTag("late", "2"))

    with pytest.raises(MlflowException, match="Changing param values is not allowed"):
        store.log_param(wide_run, Param("late", "2"))

    data = store.get_run(wide_run).data
    assert (data.params["late"], data.tags["late"]) == ("1", "2")
    store.delete_tag(wide_run, "late")
    assert "late" not in store.get_run(wide_run).data.tags
    with pytest.raises(MlflowException, match="No tag with name: late"):
        store.delete_tag(wide_run, "late")


def test_a_list_in_an_overflowed_tag_can_be_appended_to(store: MongoTrackingStore, wide_run: str) -> None:
    store.set_tag(wide_run, RunTag("mlflow.linkedPrompts", "[]"))

    for version in (1, 2):
        store.link_prompt_to_run(PromptVersion("greeting", version, "Hello"), wide_run)

    linked = json.loads(store.get_run(wide_run).data.tags["mlflow.linkedPrompts"])
    assert [prompt["version"] for prompt in linked] == ["1", "2"]


def test_another_process_learns_that_runs_have_overflowed(
    mongo_uri: str, store: MongoTrackingStore, wide_run: str
) -> None:
    key = f"metrics.{'x' * 190}9_5"

    fresh = MongoTrackingStore(mongo_uri).search_runs(["0"], f"{key} = 5", ViewType.ACTIVE_ONLY, 10)

    assert [run.info.run_id for run in fresh] == [wide_run]


def test_numbers_come_back_as_plain_python_types(store: MongoTrackingStore, run_id: str) -> None:
    store.log_metric(run_id, Metric("m", 1.5, 2**41, 2**40))

    (point,) = store.get_metric_history(run_id, "m")
    run = store.get_run(run_id)
    (latest,) = run.data._metric_objs
    created = store.get_experiment("0").creation_time
    numbers = [point.timestamp, point.step, latest.timestamp, latest.step, run.info.start_time, created]
    assert {type(number) for number in numbers} == {int}


def test_gc_leaves_no_trace_of_a_run(
    store: MongoTrackingStore, database: Database[dict[str, Any]], wide_run: str
) -> None:
    store.delete_run(wide_run)
    assert store._get_deleted_runs() == [wide_run]

    store._hard_delete_run(wide_run)

    for name in ("metrics", "run_overflow"):
        assert database[name].count_documents({"run_id": wide_run}) == 0
    with pytest.raises(MlflowException, match="not found"):
        store.get_run(wide_run)
