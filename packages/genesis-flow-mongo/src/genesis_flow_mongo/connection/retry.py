"""Retries: every command of ours may be sent twice, so a lost answer is asked for again.

The driver's own retryable writes need a capability that Cosmos DB and DocumentDB lack. Ours need none: each
insert has an `_id` chosen by the client, and each update says the same thing when it is repeated.
"""

from __future__ import annotations

import random
import re
import time
from typing import TYPE_CHECKING, Any, TypeVar

from pymongo import errors as driver

from genesis_flow import settings
from genesis_flow_mongo.connection import clients
from genesis_flow_mongo.connection.errors import THROTTLED

if TYPE_CHECKING:
    from collections.abc import Callable

# Not primary, shutting down, stepping down, lock timeout, write conflict: "no harm done, ask again".
_TRANSIENT = frozenset({6, 7, 24, 89, 91, 112, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436, THROTTLED})
_RETRY_AFTER = re.compile(r"RetryAfterMs=(\d+)")
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 2.0

T = TypeVar("T")


def call(command: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Issue a command, again if its answer was lost or the server asked for it.

    An embedded server that has died is started again.

    Waits between tries grow from 50 ms to 2 s, with jitter, or are as long as Cosmos DB demands; after
    GENESIS_FLOW_OPERATION_TIMEOUT seconds the last error is raised.
    """
    deadline = None
    pause = _FIRST_PAUSE
    while True:
        try:
            return command(*args, **kwargs)
        except driver.PyMongoError as exc:
            mended = isinstance(exc, driver.ConnectionFailure) and clients.mend_embedded()
            if not mended and not is_transient(exc):
                raise
            deadline = deadline or time.monotonic() + settings.OPERATION_TIMEOUT.get()
            wait = _demanded_pause(exc) or pause
            if time.monotonic() + wait > deadline:
                raise
        time.sleep(wait * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, not a secret
        pause = min(2 * pause, _LONGEST_PAUSE)


def is_transient(exc: driver.PyMongoError) -> bool:
    """Tell whether the same command may well succeed a moment later."""
    if isinstance(exc, driver.BulkWriteError):
        details = exc.details or {}
        failures = details.get("writeErrors", []) + details.get("writeConcernErrors", [])
        return any(failure.get("code") in _TRANSIENT for failure in failures)
    if isinstance(exc, driver.OperationFailure):
        return exc.code in _TRANSIENT
    # A server that was not found within its own time limit has been waited for long enough.
    return isinstance(exc, driver.AutoReconnect) and not isinstance(exc, driver.ServerSelectionTimeoutError)


def _demanded_pause(exc: driver.PyMongoError) -> float | None:
    found = _RETRY_AFTER.search(str(exc))
    return int(found.group(1)) / 1000 if found else None
