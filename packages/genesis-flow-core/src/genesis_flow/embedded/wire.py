"""One command, one reply, over a unix socket: as much of MongoDB's protocol as a launcher needs.

Not a `MongoClient`: that takes half a second to import and starts threads, and the supervisor has to
stay a small process with one thread. Source: MongoDB specification "OP_MSG", kind-0 section.
"""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Any

from genesis_flow.embedded.errors import EmbeddedError

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from typing_extensions import Self

_OP_MSG = 2013
_HEADER = struct.Struct("<iiii")  # length with header, request id, response to, operation
_PREFIX = 5  # bytes before the document: flags, kind of section


class CommandError(Exception):
    """mongod refused a command.

    Attributes:
        code: MongoDB's number, such as 94 for NotYetInitialized.
    """

    def __init__(self, reply: dict[str, Any]) -> None:
        super().__init__(f"{reply.get('codeName', 'error')}: {reply.get('errmsg', '')}")
        self.code: int = reply.get("code", 0)


class Wire:
    """A connection to the mongod that listens on `path`; each reply within `timeout` seconds.

    Raises:
        OSError: nobody listens, or nobody answers.
    """

    def __init__(self, path: Path, timeout: float = 10.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        try:
            self._socket.connect(str(path))
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def command(self, document: dict[str, Any], database: str = "admin") -> dict[str, Any]:
        """Send one command and return its reply. One round trip.

        Raises:
            CommandError: the reply is not ok.
            OSError: the connection broke.
        """
        bson = require_bson()
        body = b"\0\0\0\0\0" + bson.encode({**document, "$db": database})
        self._socket.sendall(_HEADER.pack(_HEADER.size + len(body), 1, 0, _OP_MSG) + body)
        length, _, _, _ = _HEADER.unpack(self._receive(_HEADER.size))
        reply: dict[str, Any] = bson.decode(self._receive(length - _HEADER.size)[_PREFIX:])
        if not reply.get("ok"):
            raise CommandError(reply)
        return reply

    def _receive(self, size: int) -> bytes:
        received = bytearray()
        while len(received) < size:
            piece = self._socket.recv(size - len(received))
            if not piece:
                raise ConnectionResetError("mongod closed the connection")
            received += piece
        return bytes(received)


def require_bson() -> ModuleType:
    """Return pymongo's `bson`; asked early, the user's own process says that it is missing.

    Raises:
        EmbeddedError: INVALID_PARAMETER_VALUE, when pymongo's `bson` is not installed.
    """
    try:
        import bson
    except ImportError as exc:
        raise EmbeddedError(
            "INVALID_PARAMETER_VALUE",
            "An embedded MongoDB is spoken to with pymongo, which is not installed here. "
            "Install it with: pip install genesis-flow-mongo",
        ) from exc
    return bson
