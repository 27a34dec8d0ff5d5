"""Page tokens: where a search goes on, as text that callers hand back unread."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE


def encode_token(position: dict[str, Any]) -> str:
    """Return the token of a position: a flat document of strings, numbers, None and lists of them."""
    return base64.urlsafe_b64encode(json.dumps(position, separators=(",", ":")).encode()).decode()


def decode_token(token: str | bytes, *required: str) -> dict[str, Any]:
    """Return the position of a token.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE if the token is none of ours, or lacks a required part.
    """
    try:
        position = json.loads(base64.urlsafe_b64decode(token))
        missing = [name for name in required if name not in position]
    except (binascii.Error, ValueError, TypeError) as exc:
        raise _foreign() from exc
    if not isinstance(position, dict) or missing:
        raise _foreign()
    return position


def _foreign() -> MlflowException:
    return MlflowException(
        "The page token is not one that this search gave out. Begin without a token to get the first page.",
        error_code=INVALID_PARAMETER_VALUE,
    )
