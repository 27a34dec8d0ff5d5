"""The seam at which store calls are observed and vetoed; `docs/events.md` explains it with examples.

Audit, authorization and metrics hang on it. Without a subscriber a call pays a fraction of a microsecond.
"""

from __future__ import annotations

from genesis_flow.events.call import Outcome, StoreCall
from genesis_flow.events.context import count_round_trip, principal
from genesis_flow.events.observed import observed
from genesis_flow.events.subscribers import Subscriber, active, subscribe, unsubscribe

__all__ = [
    "Outcome",
    "StoreCall",
    "Subscriber",
    "active",
    "count_round_trip",
    "observed",
    "principal",
    "subscribe",
    "unsubscribe",
]
