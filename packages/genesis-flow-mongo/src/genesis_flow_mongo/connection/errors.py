"""The one door by which driver errors enter: each becomes an MlflowException with MLflow's own code."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, TypeVar

from bson.errors import BSONError
from mlflow.exceptions import MlflowException
from mlflow.protos import databricks_pb2 as codes
from pymongo import errors as driver

from genesis_flow.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable

FOREIGN = (driver.PyMongoError, BSONError, OverflowError, UnicodeEncodeError)
"""What may come through from the driver, and from encoding a value that BSON cannot hold."""

THROTTLED = 16500
_AUTHENTICATION = frozenset({13, 18, 8000})
_TIMED_OUT = frozenset({50, 202})
# A document, or one that an update would make, is larger than the engine allows.
_TOO_LARGE = frozenset({10334, 17419, 17420})

T = TypeVar("T", bound=type)


def translate(exc: BaseException) -> MlflowException:
    """Return the MlflowException that stands for a driver's error; credentials are redacted.

    TEMPORARILY_UNAVAILABLE when the server cannot be reached or is too slow, INVALID_PARAMETER_VALUE when a
    value cannot be stored, PERMISSION_DENIED or REQUEST_LIMIT_EXCEEDED when the server says so, otherwise
    INTERNAL_ERROR, all as in MLflow's SqlAlchemyStore 3.17 as far as that knows the condition.
    """
    text = redact(str(exc))
    if isinstance(exc, (BSONError, OverflowError, UnicodeEncodeError, driver.DocumentTooLarge)):
        return _exception(f"A value cannot be stored in MongoDB: {text}", codes.INVALID_PARAMETER_VALUE)
    if isinstance(exc, driver.ServerSelectionTimeoutError):
        return _exception(
            f"MongoDB cannot be reached: {_first_sentence(text)} Is the server running, is the host right? "
            "The time limit is GENESIS_FLOW_CONNECT_TIMEOUT.",
            codes.TEMPORARILY_UNAVAILABLE,
        )
    if isinstance(exc, driver.ConnectionFailure):
        return _exception(f"The connection to MongoDB was lost: {text}", codes.TEMPORARILY_UNAVAILABLE)
    if isinstance(exc, driver.ConfigurationError):
        return _exception(f"MongoDB's URI is not usable: {text}", codes.INVALID_PARAMETER_VALUE)
    if isinstance(exc, driver.OperationFailure):
        return _of_server(exc)
    return _exception(f"MongoDB failed: {text}", codes.INTERNAL_ERROR)


def _of_server(exc: driver.OperationFailure) -> MlflowException:
    code, text = _answer(exc)
    if code in _AUTHENTICATION:
        return _exception(f"MongoDB refused these credentials: {text}", codes.PERMISSION_DENIED)
    if code == THROTTLED:
        return _exception(f"MongoDB is throttling requests: {text}", codes.REQUEST_LIMIT_EXCEEDED)
    if code in _TOO_LARGE:
        return _exception(f"A value is too large for MongoDB: {text}", codes.INVALID_PARAMETER_VALUE)
    if code in _TIMED_OUT:
        return _exception(f"MongoDB ran out of time: {text}", codes.TEMPORARILY_UNAVAILABLE)
    return _exception(f"MongoDB failed with code {code}: {text}", codes.INTERNAL_ERROR)


def _answer(exc: driver.OperationFailure) -> tuple[int | None, str]:
    """Return the code and text of the server's answer: of a batch, those of its first failure.

    The driver's own text repeats the whole answer, topology, documents and all.
    """
    details = exc.details or {}
    failure = next(iter(details.get("writeErrors") or details.get("writeConcernErrors") or ()), details)
    return failure.get("code", exc.code), redact(str(failure.get("errmsg") or exc))


def _first_sentence(text: str) -> str:
    """Cut the description of the whole topology, which pymongo appends."""
    return text.partition(", Timeout:")[0].rstrip(".") + "."


def _exception(message: str, code: int) -> MlflowException:
    return MlflowException(message, error_code=code)


def driver_errors(store: T) -> T:
    """Make every public method of an assembled store raise MlflowException where the driver raised.

    A class decorator, so that no facet has to mention driver errors; it costs one extra call per method.
    """
    for name, member in inspect.getmembers(store, inspect.isfunction):
        static = isinstance(inspect.getattr_static(store, name), staticmethod)
        if not static and (not name.startswith("__") or name == "__init__"):
            setattr(store, name, _guarded(member))
    return store


def _guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except FOREIGN as exc:
            raise translate(exc) from exc

    return guarded
