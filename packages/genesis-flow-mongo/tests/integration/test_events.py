"""Subscribers see and veto calls of the real stores, with the true number of round trips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mlflow.entities import Metric
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import PERMISSION_DENIED

from genesis_flow import events
from genesis_flow_mongo.registry.store import MongoRegistryStore
from genesis_flow_mongo.tracking.store import MongoTrackingStore

if TYPE_CHECKING:
    from collections.abc import Iterator


class Guard:
    """Lets nobody delete, and notes everything."""

    def __init__(self) -> None:
        self.noted: list[tuple[events.StoreCall, events.Outcome]] = []

    def before(self, call: events.StoreCall) -> None:
        if call.operation.startswith("delete_"):
            raise MlflowException("nobody deletes", PERMISSION_DENIED)

    def after(self, call: events.StoreCall, outcome: events.Outcome) -> None:
        self.noted.append((call, outcome))


@pytest.fixture
def guard() -> Iterator[Guard]:
    """Subscribed before the stores connect, since only then their connection is watched."""
    guard = Guard()
    events.subscribe(guard)
    yield guard
    events.unsubscribe(guard)


@pytest.fixture
def store(guard: Guard, mongo_uri: str) -> MongoTrackingStore:
    return MongoTrackingStore(mongo_uri)


def test_a_call_is_reported_with_its_ids_and_round_trips(guard: Guard, store: MongoTrackingStore) -> None:
    run_id = store.create_run("0", "ann", 0, [], "first").info.run_id
    store.log_metric(run_id, Metric("loss", 0.5, 0, 0))
    store.get_run(run_id)

    created, logged, read = guard.noted
    assert [call.operation for call, _ in guard.noted] == ["create_run", "log_metric", "get_run"]
    assert [call.store for call, _ in guard.noted] == ["tracking"] * 3
    assert created[0].ids == {"experiment_id": "0"}
    assert created[1].result.info.run_id == run_id  # type: ignore[attr-defined]
    assert logged[0].ids == {"run_id": run_id}
    assert (logged[1].round_trips, read[1].round_trips) == (1, 1)


def test_a_driver_error_is_reported_as_its_caller_sees_it(guard: Guard, store: MongoTrackingStore) -> None:
    """BSON has no whole number of 71 bits."""
    with pytest.raises(MlflowException, match="cannot be stored"):
        store.create_run("0", "ann", 2**70, [], "late")
    with pytest.raises(MlflowException):
        store.get_run("0" * 32)

    codes = [outcome.error_code for _, outcome in guard.noted]
    assert codes == ["INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST"]


def test_a_veto_leaves_the_database_as_it_is(guard: Guard, store: MongoTrackingStore) -> None:
    run_id = store.create_run("0", "ann", 0, [], "first").info.run_id

    with pytest.raises(MlflowException, match="nobody deletes"):
        store.delete_run(run_id)

    assert store.get_run(run_id).info.lifecycle_stage == "active"
    assert (guard.noted[1][1].vetoed, guard.noted[1][1].round_trips) == (True, 0)


def test_the_registry_is_observed_too(guard: Guard, mongo_uri: str) -> None:
    registry = MongoRegistryStore(mongo_uri)
    registry.create_registered_model("iris")
    with pytest.raises(MlflowException, match="nobody deletes"):
        registry.delete_registered_model("iris")

    assert [(call.store, call.operation, call.ids) for call, _ in guard.noted] == [
        ("registry", "create_registered_model", {"name": "iris"}),
        ("registry", "delete_registered_model", {"name": "iris"}),
    ]
    assert registry.get_registered_model("iris").name == "iris"
