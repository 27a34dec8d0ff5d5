"""What can go wrong around the private mongod, as a value that crosses process borders.

The supervisor is a process of its own and imports neither mlflow nor click, so trouble travels as
an `EmbeddedError` (a code and a text, both plain strings); `told_as_mlflow` is the one door where it
becomes the `MlflowException` that users see.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

Code = Literal["INVALID_PARAMETER_VALUE", "TEMPORARILY_UNAVAILABLE", "INTERNAL_ERROR"]


class EmbeddedError(Exception):
    """The embedded MongoDB cannot do what was asked.

    Attributes:
        code: the MLflow error code: `INVALID_PARAMETER_VALUE` when the user can mend it at once,
            `TEMPORARILY_UNAVAILABLE` when the machine must change first, `INTERNAL_ERROR` when mongod
            failed in a way we do not know.
        message: what was asked, what was found, what to do.
    """

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message


@contextmanager
def told_as_mlflow() -> Iterator[None]:
    """Turn an `EmbeddedError` into the `MlflowException` of the same code and text."""
    try:
        yield
    except EmbeddedError as exc:
        from mlflow.exceptions import MlflowException
        from mlflow.protos import databricks_pb2

        raise MlflowException(exc.message, error_code=getattr(databricks_pb2, exc.code)) from exc
