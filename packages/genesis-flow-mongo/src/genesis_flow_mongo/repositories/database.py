"""Opens a database for the stores: connected, at this code's schema, with what each must hold."""

from __future__ import annotations

from genesis_flow_mongo.connection.context import StoreContext
from genesis_flow_mongo.repositories.artifact_root import ArtifactRoot
from genesis_flow_mongo.repositories.experiments import DEFAULT_EXPERIMENT_ID, ExperimentRepository
from genesis_flow_mongo.schema.bootstrap import prepare


def open_database(store_uri: str, artifact_uri: str | None = None) -> StoreContext:
    """Connect to the database of a store URI, and make it ready on first use.

    Two round trips (one where the URI names the engine); a new database takes some twenty more, once.

    Args:
        store_uri: The URI, with options of ours.
        artifact_uri: The artifact root given to `mlflow server`, or None.
    """
    context = StoreContext.open(store_uri)

    def seed() -> None:
        root = ArtifactRoot(context, artifact_uri)
        ExperimentRepository(context).ensure_default(root.of_experiment(DEFAULT_EXPERIMENT_ID))

    prepare(context, seed)
    return context
