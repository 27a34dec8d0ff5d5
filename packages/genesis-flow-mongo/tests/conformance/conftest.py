"""A pair of stores on MongoDB, empty for every test.

Creating a database's collections and indexes takes longer than most tests. So it happens once per process;
its documents of the first moment are kept, and put back before each test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from pymongo import MongoClient

import genesis_flow.testing.effort  # noqa: F401  # names the profiles of --hypothesis-profile
from genesis_flow.testing.clock import hand_clock
from genesis_flow.testing.oracle import SqlStores, Stores
from genesis_flow_mongo.connection import clock as our_clock
from genesis_flow_mongo.registry.store import MongoRegistryStore
from genesis_flow_mongo.tracking.store import MongoTrackingStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymongo.database import Database


@dataclass(frozen=True)
class MongoStores:
    """A database that can be emptied, and the pair of stores on it."""

    uri: str
    artifact_root: str
    database: Database[dict[str, Any]]
    pristine: dict[str, list[dict[str, Any]]]

    def empty(
        self,
        tracking: type[MongoTrackingStore] = MongoTrackingStore,
        registry: type[MongoRegistryStore] = MongoRegistryStore,
    ) -> Stores:
        """Forget everything but experiment 0, and return new stores, which remember nothing either."""
        for name in collections(self.database):
            self.database[name].delete_many({})
            if self.pristine.get(name):
                self.database[name].insert_many(self.pristine[name])
        return Stores(tracking(self.uri, self.artifact_root), registry(self.uri, self.uri))


def collections(database: Database[dict[str, Any]]) -> list[str]:
    """Return the names of the collections, not the views; some are made with their first document."""
    names = database.list_collection_names(filter={"type": "collection"})
    return [name for name in names if not name.startswith("system.")]


@pytest.fixture(scope="session")
def mongo_stores(mongo_server_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MongoStores]:
    root = str(tmp_path_factory.mktemp("artifacts"))
    with MongoClient[dict[str, Any]](mongo_server_uri) as client:
        database = client["conformance"]
        uri = urlsplit(mongo_server_uri)._replace(path=f"/{database.name}").geturl()
        # Experiment 0 is as old as the witness's.
        with hand_clock(our_clock):
            MongoTrackingStore(uri, root)
            MongoRegistryStore(uri, uri)
        pristine = {name: list(database[name].find()) for name in collections(database)}
        yield MongoStores(uri, root, database, pristine)
        client.drop_database(database)


@pytest.fixture(scope="session")
def sql_stores(mongo_stores: MongoStores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStores]:
    """MLflow's own, as the witness; with the same artifact root."""
    witness = SqlStores(tmp_path_factory.mktemp("sql"), mongo_stores.artifact_root)
    yield witness
    witness.close()


@pytest.fixture
def stores(mongo_stores: MongoStores) -> Stores:
    return mongo_stores.empty()
