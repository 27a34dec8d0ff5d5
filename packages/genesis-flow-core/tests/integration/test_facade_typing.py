"""Type checkers see through the façade: right code passes, and a slip is found."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_API = Path(__file__).parent.parent / "typing" / "api.py"

_SLIPS = """
import genesis_flow as mlflow
from genesis_flow import settings

mlflow.log_parm("depth", 3)
mlflow.log_param("depth")
count: str = settings.POOL_SIZE.get()
"""


@pytest.mark.slow
def test_user_code_is_checked(tmp_path: Path) -> None:
    """One run of mypy over both, because it has to read all of MLflow."""
    shutil.copy(_API, tmp_path)
    (tmp_path / "slips.py").write_text(_SLIPS)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-pretty", "api.py", "slips.py"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    found = [line.split(": error: ") for line in done.stdout.splitlines() if ": error: " in line]
    assert [place for place, _ in found] == ["slips.py:5", "slips.py:6", "slips.py:7"], done.stdout
    assert 'no attribute "log_parm"' in found[0][1]
    assert 'Missing positional argument "value"' in found[1][1]
    assert 'expression has type "int", variable has type "str"' in found[2][1]
