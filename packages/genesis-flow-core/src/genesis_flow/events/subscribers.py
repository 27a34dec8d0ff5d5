"""Who observes store calls: found through entry points, or added by the program."""

from __future__ import annotations

import logging
import threading
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Protocol

from genesis_flow.redaction import redact

if TYPE_CHECKING:
    from genesis_flow.events.call import Outcome, StoreCall

__all__ = ["SUBSCRIBERS_GROUP", "Subscriber", "active", "subscribe", "subscribers", "unsubscribe"]

SUBSCRIBERS_GROUP = "genesis_flow.events"

logger = logging.getLogger(__name__)


class Subscriber(Protocol):
    """Observes store calls; called in the caller's thread, by many threads at once.

    A subscriber may call stores itself: those calls are not reported. When it fails, that is logged and the
    call goes on; unless it has an attribute ``critical = True``, for then nothing may happen unseen: the
    call is refused, or, if it has been made, its caller gets the error.
    """

    def before(self, call: StoreCall) -> None:
        """Learn of a call that is about to be made.

        Raises:
            MlflowException: to veto it. The caller gets this very exception, and the store is not called.
        """

    def after(self, call: StoreCall, outcome: Outcome) -> None:
        """Learn how the call ended: once for each call, also for one that any subscriber vetoed."""


class _Registry:
    """The subscribers of this process: an immutable tuple, so that calls read it without a lock."""

    def __init__(self) -> None:
        # Re-entrant: a subscriber that is being made may call a store.
        self.lock = threading.RLock()
        self.added: tuple[Subscriber, ...] = ()
        self.found: tuple[Subscriber, ...] | None = None


_registry = _Registry()


def subscribe(subscriber: Subscriber) -> None:
    """Add a subscriber to this process, after all others; adding it twice is the same as once."""
    with _registry.lock:
        if not any(known is subscriber for known in _registry.added):
            _registry.added += (subscriber,)


def unsubscribe(subscriber: Subscriber) -> None:
    """Take a subscriber away, wherever it came from; unknown ones are ignored."""
    with _registry.lock:
        _registry.added = _without(subscriber, _registry.added)
        _registry.found = _without(subscriber, _found())


def active() -> bool:
    """Whether anybody observes; finds the subscribers of the entry points when asked first."""
    return bool(_registry.added or _found())


def subscribers() -> tuple[Subscriber, ...]:
    """Return all subscribers: those of the entry points by name, then the added ones."""
    return _found() + _registry.added


def _found() -> tuple[Subscriber, ...]:
    if _registry.found is None:
        with _registry.lock:
            if _registry.found is None:
                _registry.found = ()
                _registry.found = _loaded()
    return _registry.found


def _loaded() -> tuple[Subscriber, ...]:
    loaded = []
    for plugin in sorted(entry_points(group=SUBSCRIBERS_GROUP), key=lambda plugin: plugin.name):
        try:
            loaded.append(plugin.load()())
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a plugin, the program must run
            reason = f"{type(error).__name__}: {redact(str(error))}"
            logger.error(  # noqa: TRY400 - a traceback may show a secret
                "The subscriber %r (%s) cannot be loaded, and observes nothing: %s",
                plugin.name,
                plugin.value,
                reason,
            )
    return tuple(loaded)


def _without(subscriber: Subscriber, known: tuple[Subscriber, ...]) -> tuple[Subscriber, ...]:
    return tuple(other for other in known if other is not subscriber)
