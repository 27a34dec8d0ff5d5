"""Inputs and outputs of runs as part of a run's document, datasets as documents."""

from __future__ import annotations

from bson.binary import Binary
from mlflow.entities import Dataset, DatasetInput, InputTag

from genesis_flow_mongo.documents.datasets import dataset_from_document, dataset_to_document
from genesis_flow_mongo.documents.run_links import dataset_ids, dataset_link, run_inputs, run_outputs

IRIS = Dataset("iris", "d1", "local", "/data/iris.csv", schema="{}", profile='{"rows": 150}')


def linked(*tags: tuple[str, str]) -> dict:
    return dataset_link("7", DatasetInput(IRIS, [InputTag(*tag) for tag in tags]))


def test_a_run_without_links_took_in_and_gave_out_nothing() -> None:
    inputs = run_inputs({}, {}, with_models=True)

    assert (inputs.dataset_inputs, inputs.model_inputs) == ([], [])
    assert run_outputs({}).model_outputs == []
    assert dataset_ids([{}, {}]) == set()


def test_inputs_come_back_with_their_tags() -> None:
    link = linked(("mlflow.data.context", "train"), ("a.b", "$c"))
    (found,) = run_inputs({"inputs": [link]}, {link["dataset_id"]: IRIS}, with_models=False).dataset_inputs

    assert found.dataset is IRIS
    assert [(tag.key, tag.value) for tag in found.tags] == [("mlflow.data.context", "train"), ("a.b", "$c")]


def test_context_is_absent_unless_it_was_given() -> None:
    assert "context" not in linked(("other", "x"))
    assert linked(("mlflow.data.context", "eval"))["context"] == "eval"


def test_model_inputs_are_told_only_when_asked() -> None:
    run = {"model_inputs": ["m-1", "m-2"]}

    assert [one.model_id for one in run_inputs(run, {}, with_models=True).model_inputs] == ["m-1", "m-2"]
    assert run_inputs(run, {}, with_models=False).model_inputs == []


def test_outputs_keep_their_steps() -> None:
    outputs = run_outputs({"outputs": [{"model_id": "m-1", "step": 3}, {"model_id": "m-2", "step": 0}]})

    assert [(one.model_id, one.step) for one in outputs.model_outputs] == [("m-1", 3), ("m-2", 0)]


def test_dataset_ids_are_those_of_all_runs() -> None:
    link = linked()

    assert dataset_ids([{"inputs": [link]}, {}, {"inputs": [link]}]) == {link["dataset_id"]}


def test_a_dataset_is_known_by_experiment_name_and_digest() -> None:
    documents = [
        dataset_to_document(experiment_id, Dataset(name, digest, "local", "/"))
        for experiment_id, name, digest in [
            ("7", "a", "b"),
            ("8", "a", "b"),
            ("7", "ab", ""),
            ("7", "", "ab"),
        ]
    ]

    assert len({document["_id"] for document in documents}) == 4
    assert dataset_to_document("7", IRIS)["_id"] == linked()["dataset_id"]


def test_short_texts_stay_readable_and_long_ones_are_compressed() -> None:
    long = Dataset("iris", "d1", "local", "/", schema="é" * 70_000, profile="p")
    document = dataset_to_document("7", long)

    assert document["profile"] == "p"
    assert isinstance(document["schema"], Binary)
    assert len(document["schema"]) < 1_000
    for dataset in (IRIS, long):
        assert dataset_from_document(dataset_to_document("7", dataset)) == dataset
