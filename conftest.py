"""What every test finds: a private MongoDB when it asks for one, and an MLflow that does not phone home."""

from __future__ import annotations

import os
from importlib.util import find_spec

# Before any test module imports mlflow, which reads both when it is imported.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")

# Here and not beside the tests of a wheel: pytest takes plugins only from the conftest at the top.
# Not where core is absent: genesis-flow-security is tested alone.
pytest_plugins = ["genesis_flow.testing.fixtures"] if find_spec("genesis_flow") else []
