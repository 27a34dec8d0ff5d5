"""What may be written: active experiments and active runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities import LifecycleStage
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST

if TYPE_CHECKING:
    from collections.abc import Mapping


def require_active_run(head: Mapping[str, Any] | None, run_id: str) -> Mapping[str, Any]:
    """Return a run's head, which holds at least its lifecycle stage.

    Raises:
        MlflowException: RESOURCE_DOES_NOT_EXIST if there is none, INVALID_PARAMETER_VALUE if the run is deleted.
    """
    if head is None:
        raise MlflowException(f"Run with id={run_id} not found", RESOURCE_DOES_NOT_EXIST)
    if head["lifecycle_stage"] != LifecycleStage.ACTIVE:
        raise MlflowException(
            f"The run {run_id} must be in the 'active' state. Current state is {head['lifecycle_stage']}.",
            INVALID_PARAMETER_VALUE,
        )
    return head
