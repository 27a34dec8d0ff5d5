"""What a tracking store promises about experiments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from mlflow.entities import ExperimentTag, LifecycleStage, ViewType

from genesis_flow.testing.expect import BAD_REQUEST, BAD_STATE, BAD_VALUE, EXISTS, MISSING, refused
from genesis_flow.testing.samples import ODD_KEYS, run_id_of

if TYPE_CHECKING:
    from genesis_flow.testing.contract import TrackingStore as TrackingBase


class CreateExperimentSuite:
    """Creation, names and locations."""

    def test_default_experiment_is_there_from_the_start(self, store: TrackingBase) -> None:
        """Clients that name no experiment log into number 0."""
        default = store.get_experiment("0")

        assert (default.name, default.lifecycle_stage) == ("Default", LifecycleStage.ACTIVE)

    def test_ids_are_digits_that_grow(self, store: TrackingBase) -> None:
        """Users call int() on them, and the prompt filter insists."""
        first, second = (store.create_experiment(name, None, []) for name in ("first", "second"))

        assert isinstance(first, str)
        assert 0 < int(first) < int(second)

    def test_location_lies_below_the_root_that_the_default_experiment_shows(
        self, store: TrackingBase
    ) -> None:
        """Its last segment is the experiment's id."""
        experiment_id = store.create_experiment("e", None, [])

        root = store.get_experiment("0").artifact_location.removesuffix("/0")
        assert store.artifact_root_uri == root
        assert store.get_experiment(experiment_id).artifact_location == f"{root}/{experiment_id}"

    def test_given_location_is_kept(self, store: TrackingBase) -> None:
        """A URI of a foreign scheme is left as it is."""
        experiment_id = store.create_experiment("e", "s3://bucket/path", [])

        assert store.get_experiment(experiment_id).artifact_location == "s3://bucket/path"

    def test_local_location_becomes_absolute(self, store: TrackingBase) -> None:
        """A relative path would mean another place in another process."""
        experiment_id = store.create_experiment("e", "some/where", [])

        assert store.get_experiment(experiment_id).artifact_location == str(Path.cwd() / "some/where")

    def test_empty_location_and_no_tags_mean_the_defaults(self, store: TrackingBase) -> None:
        """The server passes "" and [] where the client passes None."""
        first, second = store.create_experiment("a", "", []), store.create_experiment("b", None, None)

        assert store.get_experiment(first).artifact_location.endswith(f"/{first}")
        assert store.get_experiment(second).artifact_location.endswith(f"/{second}")
        assert store.get_experiment(second).tags == {}

    def test_overlong_location_is_refused(self, store: TrackingBase) -> None:
        """A location has at most 2,048 characters."""
        with refused(BAD_VALUE):
            store.create_experiment("e", "s3://" + "x" * 2048, [])

    @pytest.mark.parametrize("name", [None, "", 5, "x" * 501], ids=["none", "empty", "number", "long"])
    def test_bad_name_is_refused(self, store: TrackingBase, name: Any) -> None:
        """A name is a text of 1 to 500 characters."""
        with refused(BAD_VALUE):
            store.create_experiment(name, None, [])

    @pytest.mark.parametrize("name", ["x" * 500, "a/b.c$d", "$name", "Ünï 🚀", " "], ids=str)
    def test_any_other_name_is_good(self, store: TrackingBase, name: str) -> None:
        """There are no forbidden characters."""
        experiment_id = store.create_experiment(name, None, [])

        assert store.get_experiment(experiment_id).name == name
        assert store.get_experiment_by_name(name).experiment_id == experiment_id

    def test_name_is_taken_once(self, store: TrackingBase) -> None:
        """Two experiments never share a name."""
        store.create_experiment("e", None, [])

        with refused(EXISTS, "already exists"):
            store.create_experiment("e", None, [])

    def test_name_of_a_deleted_experiment_stays_taken(self, store: TrackingBase) -> None:
        """It may be restored at any time."""
        store.delete_experiment(store.create_experiment("e", None, []))

        with refused(EXISTS):
            store.create_experiment("e", None, [])

    def test_refused_creation_leaves_nothing(self, store: TrackingBase) -> None:
        """A bad tag is found before the name is taken."""
        with refused(BAD_VALUE):
            store.create_experiment("e", None, [ExperimentTag("k", "v" * 20001)])

        assert store.get_experiment_by_name("e") is None

    def test_stamps_are_equal_at_first(self, store: TrackingBase) -> None:
        """Milliseconds since 1970."""
        experiment = store.get_experiment(store.create_experiment("e", None, []))

        assert experiment.creation_time == experiment.last_update_time
        assert isinstance(experiment.creation_time, int)
        assert experiment.creation_time > 1_600_000_000_000


class ExperimentLifeSuite:
    """Reading, deletion, restoration, renaming."""

    def test_unknown_experiment_is_missing(self, store: TrackingBase) -> None:
        """By id it raises, by name it is None: clients tell the two apart."""
        with refused(MISSING, "No Experiment with id=4711 exists"):
            store.get_experiment("4711")

        assert store.get_experiment_by_name("nobody") is None

    def test_id_that_is_no_number_is_refused(self, store: TrackingBase) -> None:
        """It could never exist."""
        with refused(BAD_VALUE):
            store.get_experiment("not-a-number")

    @pytest.mark.parametrize("experiment_id", [None, "", "0", 0])
    def test_no_id_means_the_default_experiment(self, store: TrackingBase, experiment_id: Any) -> None:
        """Old clients send none; some send a number."""
        assert store.get_experiment(experiment_id).experiment_id == "0"

    def test_deleted_experiment_can_still_be_read(self, store: TrackingBase) -> None:
        """Both by id and by name."""
        experiment_id = store.create_experiment("e", None, [])
        store.delete_experiment(experiment_id)

        assert store.get_experiment(experiment_id).lifecycle_stage == LifecycleStage.DELETED
        assert store.get_experiment_by_name("e").lifecycle_stage == LifecycleStage.DELETED

    def test_default_experiment_can_be_deleted(self, store: TrackingBase) -> None:
        """And stays deleted."""
        store.delete_experiment("0")

        assert store.get_experiment("0").lifecycle_stage == LifecycleStage.DELETED

    def test_deletion_takes_the_runs_along(self, store: TrackingBase) -> None:
        """A run of a deleted experiment is deleted, whichever way one looks."""
        experiment_id = store.create_experiment("e", None, [])
        run_id = run_id_of(store, experiment_id)
        elsewhere = run_id_of(store)
        store.delete_experiment(experiment_id)

        assert store.get_run(run_id).info.lifecycle_stage == LifecycleStage.DELETED
        assert store.get_run(elsewhere).info.lifecycle_stage == LifecycleStage.ACTIVE
        assert [
            run.info.run_id for run in store.search_runs([experiment_id], None, ViewType.DELETED_ONLY)
        ] == [run_id]

    def test_restoration_brings_every_run_back(self, store: TrackingBase) -> None:
        """Also one that had been deleted on its own before."""
        experiment_id = store.create_experiment("e", None, [])
        runs = [run_id_of(store, experiment_id) for _ in range(2)]
        store.delete_run(runs[0])
        store.delete_experiment(experiment_id)
        store.restore_experiment(experiment_id)

        assert store.get_experiment(experiment_id).lifecycle_stage == LifecycleStage.ACTIVE
        assert [store.get_run(run).info.lifecycle_stage for run in runs] == [LifecycleStage.ACTIVE] * 2

    def test_deletion_needs_an_active_experiment(self, store: TrackingBase) -> None:
        """A deleted one is as missing as one that never was."""
        experiment_id = store.create_experiment("e", None, [])
        store.delete_experiment(experiment_id)

        with refused(MISSING):
            store.delete_experiment(experiment_id)
        with refused(MISSING):
            store.delete_experiment("4711")

    def test_restoration_needs_a_deleted_experiment(self, store: TrackingBase) -> None:
        """An active one is missing among the deleted."""
        experiment_id = store.create_experiment("e", None, [])

        with refused(MISSING):
            store.restore_experiment(experiment_id)
        with refused(MISSING):
            store.restore_experiment("4711")

    def test_deletion_and_restoration_are_updates(self, store: TrackingBase) -> None:
        """Creation time stays, update time does not go back."""
        experiment_id = store.create_experiment("e", None, [])
        before = store.get_experiment(experiment_id)
        store.delete_experiment(experiment_id)
        store.restore_experiment(experiment_id)
        after = store.get_experiment(experiment_id)

        assert after.creation_time == before.creation_time
        assert after.last_update_time >= before.last_update_time

    def test_rename_moves_the_name(self, store: TrackingBase) -> None:
        """The old one is free again."""
        experiment_id = store.create_experiment("old", None, [])
        store.rename_experiment(experiment_id, "new")

        assert store.get_experiment(experiment_id).name == "new"
        assert store.get_experiment_by_name("old") is None
        assert store.create_experiment("old", None, []) != experiment_id

    def test_rename_to_its_own_name_is_fine(self, store: TrackingBase) -> None:
        """It changes nothing."""
        experiment_id = store.create_experiment("e", None, [])
        store.rename_experiment(experiment_id, "e")

        assert store.get_experiment_by_name("e").experiment_id == experiment_id

    def test_rename_to_a_taken_name_is_refused(self, store: TrackingBase) -> None:
        """With the code that MLflow's SQL store answers, and both keep their names."""
        first = store.create_experiment("first", None, [])
        second = store.create_experiment("second", None, [])

        with refused(BAD_REQUEST):
            store.rename_experiment(first, "second")

        assert store.get_experiment(first).name == "first"
        assert store.get_experiment_by_name("second").experiment_id == second

    @pytest.mark.parametrize("name", [None, "", 5, "x" * 501], ids=["none", "empty", "number", "long"])
    def test_rename_to_a_bad_name_is_refused(self, store: TrackingBase, name: Any) -> None:
        """The rules are those of creation."""
        with refused(BAD_VALUE):
            store.rename_experiment("0", name)

    def test_rename_needs_an_active_experiment(self, store: TrackingBase) -> None:
        """A deleted one is in the wrong state, an unknown one is missing."""
        experiment_id = store.create_experiment("e", None, [])
        store.delete_experiment(experiment_id)

        with refused(BAD_STATE):
            store.rename_experiment(experiment_id, "new")
        with refused(MISSING):
            store.rename_experiment("4711", "new")


class ExperimentTagsSuite:
    """Tags of an experiment."""

    @pytest.mark.parametrize("key", ODD_KEYS)
    def test_any_key_that_mlflow_allows_survives(self, store: TrackingBase, key: str) -> None:
        """Set at creation, overwritten, deleted."""
        experiment_id = store.create_experiment("e", None, [ExperimentTag(key, "first")])
        assert store.get_experiment(experiment_id).tags == {key: "first"}

        store.set_experiment_tag(experiment_id, ExperimentTag(key, "second"))
        assert store.get_experiment(experiment_id).tags == {key: "second"}

        store.delete_experiment_tag(experiment_id, key)
        assert store.get_experiment(experiment_id).tags == {}

    @pytest.mark.parametrize("value", ["", "x" * 20000, "$set", "a.b", "line\nline", "🚀"], ids=repr)
    def test_any_value_survives(self, store: TrackingBase, value: str) -> None:
        """Up to 20,000 characters."""
        store.set_experiment_tag("0", ExperimentTag("k", value))

        assert store.get_experiment("0").tags["k"] == value

    @pytest.mark.parametrize(
        ("key", "value"), [("k" * 251, "v"), ("k", "v" * 20001), (None, "v"), ("a//b", "v"), ("$k", "v")]
    )
    def test_bad_tag_is_refused(self, store: TrackingBase, key: Any, value: str) -> None:
        """At creation and later: 250 characters of key, 20,000 of value, no path tricks."""
        with refused(BAD_VALUE):
            store.create_experiment("e", None, [ExperimentTag(key, value)])
        with refused(BAD_VALUE):
            store.set_experiment_tag("0", ExperimentTag(key, value))

    def test_tag_does_not_touch_the_update_time(self, store: TrackingBase) -> None:
        """Only deletion, restoration and renaming do."""
        experiment_id = store.create_experiment("e", None, [])
        before = store.get_experiment(experiment_id).last_update_time
        store.set_experiment_tag(experiment_id, ExperimentTag("k", "v"))

        assert store.get_experiment(experiment_id).last_update_time == before

    def test_tags_of_a_deleted_experiment_are_frozen(self, store: TrackingBase) -> None:
        """Neither set nor deleted."""
        experiment_id = store.create_experiment("e", None, [ExperimentTag("k", "v")])
        store.delete_experiment(experiment_id)

        with refused(BAD_VALUE, "active"):
            store.set_experiment_tag(experiment_id, ExperimentTag("k", "w"))
        with refused(BAD_VALUE, "active"):
            store.delete_experiment_tag(experiment_id, "k")
        assert store.get_experiment(experiment_id).tags == {"k": "v"}

    def test_unknown_experiment_has_no_tags(self, store: TrackingBase) -> None:
        """It is missing for every verb."""
        with refused(MISSING):
            store.set_experiment_tag("4711", ExperimentTag("k", "v"))
        with refused(MISSING):
            store.delete_experiment_tag("4711", "k")

    def test_deletion_of_an_absent_tag_is_refused(self, store: TrackingBase) -> None:
        """And says which."""
        with refused(MISSING, "nothing-here"):
            store.delete_experiment_tag("0", "nothing-here")
