"""Fixtures of this wheel's tests: a private MongoDB, and an MLflow that does not phone home."""

from __future__ import annotations

import os

# Before any test module imports mlflow, which reads both when it is imported.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")

pytest_plugins = ["genesis_flow.testing.fixtures"]
