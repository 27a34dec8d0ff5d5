"""Tags that hold a list as JSON, to which several clients may append at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_STATE, TEMPORARILY_UNAVAILABLE

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_TRIES = 100


def append_to_tag(
    key: str,
    entry: dict[str, Any],
    read: Callable[[], str | None],
    replace: Callable[[str | None, str], bool],
) -> None:
    """Append an entry to the list in a tag, unless it stands there; two round trips, more in a race.

    Args:
        key: The tag's key, for messages.
        entry: What to append.
        read: Returns the tag's value, None when there is no tag.
        replace: Sets the tag if its value is still the first argument; False when it is not.

    Raises:
        MlflowException: INVALID_STATE if the tag holds something else, TEMPORARILY_UNAVAILABLE if others
            are always quicker.
    """
    for _ in range(_MAX_TRIES):
        before = read()
        entries = _entries(key, before)
        if entry in entries or replace(before, json.dumps([*entries, entry])):
            return
    raise MlflowException(
        f"Too many clients write the tag '{key}' at once. Try again.", TEMPORARILY_UNAVAILABLE
    )


def _entries(key: str, value: str | None) -> list[Any]:
    try:
        entries = json.loads(value) if value else []
    except ValueError:
        entries = None
    if not isinstance(entries, list):
        raise MlflowException(
            f"The tag '{key}' should hold a list as JSON, but holds {value!r}.", INVALID_STATE
        )
    return entries
