"""The replica set of one: it gives majority writes, change streams and transactions as in production."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genesis_flow.embedded.wire import CommandError, Wire

if TYPE_CHECKING:
    from pathlib import Path

NAME = "rs0"
_NOT_YET_INITIALIZED = 94
_INVALID_CONFIG = 93


def make_member(wire: Wire, socket: Path) -> None:
    """See to it that the server is the set's one member under the name `socket`. 1-3 round trips.

    A data directory that was moved or copied remembers its old socket and would wait for it forever;
    it is given the new one. Its data stays.

    Raises:
        CommandError: mongod refuses the configuration.
    """
    try:
        wire.command({"replSetGetStatus": 1})
    except CommandError as exc:
        if exc.code == _NOT_YET_INITIALIZED:
            wire.command({"replSetInitiate": {"_id": NAME, "members": [{"_id": 0, "host": str(socket)}]}})
        elif exc.code == _INVALID_CONFIG:
            wire.command({"replSetReconfig": _moved(wire, socket), "force": True})
        else:
            raise


def is_primary(wire: Wire) -> bool:
    """Whether the server takes writes. One round trip."""
    return bool(wire.command({"hello": 1}).get("isWritablePrimary"))


def _moved(wire: Wire, socket: Path) -> dict[str, Any]:
    stored = wire.command({"find": "system.replset", "limit": 1}, "local")["cursor"]["firstBatch"][0]
    member = {**stored["members"][0], "host": str(socket)}
    return {**stored, "version": stored["version"] + 1, "members": [member]}
