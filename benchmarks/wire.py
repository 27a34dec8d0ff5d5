"""A slow wire to mongod: a proxy that delays each direction and notes the commands it carries.

What an operation costs across a network is how many latencies it *waits* for: two commands sent together
wait for one. Only a wire with a known delay can tell that; it also sees what was truly sent.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HEADER = 16
NAME_AT = 26  # after the header: flags (4), kind of section (1), length of document (4), type of field (1)
OP_MSG = 2013
NOT_OURS = frozenset({"hello", "isMaster", "ismaster", "ping", "endSessions", "buildInfo"})


class Wire:
    """The proxy: `delay` in seconds each way, `commands` in the order they passed."""

    def __init__(self, upstream: str) -> None:
        self.delay = 0.0
        self.commands: list[str] = []
        self._upstream = upstream

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join a client's connection to one of the server's, until either ends."""
        if self._upstream.startswith("/"):
            server_reader, server_writer = await asyncio.open_unix_connection(self._upstream)
        else:
            host, _, port = self._upstream.partition(":")
            server_reader, server_writer = await asyncio.open_connection(host, int(port or 27017))
        there = asyncio.create_task(self._forward(reader, server_writer, self._note))
        back = asyncio.create_task(self._forward(server_reader, writer, lambda _: None))
        with suppress(asyncio.CancelledError):
            await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        for end in (writer, server_writer):
            end.close()

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, note: Callable[[bytes], None]
    ) -> None:
        """Pass on whole messages, each after the delay, in order, without waiting for the one before."""
        loop = asyncio.get_running_loop()
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                header = await reader.readexactly(HEADER)
                message = header + await reader.readexactly(int.from_bytes(header[:4], "little") - HEADER)
                note(message)
                loop.call_later(self.delay, writer.write, message)

    def _note(self, message: bytes) -> None:
        if int.from_bytes(message[12:16], "little") == OP_MSG:
            name = message[NAME_AT : message.index(0, NAME_AT)].decode()
            if name not in NOT_OURS:
                self.commands.append(name)


@contextmanager
def slow_wire(socket: Path, mongo_uri: str) -> Iterator[tuple[Wire, str]]:
    """Serve a wire on a unix socket; give it and the URI that leads through it to `mongo_uri`'s server."""
    scheme, _, rest = mongo_uri.partition("://")
    host, slash, path = rest.partition("/")
    wire = Wire(unquote(host))
    started: Future[Callable[[], object]] = Future()

    async def serve() -> None:
        stop = asyncio.Event()
        server = await asyncio.start_unix_server(wire.carry, socket)
        loop = asyncio.get_running_loop()
        started.set_result(lambda: loop.call_soon_threadsafe(stop.set))
        await stop.wait()
        server.close()  # clients of ours go on trying, until the process ends

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    end = started.result()
    try:
        yield wire, f"{scheme}://{quote(str(socket), safe='')}{slash}{path}"
    finally:
        end()
        thread.join()
