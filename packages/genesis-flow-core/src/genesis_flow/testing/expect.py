"""Says which refusal a test expects, in MLflow's error codes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import pytest
from mlflow.exceptions import MlflowException

if TYPE_CHECKING:
    from collections.abc import Iterator

BAD_VALUE = "INVALID_PARAMETER_VALUE"
BAD_REQUEST = "BAD_REQUEST"
BAD_STATE = "INVALID_STATE"
EXISTS = "RESOURCE_ALREADY_EXISTS"
INTERNAL = "INTERNAL_ERROR"
MISSING = "RESOURCE_DOES_NOT_EXIST"

T = TypeVar("T")


def existing(found: T | None) -> T:
    """Return what was found; something must have been."""
    assert found is not None
    return found


@contextmanager
def refused(code: str, match: str | None = None) -> Iterator[None]:
    """Expect an MlflowException with this error code, and a message in which the pattern is found."""
    with pytest.raises(MlflowException, match=match) as caught:
        yield

    assert caught.value.error_code == code, f"{caught.value.error_code} instead of {code}: {caught.value}"
