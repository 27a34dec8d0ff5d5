"""Is everything in place? What ``genesis-flow doctor`` asks, for programs; `docs/doctor.md` lists the checks.

Not called `doctor`, since a module of that name would hide `mlflow.doctor` in the façade.
"""

from __future__ import annotations

from genesis_flow.diagnosis.artifacts import artifact_root
from genesis_flow.diagnosis.check import Check, Status
from genesis_flow.diagnosis.examination import Report, examine

__all__ = ["Check", "Report", "Status", "artifact_root", "examine"]
