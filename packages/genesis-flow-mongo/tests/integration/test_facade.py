"""The first minute: one changed import, nothing set, and runs are in a MongoDB of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_TRAIN = """
import genesis_flow as mlflow

with mlflow.start_run(run_name="first"):
    mlflow.log_param("depth", 3)
    mlflow.log_metric("loss", 0.25)
"""

_READ = """
from genesis_flow import MlflowClient
from genesis_flow.entities import ViewType

(run,) = MlflowClient().search_runs(["0"], run_view_type=ViewType.ALL)
print(run.info.run_name, run.data.params, run.data.metrics)
"""


def test_a_second_program_finds_the_run_of_the_first(tmp_path: Path) -> None:
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GENESIS_FLOW_") and name != "MLFLOW_TRACKING_URI"
    }

    def run(code: str) -> str:
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    run(_TRAIN)

    assert run(_READ) == "first {'depth': '3'} {'loss': 0.25}"
    assert (tmp_path / "genesis-flow-data").is_dir()
    assert not (tmp_path / "mlflow.db").exists()
