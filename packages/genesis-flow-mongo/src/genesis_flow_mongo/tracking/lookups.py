"""Finding what a call names, or saying in MLflow's words that it cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities import LifecycleStage
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST

from genesis_flow_mongo.compat import parse_experiment_id
from genesis_flow_mongo.repositories.experiments import DEFAULT_EXPERIMENT_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genesis_flow_mongo.repositories.experiments import ExperimentRepository
    from genesis_flow_mongo.repositories.runs import RunRepository

Document = dict[str, Any]


def normal_id(experiment_id: str | int | None) -> str:
    """Return an experiment id as it is stored: digits; nothing means the default experiment.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE if it is not a number.
    """
    return str(parse_experiment_id(experiment_id or DEFAULT_EXPERIMENT_ID))


def found_experiment(experiments: ExperimentRepository, experiment_id: str | int | None) -> Document:
    """Return the document of an experiment, deleted or not; one round trip.

    Raises:
        MlflowException: RESOURCE_DOES_NOT_EXIST if there is none.
    """
    number = normal_id(experiment_id)
    document = experiments.get(number)
    if document is None:
        raise no_such_experiment(number)
    return document


def active_experiment(experiments: ExperimentRepository, experiment_id: str | int | None) -> Document:
    """Return the document of an active experiment; one round trip.

    Raises:
        MlflowException: RESOURCE_DOES_NOT_EXIST if there is none, INVALID_PARAMETER_VALUE if it is deleted.
    """
    return require_active_experiment(found_experiment(experiments, experiment_id))


def require_active_experiment(experiment: Document) -> Document:
    """Return the experiment's document.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE if the experiment is deleted.
    """
    if experiment["lifecycle_stage"] != LifecycleStage.ACTIVE:
        raise MlflowException.invalid_parameter_value(
            f"The experiment {experiment['_id']} must be in the 'active' state. Current state is "
            f"{experiment['lifecycle_stage']}. Restore it with restore_experiment('{experiment['_id']}')."
        )
    return experiment


def no_such_experiment(experiment_id: str) -> MlflowException:
    """Return the error for an experiment that is not there (or not in the stage that was asked for)."""
    return MlflowException(
        f"No Experiment with id={experiment_id} exists", error_code=RESOURCE_DOES_NOT_EXIST
    )


def no_such_run(run_id: str) -> MlflowException:
    """Return the error for a run that is not there."""
    return MlflowException(f"Run with id={run_id} not found", error_code=RESOURCE_DOES_NOT_EXIST)


def active_run(runs: RunRepository, run_id: str) -> Document:
    """Return the `experiment_id` and `lifecycle_stage` of an active run; one round trip.

    Raises:
        MlflowException: RESOURCE_DOES_NOT_EXIST if there is none, INVALID_PARAMETER_VALUE if it is deleted.
    """
    head = runs.head(run_id)
    if head is None or head["lifecycle_stage"] != LifecycleStage.ACTIVE:
        raise unusable_run(run_id, head)
    return head


def unusable_run(run_id: str, head: Document | None) -> MlflowException:
    """Return the error for a run that was found missing (no head) or not active."""
    if not head:
        return no_such_run(run_id)
    return MlflowException(
        f"The run {run_id} must be in the 'active' state. Current state is {head['lifecycle_stage']}. "
        f"Restore it with restore_run('{run_id}').",
        error_code=INVALID_PARAMETER_VALUE,
    )


def changed_param(run_id: str, held: Mapping[str, str], given: Mapping[str, str]) -> MlflowException:
    """Return the error for the one param of a call that a run holds with another value."""
    ((key, value),) = held.items()
    return MlflowException(
        f"Changing param values is not allowed. Param with key='{key}' was already logged with "
        f"value='{value}' for run ID='{run_id}'. Attempted logging new value '{given[key]}'.",
        error_code=INVALID_PARAMETER_VALUE,
    )


def changed_params(run_id: str, held: Mapping[str, str], given: Mapping[str, str]) -> MlflowException:
    """Return the error for params of a batch that a run holds with another value."""
    changed = [key for key in given if key in held]
    changes = [{"key": key, "old_value": held[key], "new_value": given[key]} for key in changed]
    return MlflowException(
        f"Changing param values is not allowed. Params were already logged='{changes}' for run ID='{run_id}'",
        error_code=INVALID_PARAMETER_VALUE,
    )
