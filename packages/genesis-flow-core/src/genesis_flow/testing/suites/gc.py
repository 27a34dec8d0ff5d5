"""What a tracking store promises to `mlflow gc`: the methods that are in no interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow.entities import LoggedModelParameter, LoggedModelTag, Param, RunTag, ViewType

from genesis_flow.testing.expect import MISSING, refused
from genesis_flow.testing.samples import a_dataset, metric, run_id_of
from genesis_flow.testing.suites.logged_models import a_model

if TYPE_CHECKING:
    from genesis_flow.testing.contract import TrackingStore as TrackingBase


class GarbageSuite:
    """Finding what is deleted, and removing it for good."""

    def test_deleted_runs_are_found(self, store: TrackingBase) -> None:
        """Those deleted at least so many milliseconds ago."""
        run_id, _ = run_id_of(store), run_id_of(store)
        store.delete_run(run_id)

        assert store._get_deleted_runs() == [run_id]
        assert store._get_deleted_runs(older_than=10**9) == []

        store.restore_run(run_id)
        assert store._get_deleted_runs() == []

    def test_runs_of_a_deleted_experiment_are_found(self, store: TrackingBase) -> None:
        """They were deleted with it."""
        experiment_id = store.create_experiment("e", None, [])
        run_id = run_id_of(store, experiment_id)
        store.delete_experiment(experiment_id)

        assert store._get_deleted_runs() == [run_id]

    def test_removed_run_leaves_nothing(self, store: TrackingBase) -> None:
        """Not in searches, not in histories; other runs keep theirs."""
        run_id, other = run_id_of(store), run_id_of(store)
        for one in (run_id, other):
            store.log_batch(one, [metric()], [Param("p", "1")], [RunTag("t", "1")])
            store.log_inputs(one, [a_dataset()], [])
        store.delete_run(run_id)
        store._hard_delete_run(run_id)

        with refused(MISSING):
            store.get_run(run_id)
        with refused(MISSING):
            store._hard_delete_run(run_id)
        assert list(store.get_metric_history(run_id, "loss")) == []
        assert [run.info.run_id for run in store.search_runs(["0"], None, ViewType.ALL)] == [other]
        assert len(store.get_metric_history(other, "loss")) == 1

    def test_removed_experiment_leaves_nothing(self, store: TrackingBase) -> None:
        """It takes its runs along, and its name is free again."""
        experiment_id = store.create_experiment("e", None, [])
        run_id = run_id_of(store, experiment_id)
        store.log_metric(run_id, metric())
        model_id = a_model(store, experiment_id).model_id
        store.delete_experiment(experiment_id)
        store._hard_delete_experiment(experiment_id)

        with refused(MISSING):
            store.get_experiment(experiment_id)
        with refused(MISSING):
            store.get_run(run_id)
        with refused(MISSING):
            store.get_logged_model(model_id, allow_deleted=True)
        assert store.get_experiment_by_name("e") is None
        assert list(store.get_metric_history(run_id, "loss")) == []
        anew = store.create_experiment("e", None, [])
        assert list(store.search_runs([anew], None, ViewType.ALL)) == []

    def test_only_a_deleted_experiment_can_be_removed(self, store: TrackingBase) -> None:
        """An active one is missing among the deleted."""
        experiment_id = store.create_experiment("e", None, [])

        with refused(MISSING):
            store._hard_delete_experiment(experiment_id)
        assert store.get_experiment(experiment_id).name == "e"

    def test_deleted_models_are_found_and_removed(self, store: TrackingBase) -> None:
        """With their tags, params and metrics; other models keep theirs."""
        model_id, other = (
            a_model(store, tags=[LoggedModelTag("t", "1")], params=[LoggedModelParameter("p", "1")]).model_id
            for _ in range(2)
        )
        for one in (model_id, other):
            store.log_metric(run_id_of(store), metric(model_id=one))
        store.delete_logged_model(model_id)
        assert store._get_deleted_logged_models() == [model_id]
        assert store._get_deleted_logged_models(older_than=10**9) == []

        store._hard_delete_logged_model(model_id)
        assert store._get_deleted_logged_models() == []
        with refused(MISSING):
            store.get_logged_model(model_id, allow_deleted=True)
        with refused(MISSING):
            store._hard_delete_logged_model(model_id)
        assert len(store.get_logged_model(other).metrics or []) == 1
