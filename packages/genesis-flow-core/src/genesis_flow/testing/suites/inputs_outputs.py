"""What a tracking store promises about the inputs and outputs of runs: datasets and logged models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelInput, LoggedModelOutput, ViewType

from genesis_flow.testing.expect import BAD_VALUE, MISSING, refused
from genesis_flow.testing.samples import a_dataset, run_id_of

if TYPE_CHECKING:
    from genesis_flow.testing.contract import TrackingStore as TrackingBase


def datasets_of(store: TrackingBase, run_id: str) -> dict[tuple[str, str], dict[str, str]]:
    """Return (name, digest) -> input tags of a run's datasets."""
    return {
        (one.dataset.name, one.dataset.digest): {tag.key: tag.value for tag in one.tags}
        for one in store.get_run(run_id).inputs.dataset_inputs
    }


class DatasetInputsSuite:
    """`log_inputs` with datasets."""

    def test_dataset_comes_back_in_full(self, store: TrackingBase) -> None:
        """With source, schema, profile and tags; from a search too."""
        run_id = run_id_of(store)
        given = a_dataset("iris", context="train", source='{"uri": "/x"}', schema='{"a": 1}', profile="150")
        store.log_inputs(run_id, [given], [])

        for run in (store.get_run(run_id), store.search_runs(["0"], None, ViewType.ALL)[0]):
            (logged,) = run.inputs.dataset_inputs
            assert dict(logged.dataset) == dict(given.dataset)
            assert [dict(tag) for tag in logged.tags] == [dict(tag) for tag in given.tags]

    def test_inputs_add_up(self, store: TrackingBase) -> None:
        """In one call and over calls; the digest tells equal names apart."""
        run_id = run_id_of(store)
        store.log_inputs(run_id, [a_dataset("iris"), a_dataset("iris", "d2", context="test")], None)
        store.log_inputs(run_id, [a_dataset("wine")], None)

        assert datasets_of(store, run_id) == {
            ("iris", "d1"): {},
            ("iris", "d2"): {"mlflow.data.context": "test"},
            ("wine", "d1"): {},
        }

    def test_first_description_of_a_dataset_stays(self, store: TrackingBase) -> None:
        """Per experiment, name and digest, also when another run logs it."""
        first, second = run_id_of(store), run_id_of(store)
        store.log_inputs(first, [a_dataset(schema="first", profile="first")], [])
        store.log_inputs(second, [a_dataset(schema="second", profile="second")], [])
        elsewhere = run_id_of(store, store.create_experiment("e", None, []))
        store.log_inputs(elsewhere, [a_dataset(schema="second", profile="second")], [])

        schemas = [
            store.get_run(run_id).inputs.dataset_inputs[0].dataset.schema
            for run_id in (first, second, elsewhere)
        ]
        assert schemas == ["first", "first", "second"]

    def test_tags_belong_to_the_pair_of_run_and_dataset(self, store: TrackingBase) -> None:
        """Logged again in the same run the dataset keeps its first tags; in another run it has others."""
        first, second = run_id_of(store), run_id_of(store)
        store.log_inputs(first, [a_dataset(context="train")], [])
        store.log_inputs(first, [a_dataset(context="test")], [])
        store.log_inputs(second, [a_dataset(context="test")], [])

        assert datasets_of(store, first) == {("iris", "d1"): {"mlflow.data.context": "train"}}
        assert datasets_of(store, second) == {("iris", "d1"): {"mlflow.data.context": "test"}}

    def test_first_of_equal_datasets_in_a_call_counts(self, store: TrackingBase) -> None:
        """The others are dropped with their tags."""
        run_id = run_id_of(store)
        store.log_inputs(run_id, [a_dataset(context="first"), a_dataset(context="second")], [])

        assert datasets_of(store, run_id) == {("iris", "d1"): {"mlflow.data.context": "first"}}

    @pytest.mark.parametrize(
        "bad",
        [
            {"name": None},
            {"name": "x" * 501},
            {"digest": None},
            {"digest": "x" * 37},
            {"source_type": None},
            {"source": None},
            {"source": "x" * 65536},
            {"schema": "x" * 1048576},
            {"profile": "x" * 16777216},
        ],
        ids=lambda bad: repr(bad)[:24],
    )
    def test_bad_dataset_is_refused(self, store: TrackingBase, bad: dict[str, Any]) -> None:
        """Names of 500 characters, digests of 36, sources of 64 KiB, schemas of 1 MiB, profiles of 16 MiB."""
        run_id = run_id_of(store)
        fields = {"name": "n", "digest": "d", "source_type": "local", "source": "s"} | bad

        with refused(BAD_VALUE):
            store.log_inputs(run_id, [DatasetInput(Dataset(**fields), [])], [])
        assert datasets_of(store, run_id) == {}

    @pytest.mark.parametrize(("key", "value"), [("k" * 256, "v"), ("k", "v" * 501), (None, "v")])
    def test_bad_tag_is_refused(self, store: TrackingBase, key: Any, value: str) -> None:
        """255 characters of key, 500 of value."""
        dataset = DatasetInput(a_dataset().dataset, [InputTag(key, value)])

        with refused(BAD_VALUE):
            store.log_inputs(run_id_of(store), [dataset], [])

    @pytest.mark.parametrize("key", ["a.b", "$set", "a/b", "é", "k" * 255])
    def test_any_other_tag_survives(self, store: TrackingBase, key: str) -> None:
        """No sign is special."""
        run_id = run_id_of(store)
        store.log_inputs(run_id, [DatasetInput(a_dataset().dataset, [InputTag(key, "v")])], [])

        assert datasets_of(store, run_id) == {("iris", "d1"): {key: "v"}}

    def test_nothing_at_all_is_fine(self, store: TrackingBase) -> None:
        """None and empty lists."""
        run_id = run_id_of(store)
        store.log_inputs(run_id, None, None)
        store.log_inputs(run_id, [], [])

        assert datasets_of(store, run_id) == {}

    def test_unknown_run_is_refused(self, store: TrackingBase) -> None:
        """And an impossible id is told from it."""
        with refused(MISSING):
            store.log_inputs("0" * 32, [a_dataset()], [])
        with refused(BAD_VALUE):
            store.log_inputs("a/b", [a_dataset()], [])


class DatasetSummariesSuite:
    """`_search_datasets`: what the UI offers to filter by."""

    def test_one_summary_for_each_context(self, store: TrackingBase) -> None:
        """Distinct over the runs of the experiments that are asked for; no context is a context."""
        experiment_id, other = (store.create_experiment(name, None, []) for name in "ab")
        for context in ("train", "train", "test", None):
            store.log_inputs(run_id_of(store, experiment_id), [a_dataset("iris", context=context)], [])
        store.log_inputs(run_id_of(store, experiment_id), [a_dataset("wine", "d2")], [])
        store.log_inputs(run_id_of(store, other), [a_dataset("elsewhere")], [])
        found = store._search_datasets([experiment_id])

        summaries = [(one.experiment_id, one.name, one.digest, one.context) for one in found]
        assert len(summaries) == 4
        assert set(summaries) == {
            (experiment_id, "iris", "d1", None),
            (experiment_id, "iris", "d1", "test"),
            (experiment_id, "iris", "d1", "train"),
            (experiment_id, "wine", "d2", None),
        }
        assert len(store._search_datasets([experiment_id, other])) == 5
        assert store._search_datasets([]) == []


class ModelLinksSuite:
    """Logged models as inputs and outputs of runs."""

    def test_links_come_back(self, store: TrackingBase) -> None:
        """Inputs and outputs; a search shows outputs only, as MLflow's does."""
        run_id = run_id_of(store)
        store.log_inputs(run_id, None, [LoggedModelInput("m-1"), LoggedModelInput("m-2")])
        store.log_outputs(run_id, [LoggedModelOutput("m-3", 0), LoggedModelOutput("m-4", 7)])
        run, found = store.get_run(run_id), store.search_runs(["0"], None, ViewType.ALL)[0]

        assert {one.model_id for one in run.inputs.model_inputs} == {"m-1", "m-2"}
        assert {one.model_id: one.step for one in run.outputs.model_outputs} == {"m-3": 0, "m-4": 7}
        assert found.inputs.model_inputs == []
        assert {one.model_id: one.step for one in found.outputs.model_outputs} == {"m-3": 0, "m-4": 7}

    def test_same_model_input_twice_is_one(self, store: TrackingBase) -> None:
        """Loading a model twice in a run is common."""
        run_id = run_id_of(store)
        for _ in range(2):
            store.log_inputs(run_id, None, [LoggedModelInput("m-1")])

        assert [one.model_id for one in store.get_run(run_id).inputs.model_inputs] == ["m-1"]

    def test_outputs_add_up(self, store: TrackingBase) -> None:
        """Over calls."""
        run_id = run_id_of(store)
        store.log_outputs(run_id, [LoggedModelOutput("m-1", 0)])
        store.log_outputs(run_id, [LoggedModelOutput("m-2", 1)])

        assert {one.model_id for one in store.get_run(run_id).outputs.model_outputs} == {"m-1", "m-2"}

    def test_unknown_run_is_refused(self, store: TrackingBase) -> None:
        """For outputs as for inputs."""
        with refused(MISSING):
            store.log_outputs("0" * 32, [LoggedModelOutput("m-1", 0)])
        with refused(MISSING):
            store.log_inputs("0" * 32, None, [LoggedModelInput("m-1")])
