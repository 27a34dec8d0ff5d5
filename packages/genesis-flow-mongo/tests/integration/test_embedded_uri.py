"""Stores on `mongodb+embedded`: the server may die, and the data and the program live on."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from mlflow.entities import Metric

from genesis_flow.embedded.home import Home
from genesis_flow.embedded.state import State
from genesis_flow_mongo.tracking.store import MongoTrackingStore

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("victim", ["mongod", "supervisor"])
def test_a_program_logs_on_when_its_server_was_killed(tmp_path: Path, victim: str) -> None:
    store = MongoTrackingStore(f"mongodb+embedded://{tmp_path}/data")
    run_id = store.create_run("0", "me", 1, [], "run").info.run_id
    for step in range(5):
        store.log_metric(run_id, Metric("m", step, step, step))
    state = State.read(Home(tmp_path / "data").state)
    assert state is not None

    os.kill(getattr(state, victim), signal.SIGKILL)
    for step in range(5, 10):
        store.log_metric(run_id, Metric("m", step, step, step))

    assert [metric.step for metric in store.get_metric_history(run_id, "m")] == list(range(10))
