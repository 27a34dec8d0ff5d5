"""Creates the collections of a database once, and checks the schema version at every start.

A start costs one read. Only the first start of a database, or of a newer schema, lists and creates indexes:
Azure grants few such commands per second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_STATE
from pymongo import IndexModel
from pymongo import errors as driver

from genesis_flow_mongo.connection import retry
from genesis_flow_mongo.connection.clock import now_ms
from genesis_flow_mongo.schema.collections import COLLECTIONS, META
from genesis_flow_mongo.schema.views import VIEWS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pymongo.database import Database

    from genesis_flow_mongo.connection.context import StoreContext

SCHEMA_VERSION = 1
"""The layout that this code reads and writes. A release that changes the layout raises it by one."""

SCHEMA_DOCUMENT = "schema"
_NAMESPACE_EXISTS = 48


def prepare(context: StoreContext, seed: Callable[[], None]) -> None:
    """Bring the database to this code's schema; one round trip when there is nothing to do.

    The schema document, with the settings that all clients share, is left in `context.shared`.

    Args:
        context: The database.
        seed: Puts in what every database must hold. It may be called again after a crash, and by several
            processes at once; the schema version is recorded only after it has returned.

    Raises:
        MlflowException: INVALID_STATE if the database was written by a newer release.
    """
    context.shared = schema_document(context)
    version = context.shared.get("version", 0)
    if version > SCHEMA_VERSION:
        msg = (
            f"The database '{context.uri.database}' has schema version {version}, but this release of "
            f"genesis-flow-mongo knows up to {SCHEMA_VERSION}. Upgrade genesis-flow-mongo on this machine."
        )
        raise MlflowException(msg, error_code=INVALID_STATE)
    if version == SCHEMA_VERSION:
        return
    create_collections(context)
    seed()
    record: Mapping[str, Any] = {"$max": {"version": SCHEMA_VERSION}, "$setOnInsert": {"created": now_ms()}}
    context.table(META.name).update({"_id": SCHEMA_DOCUMENT}, record, upsert=True)


def schema_document(context: StoreContext) -> dict[str, Any]:
    """Return the schema document, empty when there is none yet; one round trip."""
    return context.table(META.name).find_one({"_id": SCHEMA_DOCUMENT}) or {}


def create_collections(context: StoreContext) -> None:
    """Create what is missing: collections, indexes, and read-only views where the engine has them."""
    database = context.database()
    for collection in COLLECTIONS:
        models = [IndexModel(list(index.keys), name=index.name) for index in collection.indexes]
        if models:
            retry.call(database[collection.name].create_indexes, models)
    if context.profile.views:
        for name, (source, pipeline) in VIEWS.items():
            _create_view(database, name, source, pipeline)


def _create_view(
    database: Database[dict[str, Any]], name: str, source: str, pipeline: list[dict[str, Any]]
) -> None:
    try:
        database.command({"create": name, "viewOn": source, "pipeline": pipeline})
    except driver.OperationFailure as exc:
        if exc.code != _NAMESPACE_EXISTS:
            raise
