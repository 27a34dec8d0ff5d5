"""What every test finds: a private MongoDB when it asks for one, and an MLflow that does not phone home."""

from __future__ import annotations

import os

# Before any test module imports mlflow, which reads both when it is imported.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")

# Here and not beside the tests of a wheel: pytest takes plugins only from the conftest at the top.
pytest_plugins = ["genesis_flow.testing.fixtures"]
