"""Counts round trips for whoever watches store calls; installed only when somebody does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymongo.monitoring import CommandListener

from genesis_flow import events

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymongo.monitoring import CommandFailedEvent, CommandStartedEvent, CommandSucceededEvent


class RoundTripListener(CommandListener):
    """Tells the events seam of every command that leaves this process."""

    def started(self, event: CommandStartedEvent) -> None:  # noqa: ARG002 - the driver's signature
        """Count one command."""
        events.count_round_trip()

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Ignore: the start was counted."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Ignore: the start was counted."""


def listeners() -> Sequence[CommandListener]:
    """Return the listeners that a new client needs: none, while nobody observes store calls."""
    return [RoundTripListener()] if events.active() else []
