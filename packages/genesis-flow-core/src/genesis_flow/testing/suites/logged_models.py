"""What a tracking store promises about logged models: their life, tags, params and metrics."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from mlflow.entities import LoggedModel, LoggedModelParameter, LoggedModelStatus, LoggedModelTag

from genesis_flow.testing.expect import BAD_REQUEST, BAD_VALUE, MISSING, refused
from genesis_flow.testing.samples import metric, run_id_of

if TYPE_CHECKING:
    from genesis_flow.testing.contract import TrackingStore as TrackingBase

UNKNOWN = "m-" + "0" * 32


def a_model(
    store: TrackingBase, experiment_id: str = "0", name: str | None = "net", **fields: Any
) -> LoggedModel:
    """Create a logged model."""
    model: LoggedModel = store.create_logged_model(experiment_id, name, **fields)
    return model


def points_of(model: LoggedModel) -> list[tuple[Any, ...]]:
    """Return (key, value, step, timestamp, run id, dataset name, digest) of a model's metrics, sorted."""
    return sorted(
        (one.key, one.value, one.step, one.timestamp, one.run_id, one.dataset_name, one.dataset_digest)
        for one in model.metrics or []
    )


class LoggedModelLifeSuite:
    """Creation, reading, finishing, deletion."""

    def test_model_comes_back_as_it_was_created(self, store: TrackingBase) -> None:
        """What creation returns and what a read returns agree in every field."""
        run_id = run_id_of(store)
        created = store.create_logged_model(
            "0",
            "net",
            run_id,
            [LoggedModelTag("t", "1")],
            [LoggedModelParameter("p", "2")],
            "sklearn",
        )
        read = store.get_logged_model(created.model_id)

        assert re.fullmatch("m-[0-9a-f]{32}", created.model_id)
        for model in (created, read):
            assert (model.experiment_id, model.name, model.source_run_id) == ("0", "net", run_id)
            assert (model.tags, model.params, model.model_type) == ({"t": "1"}, {"p": "2"}, "sklearn")
            assert model.status == LoggedModelStatus.PENDING
            assert not model.metrics
            assert model.creation_timestamp == model.last_updated_timestamp
        assert created.artifact_location == read.artifact_location

    def test_artifacts_lie_below_the_experiment(self, store: TrackingBase) -> None:
        """In `<location>/models/<model id>/artifacts`."""
        experiment_id = store.create_experiment("e", "s3://bucket/path", [])
        model = a_model(store, experiment_id)

        assert model.artifact_location == f"s3://bucket/path/models/{model.model_id}/artifacts"

    def test_nameless_model_gets_a_name(self, store: TrackingBase) -> None:
        """A random one."""
        model = a_model(store, name=None)

        assert model.name
        assert store.get_logged_model(model.model_id).name == model.name

    @pytest.mark.parametrize("name", ["", "a/b", "a:b", "a.b", "a%b", 'a"b', "a'b"])
    def test_bad_name_is_refused(self, store: TrackingBase, name: str) -> None:
        """Signs that would break a models:/ URI."""
        with refused(BAD_VALUE):
            a_model(store, name=name)

    def test_same_name_twice_is_fine(self, store: TrackingBase) -> None:
        """The id tells them apart."""
        assert a_model(store).model_id != a_model(store).model_id

    def test_experiment_must_exist_and_be_active(self, store: TrackingBase) -> None:
        """It is missing, or refused as deleted."""
        experiment_id = store.create_experiment("e", None, [])
        store.delete_experiment(experiment_id)

        with refused(BAD_VALUE, "active"):
            a_model(store, experiment_id)
        with refused(MISSING):
            a_model(store, "4711")

    def test_param_given_twice_is_refused(self, store: TrackingBase) -> None:
        """At creation."""
        with refused(BAD_REQUEST):
            a_model(store, params=[LoggedModelParameter("p", "1"), LoggedModelParameter("p", "2")])

    @pytest.mark.parametrize("status", [LoggedModelStatus.READY, LoggedModelStatus.FAILED])
    def test_finishing_sets_the_status(self, store: TrackingBase, status: LoggedModelStatus) -> None:
        """And counts as an update."""
        model = a_model(store)
        finished = store.finalize_logged_model(model.model_id, status)
        read = store.get_logged_model(model.model_id)

        assert finished.status == read.status == status
        assert finished.last_updated_timestamp == read.last_updated_timestamp >= model.last_updated_timestamp

    def test_deleted_model_is_hidden(self, store: TrackingBase) -> None:
        """It can be read on request; deleting it again is fine."""
        model_id = a_model(store, tags=[LoggedModelTag("t", "1")]).model_id
        store.delete_logged_model(model_id)
        store.delete_logged_model(model_id)

        with refused(MISSING):
            store.get_logged_model(model_id)
        assert store.get_logged_model(model_id, allow_deleted=True).tags == {"t": "1"}

    def test_unknown_model_is_missing(self, store: TrackingBase) -> None:
        """For every verb alike."""
        verbs: list[tuple[Any, ...]] = [
            (store.get_logged_model,),
            (store.finalize_logged_model, LoggedModelStatus.READY),
            (store.delete_logged_model,),
            (store.set_logged_model_tags, [LoggedModelTag("t", "1")]),
            (store.delete_logged_model_tag, "t"),
            (store.log_logged_model_params, [LoggedModelParameter("p", "1")]),
        ]

        for verb, *arguments in verbs:
            with refused(MISSING):
                verb(UNKNOWN, *arguments)


class LoggedModelDataSuite:
    """Tags, params and metrics of a logged model."""

    @pytest.mark.parametrize("key", ["a.b", "$set", "a b", "é", "a//b", "_id"])
    def test_any_key_survives(self, store: TrackingBase, key: str) -> None:
        """Of tags and params, at creation and later."""
        created = a_model(
            store, tags=[LoggedModelTag(key, "1")], params=[LoggedModelParameter(key, "1")]
        ).model_id
        later = a_model(store).model_id
        store.set_logged_model_tags(later, [LoggedModelTag(key, "1")])
        store.log_logged_model_params(later, [LoggedModelParameter(key, "1")])

        for model_id in (created, later):
            model = store.get_logged_model(model_id)
            assert (model.tags, model.params) == ({key: "1"}, {key: "1"})

        store.delete_logged_model_tag(created, key)
        assert store.get_logged_model(created).tags == {}

    def test_tags_are_overwritten(self, store: TrackingBase) -> None:
        """The last of equal keys in a call wins; other tags stay."""
        model_id = a_model(store, tags=[LoggedModelTag("t", "1"), LoggedModelTag("u", "1")]).model_id
        store.set_logged_model_tags(model_id, [LoggedModelTag("t", "2"), LoggedModelTag("t", "3")])

        assert store.get_logged_model(model_id).tags == {"t": "3", "u": "1"}

    def test_deleted_model_still_takes_tags(self, store: TrackingBase) -> None:
        """As in MLflow's SQL store."""
        model_id = a_model(store).model_id
        store.delete_logged_model(model_id)
        store.set_logged_model_tags(model_id, [LoggedModelTag("t", "1")])

        assert store.get_logged_model(model_id, allow_deleted=True).tags == {"t": "1"}

    def test_deletion_of_an_absent_tag_is_refused(self, store: TrackingBase) -> None:
        """And says which."""
        with refused(MISSING, "nothing-here"):
            store.delete_logged_model_tag(a_model(store).model_id, "nothing-here")

    @pytest.mark.parametrize("value", ["1", "2"])
    def test_params_are_written_once(self, store: TrackingBase, value: str) -> None:
        """Even the same value is refused."""
        model_id = a_model(store, params=[LoggedModelParameter("p", "1")]).model_id

        with refused(BAD_REQUEST):
            store.log_logged_model_params(model_id, [LoggedModelParameter("p", value)])
        assert store.get_logged_model(model_id).params == {"p": "1"}

    def test_metrics_name_their_run_and_dataset(self, store: TrackingBase) -> None:
        """Every point counts, not only the latest; the run has it too, without the model."""
        run_id, model_id = run_id_of(store), a_model(store).model_id
        about = {"model_id": model_id, "dataset_name": "iris", "dataset_digest": "d1"}
        store.log_metric(run_id, metric(value=1.0, step=1, **about))
        store.log_batch(run_id, [metric(value=2.0, step=2, **about), metric("other")], [], [])
        model = store.get_logged_model(model_id)

        assert points_of(model) == [
            ("loss", 1.0, 1, 0, run_id, "iris", "d1"),
            ("loss", 2.0, 2, 0, run_id, "iris", "d1"),
        ]
        assert {one.model_id for one in model.metrics or []} == {model_id}
        assert store.get_run(run_id).data.metrics == {"loss": 2.0, "other": 1.0}
        assert len(store.get_metric_history(run_id, "loss")) == 2

    def test_point_logged_again_for_a_model_is_not_doubled(self, store: TrackingBase) -> None:
        """log_model logs the run's metrics again, now with the model's id."""
        run_id, model_id = run_id_of(store), a_model(store).model_id
        store.log_metric(run_id, metric(step=3))
        for _ in range(2):
            store.log_batch(run_id, [metric(step=3, model_id=model_id)], [], [])

        assert len(store.get_metric_history(run_id, "loss")) == 1
        assert points_of(store.get_logged_model(model_id)) == [("loss", 1.0, 3, 0, run_id, None, None)]

    def test_two_runs_may_log_the_same_point(self, store: TrackingBase) -> None:
        """Both count."""
        model_id = a_model(store).model_id
        runs = [run_id_of(store) for _ in range(2)]
        for run_id in runs:
            store.log_metric(run_id, metric(model_id=model_id))

        metrics = store.get_logged_model(model_id).metrics or []
        assert sorted(str(one.run_id) for one in metrics) == sorted(runs)

    def test_version_tag_lists_the_registered_versions(self, store: TrackingBase) -> None:
        """`set_model_versions_tags` keeps a JSON list."""
        model_id = a_model(store).model_id
        store.set_model_versions_tags("first", "1", model_id)
        store.set_model_versions_tags("second", "2", model_id)
        tag = store.get_logged_model(model_id).tags["mlflow.modelVersions"]

        assert tag == '[{"name": "first", "version": "1"}, {"name": "second", "version": "2"}]'
