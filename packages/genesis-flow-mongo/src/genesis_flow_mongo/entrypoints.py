"""Builders that MLflow finds by entry point.

MLflow imports this module while it is itself half-initialised, in every process: so nothing but the
standard library may be imported before a builder is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genesis_flow_mongo.registry.store import MongoRegistryStore
    from genesis_flow_mongo.tracking.store import MongoTrackingStore


def tracking_store(store_uri: str, artifact_uri: str | None = None, **_: Any) -> MongoTrackingStore:
    """Build the tracking store of a `mongodb`, `mongodb+srv` or `mongodb+embedded` URI."""
    from genesis_flow_mongo.tracking.store import MongoTrackingStore

    # What mypy misses is refused at run time by `UnsupportedOps`, whose methods it cannot see.
    return MongoTrackingStore(store_uri, artifact_uri)  # type: ignore[abstract]


def registry_store(store_uri: str, tracking_uri: str | None = None, **_: Any) -> MongoRegistryStore:
    """Build the model registry of a `mongodb`, `mongodb+srv` or `mongodb+embedded` URI."""
    from genesis_flow_mongo.registry.store import MongoRegistryStore

    return MongoRegistryStore(store_uri, tracking_uri)


def scorer_store(tracking_uri: str | None = None, **_: Any) -> Any:
    """Build the scorer store, which is MLflow's own over the tracking store of the same URI."""
    from mlflow.genai.scorers.registry import MlflowTrackingStore

    return MlflowTrackingStore(tracking_uri)
