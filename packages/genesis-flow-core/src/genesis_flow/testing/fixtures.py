"""Pytest plugin that lends each test a database of its own on a private MongoDB.

Switch it on with `pytest_plugins = ["genesis_flow.testing.fixtures"]` in the topmost conftest, or with
`-p genesis_flow.testing.fixtures`. It is not switched on by installing the wheel: a test suite that never
asked for a MongoDB should not find new fixtures in its namespace.
"""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryBase

    from genesis_flow.testing.contract import TrackingStore as TrackingBase
    from genesis_flow.testing.oracle import Stores

# Before any test module imports mlflow, which reads both when it is imported: tests do not phone home.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")

# The suites speak through `assert`; this shows both sides when one fails.
pytest.register_assert_rewrite("genesis_flow.testing.suites")

SERVER_VARIABLE = "GENESIS_FLOW_TEST_MONGO_URI"


@pytest.fixture(scope="session")
def mongo_server_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Lend the URI of a MongoDB server: one private mongod per test process, so one per xdist worker.

    The server lives in a temporary directory and ends with the session. When the environment variable
    `GENESIS_FLOW_TEST_MONGO_URI` names a server, that one is lent instead and left running.
    """
    given = os.environ.get(SERVER_VARIABLE)
    if given:
        yield given
        return
    from genesis_flow.embedded import join

    membership = join(f"mongodb+embedded://{tmp_path_factory.mktemp('mongod')}")
    yield membership.mongo_uri
    membership.leave()


@pytest.fixture
def mongo_uri(mongo_server_uri: str) -> Iterator[str]:
    """Lend a URI that names a fresh, empty database; it is dropped after the test.

    Cost: no round trip before the test, one short connection and one `dropDatabase` after it.
    """
    name = f"test_{uuid.uuid4().hex[:16]}"
    uri = urlsplit(mongo_server_uri)._replace(path=f"/{name}").geturl()
    yield uri
    from pymongo import MongoClient

    with MongoClient[dict[str, object]](mongo_server_uri) as client:
        client.drop_database(name)


@pytest.fixture
def stores() -> Stores:
    """Lend the pair of stores that the suites test; they hold nothing but experiment 0. Override it."""
    msg = "Override the fixture `stores`: return a genesis_flow.testing.oracle.Stores."
    raise NotImplementedError(msg)


@pytest.fixture
def store(stores: Stores) -> TrackingBase:
    """Lend the tracking store under test."""
    return stores.tracking


@pytest.fixture
def registry(stores: Stores) -> RegistryBase:
    """Lend the model registry under test."""
    return stores.registry
