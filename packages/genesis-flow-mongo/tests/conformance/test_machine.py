"""Random calls: the stores on MongoDB answer what MLflow's SQL stores answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from genesis_flow.testing import effort
from genesis_flow.testing.machine import MACHINES, find_difference
from genesis_flow_mongo.connection import clock as our_clock

if TYPE_CHECKING:
    from conftest import MongoStores

    from genesis_flow.testing.machine.base import DuelMachine
    from genesis_flow.testing.oracle import SqlStores


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.__name__)
def test_no_difference_is_found(
    machine: type[DuelMachine], mongo_stores: MongoStores, sql_stores: SqlStores
) -> None:
    find_difference(machine, mongo_stores.empty, sql_stores, our_clock, effort=effort.chosen())
