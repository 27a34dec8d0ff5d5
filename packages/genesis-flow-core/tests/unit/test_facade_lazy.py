"""`import genesis_flow` costs nothing until MLflow is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

_HEAVY = ("mlflow", "numpy", "pandas", "pymongo", "sklearn", "torch", "transformers", "click")

_REPORT = f"import sys; print([name for name in {_HEAVY!r} if name in sys.modules])"


@pytest.mark.parametrize(
    "statement",
    [
        "import genesis_flow",
        "import genesis_flow as mlflow; mlflow.__version__",
        "import genesis_flow.events, genesis_flow.settings, genesis_flow.redaction",
        "import genesis_flow; genesis_flow.events.active",
        "import genesis_flow; genesis_flow.settings.POOL_SIZE.get(); genesis_flow.events.active()",
        "import genesis_flow, inspect; inspect.unwrap(genesis_flow); hasattr(genesis_flow, '__wrapped__')",
        "import genesis_flow; genesis_flow.__custom__ = 1; del genesis_flow.__custom__",
    ],
)
def test_loads_neither_mlflow_nor_a_framework(python: Callable[..., str], statement: str) -> None:
    assert python(f"{statement}\n{_REPORT}") == "[]"
