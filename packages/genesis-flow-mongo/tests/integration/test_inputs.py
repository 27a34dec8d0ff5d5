"""Inputs and outputs of runs in the database: nothing half done, nothing twice, few round trips."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelInput, LoggedModelOutput, ViewType
from mlflow.exceptions import MlflowException
from mlflow.models import Model
from mlflow.utils.mlflow_tags import MLFLOW_LOGGED_MODELS

from genesis_flow_mongo.tracking.store import MongoTrackingStore

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(mongo_uri: str, tmp_path: Path) -> MongoTrackingStore:
    return MongoTrackingStore(mongo_uri, str(tmp_path))


def new_run(store: MongoTrackingStore, experiment_id: str = "0") -> str:
    run_id: str = store.create_run(experiment_id, "ada", 0, [], "run").info.run_id
    return run_id


def iris(digest: str = "d1", context: str | None = None, **fields: Any) -> DatasetInput:
    tags = [InputTag("mlflow.data.context", context)] if context else []
    return DatasetInput(Dataset("iris", digest, "local", "/data", **fields), tags)


def everything(store: MongoTrackingStore) -> dict[str, list[dict[str, Any]]]:
    database = store._runs._runs._context.database()
    names = ("runs", "datasets", "logged_models", "logged_model_metrics")
    return {name: list(database[name].find().sort("_id")) for name in names}


def test_a_refused_call_leaves_nothing_behind(store: MongoTrackingStore) -> None:
    run_id = new_run(store)
    store.delete_run(run_id)
    before = everything(store)
    calls = [
        lambda: store.log_inputs(run_id, [iris()], [LoggedModelInput("m-1")]),
        lambda: store.log_outputs(run_id, [LoggedModelOutput("m-1", 0)]),
        lambda: store.record_logged_model(run_id, Model("path", run_id)),
    ]

    for call in calls:
        with pytest.raises(MlflowException, match="'active' state") as caught:
            call()
        assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
    assert everything(store) == before


def test_a_deleted_run_takes_no_link_even_if_it_was_active_a_moment_ago(store: MongoTrackingStore) -> None:
    """The update's own filter decides, not what was read before it."""
    run_id = new_run(store)
    head = store._run_links.head(run_id)
    store.delete_run(run_id)

    assert head is not None
    assert head["lifecycle_stage"] == "active"
    assert not store._run_links.add_inputs(run_id, [{"dataset_id": "d"}], ["m-1"])
    assert not store._run_links.add_outputs(run_id, [LoggedModelOutput("m-1", 0)])


def test_one_dataset_logged_by_many_threads_is_one_link(store: MongoTrackingStore) -> None:
    run_id = new_run(store)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: store.log_inputs(run_id, [iris()], [LoggedModelInput("m-1")]), range(32)))
    inputs = store.get_run(run_id).inputs

    assert len(inputs.dataset_inputs) == 1
    assert [one.model_id for one in inputs.model_inputs] == ["m-1"]


def test_a_dataset_linked_a_moment_ago_is_not_linked_again(store: MongoTrackingStore) -> None:
    """The update's own filter decides here, too."""
    run_id = new_run(store)
    store.log_inputs(run_id, [iris(context="train")])
    (link,) = everything(store)["runs"][0]["inputs"]

    assert store._run_links.add_inputs(run_id, [{**link, "tags": [["late", "1"]]}], [])
    assert everything(store)["runs"][0]["inputs"] == [link]


def test_an_output_given_out_again_moves_to_the_new_step(store: MongoTrackingStore) -> None:
    run_id = new_run(store)
    store.log_outputs(run_id, [LoggedModelOutput("m-1", 0), LoggedModelOutput("m-2", 0)])
    store.log_outputs(run_id, [LoggedModelOutput("m-1", 5)])
    outputs = store.get_run(run_id).outputs.model_outputs

    assert [(one.model_id, one.step) for one in outputs] == [("m-1", 5), ("m-2", 0)]


def test_many_links_in_one_call(store: MongoTrackingStore) -> None:
    run_id = new_run(store)
    store.log_inputs(
        run_id, [iris(str(n)) for n in range(300)], [LoggedModelInput(f"m-{n}") for n in range(300)]
    )
    store.log_outputs(run_id, [LoggedModelOutput(f"m-{n}", n) for n in range(300)])
    run = store.get_run(run_id)

    assert {one.dataset.digest for one in run.inputs.dataset_inputs} == {str(n) for n in range(300)}
    assert len(run.inputs.model_inputs) == 300
    assert [one.step for one in run.outputs.model_outputs] == list(range(300))


def test_the_largest_profile_that_mlflow_allows_is_stored(store: MongoTrackingStore) -> None:
    run_id = new_run(store)
    profile = random.Random(7).randbytes(8_388_608).hex()[:16_777_215]
    store.log_inputs(run_id, [iris(profile=profile)])
    (found,) = store.get_run(run_id).inputs.dataset_inputs

    assert found.dataset.profile == profile


def test_what_cannot_be_stored_is_refused_as_a_bad_value(store: MongoTrackingStore) -> None:
    """As many letters as MLflow allows, but drawn so evenly that no compression gets them into a document."""
    profile = random.Random(7).randbytes(16_777_215).decode("latin-1")
    run_id = new_run(store)

    with pytest.raises(MlflowException) as caught:
        store.log_inputs(run_id, [iris(profile=profile)])
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
    assert store.get_run(run_id).inputs.dataset_inputs == []


def test_runs_are_found_by_their_datasets(store: MongoTrackingStore) -> None:
    run_id, _ = new_run(store), new_run(store)
    store.log_inputs(run_id, [iris(context="train")])

    for text in ("dataset.name = 'iris'", "dataset.digest LIKE 'd%'", "dataset.context = 'train'"):
        found = store.search_runs(["0"], text, ViewType.ACTIVE_ONLY)
        assert [run.info.run_id for run in found] == [run_id]


def test_at_most_a_thousand_summaries(store: MongoTrackingStore) -> None:
    run_id, other = new_run(store), new_run(store)
    store.log_inputs(run_id, [iris(str(n)) for n in range(700)])
    store.log_inputs(other, [iris(str(n), context="eval") for n in range(700)])
    found = store._search_datasets(["0"])

    assert len(found) == len({(one.digest, one.context) for one in found}) == 1000


def test_models_recorded_at_once_are_all_recorded(store: MongoTrackingStore) -> None:
    run_id = new_run(store)
    models = [Model(f"path-{n}", run_id) for n in range(16)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda model: store.record_logged_model(run_id, model), models))
    history = store.get_run(run_id).data.tags[MLFLOW_LOGGED_MODELS]

    assert all(f'"path-{n}"' in history for n in range(16))


def test_only_a_model_is_recorded_and_only_a_list_logged(store: MongoTrackingStore) -> None:
    """As in MLflow's SQL store."""
    run_id = new_run(store)

    with pytest.raises(TypeError, match="mlflow_model"):
        store.record_logged_model(run_id, {"artifact_path": "m"})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="datasets"):
        store.log_inputs(run_id, (iris(),))  # type: ignore[arg-type]


def test_a_history_that_is_no_list_is_left_alone(store: MongoTrackingStore) -> None:
    from mlflow.entities import RunTag

    run_id = new_run(store)
    store.set_tag(run_id, RunTag(MLFLOW_LOGGED_MODELS, "my own text"))

    with pytest.raises(MlflowException, match="my own text") as caught:
        store.record_logged_model(run_id, Model("path", run_id))
    assert caught.value.error_code == "INVALID_STATE"
