"""Every method of MLflow's interfaces is implemented, inherited for a reason, or answers 501 for a reason."""

from __future__ import annotations

from genesis_flow.testing import parity
from genesis_flow_mongo.registry import unsupported as registry
from genesis_flow_mongo.registry.store import MongoRegistryStore
from genesis_flow_mongo.tracking import unsupported as tracking
from genesis_flow_mongo.tracking.store import MongoTrackingStore


def test_tracking_store() -> None:
    found = parity.problems(MongoTrackingStore, parity.TRACKING, tracking.UNSUPPORTED, tracking.INHERITED)

    assert found == []


def test_registry() -> None:
    found = parity.problems(MongoRegistryStore, parity.REGISTRY, registry.UNSUPPORTED, registry.INHERITED)

    assert found == []
