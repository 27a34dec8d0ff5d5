"""Where the data go when nobody has said where. Each case is a new process that loads MLflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_SHOW = "print(mlflow.get_tracking_uri())"


def test_is_an_embedded_mongodb_that_children_share(python: Callable[..., str], tmp_path: Path) -> None:
    """A child agrees even from another directory, and even when it imports plain MLflow."""
    child = f"import mlflow; {_SHOW}"

    shown = python(
        "import subprocess, sys\n"
        "from genesis_flow.tracking import get_tracking_uri\n"
        "print(get_tracking_uri(), flush=True)\n"
        f"subprocess.run([sys.executable, '-c', {child!r}], check=True, cwd='/')"
    )

    assert shown.split() == [f"mongodb+embedded://{tmp_path}/genesis-flow-data"] * 2
    assert list(tmp_path.iterdir()) == [], "nothing is made before the first run"


def test_is_the_directory_of_the_setting_percent_encoded(python: Callable[..., str], tmp_path: Path) -> None:
    shown = python(f"import genesis_flow as mlflow; {_SHOW}", GENESIS_FLOW_DATA="my runs?#%")

    assert shown == f"mongodb+embedded://{tmp_path}/my%20runs%3F%23%25"


@pytest.mark.parametrize(
    "choice",
    [
        "import os; os.environ['MLFLOW_TRACKING_URI'] = 'sqlite:///own.db'; import genesis_flow as mlflow",
        "import mlflow as m; m.set_tracking_uri('sqlite:///own.db'); import genesis_flow as mlflow",
        "import genesis_flow as mlflow; mlflow.set_tracking_uri('sqlite:///own.db')",
    ],
)
def test_is_what_the_user_chose(python: Callable[..., str], choice: str) -> None:
    assert python(f"{choice}; {_SHOW}") == "sqlite:///own.db"


def test_is_mlflows_own_rule_under_plain_mlflow(python: Callable[..., str], tmp_path: Path) -> None:
    """Importing the façade changes nothing as long as MLflow is not used through it."""
    shown = python(f"import genesis_flow, mlflow; {_SHOW}")

    assert shown == f"sqlite:///{tmp_path}/mlflow.db"
