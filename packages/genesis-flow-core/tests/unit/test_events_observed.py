"""Which calls of a store are reported, and what the report says."""

from __future__ import annotations

import asyncio
import inspect
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING

import pytest
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST
from mlflow.protos.service_pb2 import SearchRuns
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as RegistryStore
from mlflow.store.tracking.abstract_store import AbstractStore
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore as TrackingStore

from genesis_flow import events

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Recorder:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.calls: list[events.StoreCall] = []
        self.outcomes: list[events.Outcome] = []

    def before(self, call: events.StoreCall) -> None:
        self.calls.append(call)

    def after(self, call: events.StoreCall, outcome: events.Outcome) -> None:
        assert call is self.calls[-1]
        self.outcomes.append(outcome)

    @property
    def operations(self) -> list[str]:
        return [call.operation for call in self.calls]


class Base:
    """Has what MLflow's base class has: concrete methods that call others."""

    def inherited(self, run_id: str) -> str:
        return self.inner(run_id)

    def inner(self, run_id: str) -> str:
        return run_id

    async def log_spans_async(self, experiment_id: str) -> str:
        await asyncio.sleep(0)
        return self.inner(experiment_id)


@events.observed("tracking")
class Store(Base):
    """A store in miniature: every kind of member that a store may have."""

    workspace = "team-a"

    def get_run(self, run_id: str) -> str:
        events.count_round_trip()
        events.count_round_trip()
        return self.inner(run_id)

    def missing(self, run_id: str) -> None:
        events.count_round_trip()
        raise MlflowException("no such run", RESOURCE_DOES_NOT_EXIST)

    def broken(self) -> None:
        raise ZeroDivisionError

    def in_threads(self) -> None:
        with ThreadPoolExecutor(4) as pool:
            for _ in range(100):
                pool.submit(copy_context().run, events.count_round_trip)

    def principal(self) -> str | None:
        return events.principal.get()

    def _search_runs(self, experiment_ids: list[str]) -> list[str]:
        return experiment_ids

    def _helper(self) -> int:
        return 1

    @property
    def supports_workspaces(self) -> bool:
        return False

    @staticmethod
    def static(run_id: str) -> str:
        return run_id

    @classmethod
    def of(cls, run_id: str) -> str:
        return run_id


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    subscriber = Recorder()
    events.subscribe(subscriber)
    yield subscriber
    events.unsubscribe(subscriber)


def test_a_call_is_reported_with_what_it_is_about(recorder: Recorder) -> None:
    assert Store().get_run("r1") == "r1"

    assert recorder.calls == [events.StoreCall("tracking", "get_run", {"run_id": "r1"}, "team-a", None)]
    (outcome,) = recorder.outcomes
    assert (outcome.ok, outcome.error_code, outcome.vetoed, outcome.round_trips) == (True, None, False, 2)
    assert outcome.result == "r1"
    assert outcome.duration > 0


def test_an_error_is_reported_with_mlflows_code(recorder: Recorder) -> None:
    with pytest.raises(MlflowException, match="no such run"):
        Store().missing("r1")
    with pytest.raises(ZeroDivisionError):
        Store().broken()

    first, second = recorder.outcomes
    assert (first.ok, first.error_code, first.round_trips) == (False, "RESOURCE_DOES_NOT_EXIST", 1)
    assert (second.ok, second.error_code, second.round_trips) == (False, "INTERNAL_ERROR", 0)


def test_only_the_outermost_call_is_reported(recorder: Recorder) -> None:
    Store().inherited("r1")

    assert recorder.operations == ["inherited"]


def test_a_coroutine_is_reported_when_it_is_done(recorder: Recorder) -> None:
    assert asyncio.run(Store().log_spans_async("7")) == "7"

    assert recorder.operations == ["log_spans_async"]
    assert recorder.outcomes[0].result == "7"


def test_calls_from_other_threads_are_calls_of_their_own(recorder: Recorder) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(Store().get_run, "r1").result()

    assert recorder.operations == ["get_run"]


def test_round_trips_in_threads_of_the_store_count(recorder: Recorder) -> None:
    Store().in_threads()

    assert recorder.outcomes[0].round_trips == 100


def test_private_methods_that_mlflow_calls_are_reported_and_others_not(recorder: Recorder) -> None:
    Store()._search_runs(["1", "2"])
    Store()._helper()

    assert recorder.operations == ["_search_runs"]


def test_properties_static_and_class_methods_stay(recorder: Recorder) -> None:
    assert (Store().supports_workspaces, Store.static("r1"), Store.of("r1")) == (False, "r1", "r1")

    assert recorder.calls == []


def test_the_principal_is_that_of_the_callers_context(recorder: Recorder) -> None:
    token = events.principal.set("ann")
    try:
        assert Store().principal() == "ann"
    finally:
        events.principal.reset(token)

    assert recorder.calls[0].principal == "ann"


def test_a_decorated_subclass_reports_each_call_once(recorder: Recorder) -> None:
    @events.observed("tracking")
    class Special(Store):
        def get_run(self, run_id: str) -> str:
            return super().get_run(run_id)

    Special().get_run("r1")
    Special().inner("r2")

    assert recorder.operations == ["get_run", "inner"]


def test_a_store_without_a_workspace_is_in_the_default_one(recorder: Recorder) -> None:
    events.observed("registry")(type("Bare", (Base,), {}))().inner("r1")

    assert recorder.calls[0].store == "registry"
    assert recorder.calls[0].workspace == "default"


def test_nobody_is_told_after_leaving(recorder: Recorder) -> None:
    events.unsubscribe(recorder)
    assert Store().get_run("r1") == "r1"

    assert recorder.calls == []


class TestIds:
    """Ids come from the arguments, by the names of the parameters."""

    @pytest.mark.parametrize(
        "call",
        [
            lambda store: store.get_model("iris", 3),
            lambda store: store.get_model(name="iris", version="3"),
            lambda store: store.get_model("iris", version=3, alias=None),
        ],
    )
    def test_are_found_by_position_and_by_name(self, recorder: Recorder, call: object) -> None:
        call(_Signatures())  # type: ignore[operator]

        assert recorder.calls[0].ids == {"name": "iris", "version": "3"}

    def test_of_a_list_are_a_tuple_also_from_protobuf(self, recorder: Recorder) -> None:
        _Signatures().search(["1", "2"])
        _Signatures().search(experiment_ids=SearchRuns(experiment_ids=["1", "2"]).experiment_ids)

        assert [call.ids for call in recorder.calls] == [{"experiment_ids": ("1", "2")}] * 2

    def test_do_not_use_up_a_generator(self, recorder: Recorder) -> None:
        assert _Signatures().search(str(i) for i in range(2)) == ["0", "1"]

        assert recorder.calls[0].ids == {}

    def test_never_hold_values(self, recorder: Recorder) -> None:
        _Signatures().log_batch(
            "r1", [Metric("loss", 0.125, 0, 0)], [Param("p", "s3cret")], [RunTag("t", "s3cret")]
        )

        assert recorder.calls[0].ids == {"run_id": "r1"}
        assert "s3cret" not in repr(recorder.calls + recorder.outcomes)
        assert recorder.outcomes[0].result == "s3cret"

    def test_leave_out_who_calls(self, recorder: Recorder) -> None:
        _Signatures().create_run("7", "mallory")

        assert recorder.calls[0].ids == {"experiment_id": "7"}


@events.observed("tracking")
class _Signatures:
    def get_model(self, name: str, version: str | int, alias: str | None = None) -> None: ...

    def search(self, experiment_ids: list[str], max_results: int = 100) -> list[str]:
        return list(experiment_ids)

    def log_batch(self, run_id: str, metrics: list[Metric], params: list[Param], tags: list[RunTag]) -> str:
        return params[0].value

    def create_run(self, experiment_id: str, user_id: str) -> None: ...


class TestMlflowsOwnStores:
    """The real thing: classes with two hundred methods."""

    @pytest.mark.parametrize("kind", [TrackingStore, RegistryStore])
    def test_keep_their_signatures_and_their_bases(self, kind: type) -> None:
        store = events.observed("any")(type("Observed", (kind,), {}))

        for name, method in inspect.getmembers(kind, inspect.isfunction):
            assert inspect.signature(getattr(store, name)) == inspect.signature(method)
            assert getattr(kind, name) is method

    def test_report_every_public_method(self) -> None:
        store = events.observed("tracking")(type("Observed", (TrackingStore,), {}))

        reported = {
            name
            for name, method in inspect.getmembers(TrackingStore, inspect.isfunction)
            if getattr(store, name) is not method
        }
        public = {name for name, _ in inspect.getmembers(AbstractStore, inspect.isfunction) if name[0] != "_"}
        assert public <= reported
        assert {name for name in reported if name[0] == "_"} == {
            *("_delete_traces", "_load_dataset_records", "_search_datasets", "_search_runs"),
            *("_get_deleted_logged_models", "_get_deleted_runs", "_get_decrypted_secret"),
            *("_hard_delete_experiment", "_hard_delete_logged_model", "_hard_delete_run"),
        }

    def test_work_and_are_reported_as_a_user_would_say(
        self, tmp_path: Path, request: pytest.FixtureRequest
    ) -> None:
        observed = events.observed("tracking")(type("Observed", (TrackingStore,), {}))
        store = observed(f"sqlite:///{tmp_path}/mlflow.db", str(tmp_path))
        recorder: Recorder = request.getfixturevalue("recorder")

        experiment_id = store.create_experiment("one")
        run_id = store.create_run(experiment_id, "ann", 0, [], "run").info.run_id
        store.log_metric(run_id, Metric("loss", 0.5, 0, 0))
        store.search_runs([experiment_id], "metrics.loss < 1", 1)
        store.log_batch_async(run_id, [Metric("loss", 0.25, 1, 1)], [], []).wait()
        store.shut_down_async_logging()

        assert [(call.operation, call.ids) for call in recorder.calls if "async" not in call.operation] == [
            ("create_experiment", {"name": "one"}),
            ("create_run", {"experiment_id": experiment_id}),
            ("log_metric", {"run_id": run_id}),
            ("search_runs", {"experiment_ids": (experiment_id,)}),
            ("log_batch", {"run_id": run_id}),
        ]
        store.engine.dispose()
