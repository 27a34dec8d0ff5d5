"""A fresh interpreter, for what only a new process can show: what is imported, and what a child inherits."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def python(tmp_path: Path) -> Callable[..., str]:
    """Run code in a new interpreter, in an empty directory, and return what it prints.

    Keyword arguments become environment variables; without them no tracking URI and no setting is set.
    """

    def run(code: str, **env: str) -> str:
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("GENESIS_FLOW_") and name != "MLFLOW_TRACKING_URI"
        }
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command, cwd=tmp_path, env=clean | env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run
