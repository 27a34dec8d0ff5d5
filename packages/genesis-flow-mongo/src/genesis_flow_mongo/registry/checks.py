"""What the facets of the registry check before they touch the database, and how they refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST

from genesis_flow_mongo import compat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def checked_tags(tags: Iterable[Any] | None, check: Callable[[str, Any], None]) -> dict[str, Any]:
    """Return tags by key, the last one of each; entities and protobuf messages will do.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE for a tag that the check refuses.
    """
    pairs = [(tag.key, tag.value) for tag in tags or ()]
    for key, value in pairs:
        check(key, value)
    return dict(pairs)


def checked_version(version: Any) -> int:
    """Return a version's number, from text too, as REST clients send it.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE if it is no integer.
    """
    try:
        return int(compat.checked_version(version))
    except TypeError as exc:
        raise MlflowException.invalid_parameter_value(f"Version must be a number, not {version!r}.") from exc


def checked_page_size(max_results: Any, limit: int) -> int:
    """Return how many results a page may hold.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE if it is not an integer from 1 to the limit.
    """
    if not isinstance(max_results, int) or not 1 <= max_results <= limit:
        raise MlflowException.invalid_parameter_value(
            f"max_results must be an integer from 1 to {limit}, but is {max_results!r}."
        )
    return max_results


def model_not_found(name: str) -> MlflowException:
    """Return the refusal of a registered model that does not exist."""
    return MlflowException(f"Registered Model with name={name} not found", RESOURCE_DOES_NOT_EXIST)


def version_not_found(name: str, version: int) -> MlflowException:
    """Return the refusal of a model version that does not exist, or no longer."""
    return MlflowException(
        f"Model Version (name={name}, version={version}) not found", RESOURCE_DOES_NOT_EXIST
    )
