"""What can go wrong around the private mongod, as values that cross process borders.

The supervisor is a process of its own and imports neither mlflow nor click, so trouble travels as
an `EmbeddedError` (a code and a text, both plain strings); `membership` is the one door where it
becomes the `MlflowException` that users see.
"""

from __future__ import annotations

from typing import Literal

Code = Literal["INVALID_PARAMETER_VALUE", "PERMISSION_DENIED", "TEMPORARILY_UNAVAILABLE", "INTERNAL_ERROR"]


class EmbeddedError(Exception):
    """The embedded MongoDB cannot do what was asked.

    Attributes:
        code: the MLflow error code: `INVALID_PARAMETER_VALUE` and `PERMISSION_DENIED` when the user
            can mend it at once, `TEMPORARILY_UNAVAILABLE` when the machine must change first,
            `INTERNAL_ERROR` when mongod failed in a way we do not know.
        message: what was asked, what was found, what to do.
    """

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message
