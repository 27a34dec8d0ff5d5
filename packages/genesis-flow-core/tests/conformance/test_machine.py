"""The state machine finds no difference between MLflow's SQL stores and themselves: no false alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from genesis_flow.testing import effort
from genesis_flow.testing.machine import MACHINES, find_difference
from genesis_flow.testing.oracle import SqlStores, Stores

if TYPE_CHECKING:
    from genesis_flow.testing.machine.base import DuelMachine


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.__name__)
def test_no_difference_is_found(
    machine: type[DuelMachine], sql_stores: SqlStores, tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("twin")
    twin = SqlStores(directory, sql_stores.stores.tracking.artifact_root_uri)

    def empty() -> Stores:
        twin.empty()
        return twin.stores

    find_difference(machine, empty, sql_stores, effort=settings(effort.SMALL, max_examples=8))
    twin.close()
