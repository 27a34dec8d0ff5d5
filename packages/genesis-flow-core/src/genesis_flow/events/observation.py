"""One observed call, from the first subscriber's `before` to the last one's `after`."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from genesis_flow.events.call import Outcome
from genesis_flow.events.context import RoundTrips, current
from genesis_flow.events.subscribers import subscribers
from genesis_flow.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlflow.exceptions import MlflowException

    from genesis_flow.events.call import StoreCall
    from genesis_flow.events.subscribers import Subscriber

__all__ = ["Answer", "observation"]

logger = logging.getLogger(__name__)


class Answer:
    """Takes the store's result from the body of the `with` statement to the subscribers."""

    value: object = None


@contextmanager
def observation(call: StoreCall) -> Iterator[Answer]:
    """Report a call, which the body makes, to all subscribers.

    Raises:
        MlflowException: a subscriber's veto; or (INTERNAL_ERROR) because a critical subscriber failed.
    """
    watching = subscribers()
    # Set before the subscribers speak, so that store calls of their own are nested ones.
    token = current.set(RoundTrips())
    try:
        _announce(watching, call)
        answer, trips = Answer(), RoundTrips()
        current.set(trips)
        started = time.perf_counter()
        try:
            yield answer
        except BaseException as error:
            duration = time.perf_counter() - started
            # A critical subscriber that fails now is logged; the store's own error goes first.
            _conclude(watching, call, Outcome(_code_of(error), False, duration, trips.total))
            raise
        duration = time.perf_counter() - started
        failure = _conclude(watching, call, Outcome(None, False, duration, trips.total, answer.value))
        if failure is not None:
            raise failure
    finally:
        current.reset(token)


def _announce(watching: tuple[Subscriber, ...], call: StoreCall) -> None:
    try:
        for subscriber in watching:
            _ask(subscriber, call)
    except BaseException as error:
        _conclude(watching, call, Outcome(_code_of(error), vetoed=True, duration=0.0, round_trips=0))
        raise


def _ask(subscriber: Subscriber, call: StoreCall) -> None:
    from mlflow.exceptions import MlflowException

    try:
        subscriber.before(call)
    except MlflowException:
        raise
    except Exception as error:  # noqa: BLE001 - a broken subscriber must not take the program down
        failure = _failure_of(subscriber, call, error)
        if failure is not None:
            # `from error` would show the unredacted text in every traceback.
            raise failure from None


def _conclude(watching: tuple[Subscriber, ...], call: StoreCall, outcome: Outcome) -> MlflowException | None:
    """Tell every subscriber, whatever the others do; return the first failure of a critical one."""
    failures = []
    for subscriber in watching:
        try:
            subscriber.after(call, outcome)
        except Exception as error:  # noqa: BLE001 - one broken subscriber must not silence the others
            failures.append(_failure_of(subscriber, call, error))
    return next((failure for failure in failures if failure is not None), None)


def _failure_of(subscriber: Subscriber, call: StoreCall, error: Exception) -> MlflowException | None:
    """Log a subscriber's failure; return the exception for the caller if the subscriber is critical."""
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import INTERNAL_ERROR

    name = type(subscriber).__qualname__
    reason = f"{type(error).__name__}: {redact(str(error))}"
    # No traceback: it may show a secret.
    logger.error("The subscriber %s failed at %s: %s", name, call.operation, reason)
    if not getattr(subscriber, "critical", False):
        return None
    return MlflowException(
        f"{call.operation} did not go through: the subscriber {name}, which is critical, failed ({reason}).",
        error_code=INTERNAL_ERROR,
    )


def _code_of(error: BaseException) -> str:
    code = getattr(error, "error_code", None)
    return code if isinstance(code, str) else "INTERNAL_ERROR"
