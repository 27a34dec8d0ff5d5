"""The kit proves itself: MLflow's own SQL stores must pass what it asks of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from genesis_flow.testing.oracle import SqlStores, Stores

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def sql_stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStores]:
    directory = tmp_path_factory.mktemp("sql")
    oracle = SqlStores(directory, str(directory / "artifacts"))
    yield oracle
    oracle.close()


@pytest.fixture
def stores(sql_stores: SqlStores) -> Stores:
    sql_stores.empty()
    return sql_stores.stores
