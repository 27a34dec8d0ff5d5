"""What a tracking store promises about runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from mlflow.entities import LifecycleStage, Run, RunStatus, RunTag

from genesis_flow.testing.expect import BAD_VALUE, MISSING, refused
from genesis_flow.testing.samples import a_run, metric, params, run_id_of

if TYPE_CHECKING:
    from genesis_flow.testing.contract import TrackingStore as TrackingBase


class CreateRunSuite:
    """Creation and names of runs."""

    def test_run_comes_back_as_it_was_created(self, store: TrackingBase) -> None:
        """What creation returns and what a read returns agree in every field."""
        experiment_id = store.create_experiment("e", None, [])
        created = store.create_run(experiment_id, "ada", 1234, [RunTag("k", "v")], "first")
        read = store.get_run(created.info.run_id)

        for run in (created, read):
            assert run.info.experiment_id == experiment_id
            assert (run.info.user_id, run.info.start_time, run.info.end_time) == ("ada", 1234, None)
            assert (run.info.run_name, run.info.status) == ("first", RunStatus.to_string(RunStatus.RUNNING))
            assert run.info.lifecycle_stage == LifecycleStage.ACTIVE
            assert run.data.tags == {"k": "v", "mlflow.runName": "first"}
            assert (run.data.metrics, run.data.params) == ({}, {})
            assert run.inputs.dataset_inputs == []
        assert dict(created.info) == dict(read.info)

    def test_id_is_32_hexadecimal_digits(self, store: TrackingBase) -> None:
        """As MLflow makes them; two runs never share one."""
        first, second = run_id_of(store), run_id_of(store)

        assert len(first) == 32
        assert set(first) <= set("0123456789abcdef")
        assert first != second

    def test_artifacts_lie_below_the_experiment(self, store: TrackingBase) -> None:
        """In `<location>/<run id>/artifacts`; a query string stays at the end."""
        plain = store.create_experiment("plain", "s3://bucket/path", [])
        query = store.create_experiment("query", "s3://bucket/path?sv=1", [])
        first, second = a_run(store, plain).info, a_run(store, query).info

        assert first.artifact_uri == f"s3://bucket/path/{first.run_id}/artifacts"
        assert second.artifact_uri == f"s3://bucket/path/{second.run_id}/artifacts?sv=1"

    @pytest.mark.parametrize("name", [None, ""])
    def test_nameless_run_gets_a_name(self, store: TrackingBase, name: str | None) -> None:
        """In the info and in the tag."""
        run = store.create_run("0", "ada", 0, [], name)

        assert run.info.run_name
        assert run.data.tags == {"mlflow.runName": run.info.run_name}
        assert store.get_run(run.info.run_id).info.run_name == run.info.run_name

    @pytest.mark.parametrize("name", [None, "same"])
    def test_name_may_come_as_a_tag(self, store: TrackingBase, name: str | None) -> None:
        """Alone, or beside an equal name."""
        run = store.create_run("0", "ada", 0, [RunTag("mlflow.runName", "same")], name)

        assert run.info.run_name == "same"
        assert run.data.tags == {"mlflow.runName": "same"}

    def test_two_different_names_are_refused(self, store: TrackingBase) -> None:
        """Nobody could say which one is meant."""
        with refused(BAD_VALUE, "different values"):
            store.create_run("0", "ada", 0, [RunTag("mlflow.runName", "one")], "two")

    def test_given_tags_are_not_changed(self, store: TrackingBase) -> None:
        """The caller's list stays the caller's."""
        tags = [RunTag("k", "v")]
        store.create_run("0", "ada", 0, tags, "run")

        assert [tag.key for tag in tags] == ["k"]

    def test_no_tags_is_fine(self, store: TrackingBase) -> None:
        """None and an empty list alike."""
        run = store.create_run("0", "ada", 0, None, "run")

        assert run.data.tags == {"mlflow.runName": "run"}

    @pytest.mark.parametrize("key", ["$set", "a$b", "a.b", "_id", "a//b", ""], ids=repr)
    def test_keys_of_tags_are_not_checked_here(self, store: TrackingBase, key: str) -> None:
        """MLflow checks them in set_tag only, and clients rely on it."""
        run = store.create_run("0", "ada", 0, [RunTag(key, "v")], "run")

        assert store.get_run(run.info.run_id).data.tags[key] == "v"

    def test_experiment_must_exist_and_be_active(self, store: TrackingBase) -> None:
        """It is missing, or refused as deleted."""
        experiment_id = store.create_experiment("e", None, [])
        store.delete_experiment(experiment_id)

        with refused(BAD_VALUE, "active"):
            run_id_of(store, experiment_id)
        with refused(MISSING):
            run_id_of(store, "4711")


class RunLifeSuite:
    """Reading, updating, deleting, restoring."""

    @pytest.mark.parametrize("run_id", ["0" * 32, "nobody", ""])
    def test_unknown_run_is_missing(self, store: TrackingBase, run_id: str) -> None:
        """For every verb alike."""
        verbs: list[tuple[Any, ...]] = [
            (store.get_run,),
            (store.delete_run,),
            (store.restore_run,),
            (store.update_run_info, RunStatus.FINISHED, 1, None),
            (store.set_tag, RunTag("k", "v")),
            (store.delete_tag, "k"),
            (store.log_metric, metric()),
            (store.log_param, params(p="1")[0]),
        ]

        for verb, *arguments in verbs:
            with refused(MISSING):
                verb(run_id, *arguments)

    def test_update_sets_status_end_and_name(self, store: TrackingBase) -> None:
        """And returns the new info."""
        run_id = run_id_of(store)
        info = store.update_run_info(run_id, RunStatus.FINISHED, 99, "renamed")
        run = store.get_run(run_id)

        assert (info.status, info.end_time, info.run_name) == ("FINISHED", 99, "renamed")
        assert dict(run.info) == dict(info)
        assert run.data.tags["mlflow.runName"] == "renamed"

    def test_none_leaves_a_field_as_it_is(self, store: TrackingBase) -> None:
        """So an end time cannot be cleared; an empty name is none."""
        run_id = run_id_of(store)
        store.update_run_info(run_id, RunStatus.FAILED, 99, "named")
        store.update_run_info(run_id, None, None, None)
        info = store.update_run_info(run_id, None, None, "")

        assert (info.status, info.end_time, info.run_name) == ("FAILED", 99, "named")

    def test_ended_run_can_run_again(self, store: TrackingBase) -> None:
        """Resuming a run sets its status back; its end stays."""
        run_id = run_id_of(store)
        store.update_run_info(run_id, RunStatus.FINISHED, 99, None)
        info = store.update_run_info(run_id, RunStatus.RUNNING, None, None)

        assert (info.status, info.end_time) == ("RUNNING", 99)

    @pytest.mark.parametrize("status", RunStatus.all_status())
    def test_every_status_is_kept(self, store: TrackingBase, status: int) -> None:
        """They come as numbers and go as names."""
        run_id = run_id_of(store)
        store.update_run_info(run_id, status, None, None)

        assert store.get_run(run_id).info.status == RunStatus.to_string(status)

    def test_deletion_keeps_everything(self, store: TrackingBase) -> None:
        """A deleted run can be read in full, and restored."""
        run_id = self._full_run(store)
        before = store.get_run(run_id)
        store.delete_run(run_id)
        deleted = store.get_run(run_id)
        store.restore_run(run_id)

        assert deleted.info.lifecycle_stage == LifecycleStage.DELETED
        assert deleted.data.to_dictionary() == before.data.to_dictionary()
        assert store.get_run(run_id).to_dictionary() == before.to_dictionary()

    def test_deleting_and_restoring_twice_is_fine(self, store: TrackingBase) -> None:
        """Both are idempotent."""
        run_id = run_id_of(store)
        store.restore_run(run_id)
        store.delete_run(run_id)
        store.delete_run(run_id)
        assert store.get_run(run_id).info.lifecycle_stage == LifecycleStage.DELETED

        store.restore_run(run_id)
        store.restore_run(run_id)
        assert store.get_run(run_id).info.lifecycle_stage == LifecycleStage.ACTIVE

    def test_deleted_run_takes_nothing(self, store: TrackingBase) -> None:
        """Every write is refused, and of the refused write nothing shows after a restoration."""
        run_id = self._full_run(store)
        before = store.get_run(run_id)
        store.delete_run(run_id)
        writes: list[tuple[Any, ...]] = [
            (store.update_run_info, RunStatus.FINISHED, 1, "n"),
            (store.set_tag, RunTag("k", "other")),
            (store.delete_tag, "k"),
            (store.log_metric, metric(value=5.0, step=9)),
            (store.log_param, params(new="1")[0]),
            (store.log_param, params(p="2")[0]),
            (store.log_batch, [metric(value=5.0, step=9)], params(new="1"), [RunTag("k", "other")]),
            (store.log_inputs, [], []),
            (store.log_outputs, []),
        ]

        for write, *arguments in writes:
            with refused(BAD_VALUE, "active"):
                write(run_id, *arguments)

        store.restore_run(run_id)
        assert store.get_run(run_id).to_dictionary() == before.to_dictionary()
        assert len(store.get_metric_history(run_id, "loss")) == 1

    @staticmethod
    def _full_run(store: TrackingBase) -> str:
        run: Run = a_run(store, k="v")
        run_id: str = run.info.run_id
        store.log_batch(run_id, [metric(value=1.0)], params(p="1"), [RunTag("t", "1")])
        return run_id
