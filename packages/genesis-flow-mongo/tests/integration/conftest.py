"""A listener on the wire: what commands a store sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pymongo.monitoring import CommandListener

from genesis_flow_mongo.connection import clients, listener

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pymongo.monitoring import CommandFailedEvent, CommandStartedEvent, CommandSucceededEvent


class Recorder(CommandListener):
    """Notes the commands in the order in which they leave.

    Attributes:
        commands: Their names.
        targets: Their names and collections, as `<command> <collection>`.
    """

    def __init__(self) -> None:
        self.commands: list[str] = []
        self.targets: list[str] = []

    def clear(self) -> None:
        """Forget what was noted."""
        self.commands.clear()
        self.targets.clear()

    def of(self, call: Callable[[], object]) -> list[str]:
        """Return the names of the commands that a call sends."""
        self.clear()
        call()
        return list(self.commands)

    def started(self, event: CommandStartedEvent) -> None:
        self.commands.append(event.command_name)
        self.targets.append(f"{event.command_name} {event.command[event.command_name]}")

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Ignore: the start was noted."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Ignore: the start was noted."""


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """Lend a recorder of all commands of stores opened from now on."""
    recorder = Recorder()
    opened: dict[str, clients.Client] = {}
    # Listeners belong to a client from its birth, and the process shares its clients: so one of our own.
    monkeypatch.setattr(clients._clients, "by_address", opened)
    monkeypatch.setattr(listener, "listeners", lambda: [recorder])
    yield recorder
    for client in opened.values():
        client.close()
