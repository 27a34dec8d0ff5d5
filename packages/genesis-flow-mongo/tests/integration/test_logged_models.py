"""Logged models in the database: metrics beyond what a document holds, races, removal for good."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from mlflow.entities import LoggedModelOutput, LoggedModelParameter, LoggedModelStatus, LoggedModelTag, Metric
from mlflow.exceptions import MlflowException
from pymongo import MongoClient

from genesis_flow_mongo.connection import retry
from genesis_flow_mongo.tracking.store import MongoTrackingStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pymongo.database import Database

WIDE = 400
"""So many metric keys do not fit into the 32 KB that Cosmos DB's profile allows a document."""


@pytest.fixture
def store(mongo_uri: str, tmp_path: Path) -> MongoTrackingStore:
    return MongoTrackingStore(mongo_uri, str(tmp_path))


@pytest.fixture
def narrow(mongo_uri: str, tmp_path: Path) -> MongoTrackingStore:
    """Lend a store that keeps documents small."""
    options = "&" if "?" in mongo_uri else "?"
    return MongoTrackingStore(f"{mongo_uri}{options}genesisProfile=cosmos-ru", str(tmp_path))


@pytest.fixture
def database(mongo_uri: str) -> Iterator[Database[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](mongo_uri) as client:
        yield client.get_default_database()


def new_run(store: MongoTrackingStore) -> str:
    run_id: str = store.create_run("0", "ada", 0, [], "run").info.run_id
    return run_id


def measure(
    store: MongoTrackingStore, run_id: str, model_id: str, values: dict[str, float], **about: Any
) -> None:
    metrics = [Metric(key, value, about.get("timestamp", 0), 0, model_id) for key, value in values.items()]
    for start in range(0, len(metrics), 100):
        store.log_batch(run_id, metrics[start : start + 100], [], [])


def names(store: MongoTrackingStore, text: str | None = None, **options: Any) -> list[str]:
    return [model.name for model in store.search_logged_models(["0"], text, **options)]


def by_metric(key: str, *, ascending: bool = True) -> list[dict[str, Any]]:
    return [{"field_name": f"metrics.{key}", "ascending": ascending}]


@pytest.fixture
def spilled(narrow: MongoTrackingStore) -> MongoTrackingStore:
    """Lend a store with the models low, high and wide, of which the last two have too many metrics."""
    run_id = new_run(narrow)
    for name, width, value in [("low", 1, 1.0), ("high", WIDE, 2.0), ("wide", WIDE, 1.5)]:
        model = narrow.create_logged_model("0", name)
        # Backwards: "last" is what every model has, and arrives when the document is full.
        values = {f"key-{number:03}": value for number in range(width - 1)}
        measure(narrow, run_id, model.model_id, {**values, "last": value})
    narrow.create_logged_model("0", "none")
    return narrow


def test_a_document_stays_small(spilled: MongoTrackingStore, database: Database[dict[str, Any]]) -> None:
    sizes = database.logged_models.aggregate([{"$project": {"size": {"$bsonSize": "$$ROOT"}}}])

    assert max(one["size"] for one in sizes) < 48 * 1024
    assert database.logged_model_spill.count_documents({"path": "metrics.last"}) == 2


def test_metrics_without_room_are_read_searched_and_sorted_by(spilled: MongoTrackingStore) -> None:
    wide = next(model for model in spilled.search_logged_models(["0"]) if model.name == "wide")

    assert len(wide.metrics or []) == WIDE
    assert sorted(names(spilled, "metrics.last > 1")) == ["high", "wide"]
    assert names(spilled, "metrics.last = 1.5") == ["wide"]
    assert sorted(names(spilled, "metrics.last != 1.5")) == ["high", "low"]
    assert names(spilled, order_by=by_metric("last")) == ["low", "wide", "high", "none"]
    assert names(spilled, order_by=by_metric("last", ascending=False)) == ["high", "wide", "low", "none"]


def test_pages_go_on_among_metrics_without_room(spilled: MongoTrackingStore) -> None:
    found, token = [], None
    while True:
        page = spilled.search_logged_models(["0"], None, None, 1, by_metric("last"), token)
        found += [model.name for model in page]
        token = page.token
        if token is None:
            break

    assert found == ["low", "wide", "high", "none"]


def test_metrics_without_room_still_move(spilled: MongoTrackingStore) -> None:
    low = next(model for model in spilled.search_logged_models(["0"]) if model.name == "high")
    measure(spilled, new_run(spilled), low.model_id, {"last": 0.0, "key-000": 0.0}, timestamp=1)

    assert names(spilled, order_by=by_metric("last")) == ["high", "low", "wide", "none"]
    assert names(spilled, order_by=by_metric("key-000"))[:2] == ["high", "wide"]
    assert sorted(names(spilled, "metrics.last < 1")) == ["high"]
    assert sorted(names(spilled, "metrics.last > 1")) == ["high", "wide"]


def test_removal_of_a_run_takes_its_metrics_out_of_every_model(
    spilled: MongoTrackingStore, database: Database[dict[str, Any]]
) -> None:
    high = next(model for model in spilled.search_logged_models(["0"]) if model.name == "high")
    later = new_run(spilled)
    measure(spilled, later, high.model_id, {"last": 0.0}, timestamp=1)
    spilled._logged_model_metrics.purge_run(later)

    assert names(spilled, order_by=by_metric("last")) == ["low", "wide", "high", "none"]
    assert names(spilled, "metrics.last < 1") == []
    assert len(spilled.get_logged_model(high.model_id).metrics or []) == WIDE
    (first,) = database.logged_model_metrics.distinct("run_id")
    spilled._logged_model_metrics.purge_run(first)
    assert names(spilled, "metrics.last > 0") == []
    assert spilled.get_logged_model(high.model_id).metrics is None
    assert database.logged_model_spill.count_documents({}) == 0


def test_a_removed_model_leaves_nothing(
    spilled: MongoTrackingStore, database: Database[dict[str, Any]]
) -> None:
    for model in spilled.search_logged_models(["0"]):
        spilled.delete_logged_model(model.model_id)
    doomed = spilled._get_deleted_logged_models()
    for model_id in doomed:
        spilled._hard_delete_logged_model(model_id)

    assert len(doomed) == 4
    for name in ("logged_models", "logged_model_metrics", "logged_model_spill"):
        assert database[name].count_documents({}) == 0, name
    with pytest.raises(MlflowException) as caught:
        spilled._hard_delete_logged_model(doomed[0])
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_only_models_deleted_long_enough_ago_are_due(store: MongoTrackingStore) -> None:
    kept, deleted = (store.create_logged_model("0", name).model_id for name in ("kept", "deleted"))
    store.delete_logged_model(deleted)

    assert store._get_deleted_logged_models() == [deleted]
    assert store._get_deleted_logged_models(older_than=3_600_000) == []
    assert store.get_logged_model(kept).name == "kept"


def test_ten_thousand_metric_keys(store: MongoTrackingStore) -> None:
    run_id, model = new_run(store), store.create_logged_model("0", "wide")
    keys = [f"layer.{number}/weight" for number in range(10_000)]
    for start in range(0, len(keys), 1000):
        metrics = [Metric(key, float(len(key)), 0, 0, model.model_id) for key in keys[start : start + 1000]]
        store.log_batch(run_id, metrics, [], [])

    assert len(store.get_logged_model(model.model_id).metrics or []) == 10_000
    assert names(store, "metrics.`layer.9999/weight` > 1 AND metrics.`layer.0/weight` > 1") == ["wide"]


def test_an_unknown_model_refuses_the_whole_call(
    store: MongoTrackingStore, database: Database[dict[str, Any]]
) -> None:
    run_id, model = new_run(store), store.create_logged_model("0", "known")
    metrics = [Metric("loss", 1.0, 0, 0, model_id) for model_id in (model.model_id, "m-unknown")]

    for call in (
        lambda: store.log_metric(run_id, metrics[1]),
        lambda: store.log_batch(run_id, metrics, [], []),
    ):
        with pytest.raises(MlflowException, match="m-unknown") as caught:
            call()
        assert caught.value.error_code == "BAD_REQUEST"
    assert database.logged_model_metrics.count_documents({}) == 0
    assert store.get_run(run_id).data.metrics == {}
    assert store.get_logged_model(model.model_id).metrics is None
    assert names(store, "metrics.loss > 0") == []


def test_two_values_of_one_moment_are_both_kept(store: MongoTrackingStore) -> None:
    """Where MLflow's SQL store refuses the second: a fast loop logs several within one millisecond."""
    run_id, model_id = new_run(store), store.create_logged_model("0", "m").model_id
    for value in (1.0, 2.0, 1.0):
        store.log_metric(run_id, Metric("loss", value, 0, 0, model_id))

    assert sorted(one.value for one in store.get_logged_model(model_id).metrics or []) == [1.0, 2.0]


def test_versions_registered_at_once_are_all_noted(store: MongoTrackingStore) -> None:
    model_id = store.create_logged_model("0", "m").model_id
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: store.set_model_versions_tags("fraud", str(n), model_id), range(16)))
    store.set_model_versions_tags("fraud", "3", model_id)
    noted = json.loads(store.get_logged_model(model_id).tags["mlflow.modelVersions"])

    assert sorted(int(one["version"]) for one in noted) == list(range(16))


def test_tags_set_at_once_are_all_set(store: MongoTrackingStore) -> None:
    model_id = store.create_logged_model("0", "m").model_id
    with ThreadPoolExecutor(8) as threads:
        list(
            threads.map(
                lambda n: store.set_logged_model_tags(model_id, [LoggedModelTag(f"t{n}", "1")]), range(32)
            )
        )

    assert len(store.get_logged_model(model_id).tags) == 32


def test_params_are_all_or_none(store: MongoTrackingStore) -> None:
    model_id = store.create_logged_model("0", "m", params=[LoggedModelParameter("a", "1")]).model_id

    with pytest.raises(MlflowException, match="for good: 'a'") as caught:
        store.log_logged_model_params(
            model_id, [LoggedModelParameter("b", "1"), LoggedModelParameter("a", "1")]
        )
    assert caught.value.error_code == "BAD_REQUEST"
    assert store.get_logged_model(model_id).params == {"a": "1"}
    store.log_logged_model_params(model_id, [])


def test_calls_whose_answer_was_lost_may_be_sent_again(
    store: MongoTrackingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def twice(command: Any, *args: Any, **kwargs: Any) -> Any:
        command(*args, **kwargs)
        return command(*args, **kwargs)

    run_id, model_id = new_run(store), store.create_logged_model("0", "m").model_id
    monkeypatch.setattr(retry, "call", twice)
    store.log_logged_model_params(model_id, [LoggedModelParameter("a.b", "1")])
    store.set_logged_model_tags(model_id, [LoggedModelTag("kept", "1"), LoggedModelTag("lost", "1")])
    store.delete_logged_model_tag(model_id, "lost")
    store.set_model_versions_tags("fraud", "1", model_id)
    store.log_metric(run_id, Metric("loss", 1.0, 0, 0, model_id))
    store.log_outputs(run_id, [LoggedModelOutput(model_id, 7)])
    store.finalize_logged_model(model_id, LoggedModelStatus.READY)
    model = store.get_logged_model(model_id)

    assert model.params == {"a.b": "1"}
    assert model.tags == {"kept": "1", "mlflow.modelVersions": '[{"name": "fraud", "version": "1"}]'}
    assert [one.value for one in model.metrics or []] == [1.0]
    assert [one.step for one in store.get_run(run_id).outputs.model_outputs] == [7]


def test_a_status_is_found_by_its_name(store: MongoTrackingStore) -> None:
    for name, status in [("r", LoggedModelStatus.READY), ("f", LoggedModelStatus.FAILED), ("p", None)]:
        model = store.create_logged_model("0", name)
        if status:
            store.finalize_logged_model(model.model_id, status)

    assert names(store, "status = 'READY'") == ["r"]
    assert names(store, "status IN ('READY', 'FAILED')", order_by=[{"field_name": "name"}]) == ["f", "r"]
    assert names(store, order_by=[{"field_name": "status"}]) == ["p", "r", "f"]


def test_what_a_server_hands_over_is_taken(store: MongoTrackingStore) -> None:
    """Protobuf containers, empty texts and integers instead of lists, None and texts."""
    from mlflow.protos.service_pb2 import SearchLoggedModels

    store.create_logged_model("0", "m", source_run_id="", model_type="")
    request = SearchLoggedModels(experiment_ids=["0", "0"])
    page = store.search_logged_models(request.experiment_ids, "", None, 0, None, "")

    assert [model.name for model in page] == ["m"]
    assert (page[0].source_run_id, page[0].model_type) == (None, None)
    assert [model.name for model in store.search_logged_models([0])] == ["m"]  # type: ignore[list-item]
