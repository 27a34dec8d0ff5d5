"""One MongoClient per address and process.

Stores come and go (MLflow caches a hundred of them and closes none), but connections are what a database
runs out of. So every store of a process shares the client of its address, whose pool is small and bounded:
a process holds at most `pool size + 2` connections per server, two of them for monitoring.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from pymongo import MongoClient
from pymongo.driver_info import DriverInfo
from pymongo.errors import InvalidURI

from genesis_flow import settings
from genesis_flow_mongo.__about__ import __version__
from genesis_flow_mongo.connection import listener, profiles
from genesis_flow_mongo.connection.uri import EMBEDDED_SCHEME

if TYPE_CHECKING:
    from genesis_flow_mongo.connection.uri import StoreUri

Client = MongoClient[dict[str, Any]]


class _Clients:
    """The clients of this process, by address."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.by_address: dict[str, Client] = {}
        # Grows by one in each forked child: whoever holds a client compares it to know that it is stale.
        self.generation = 0
        self.inherited: list[dict[str, Client]] = []

    def forget_inherited(self) -> None:
        """Start afresh in a forked child: sockets and locks belong to the parent."""
        # Kept alive on purpose: closing them here would end the parent's server sessions.
        self.inherited.append(self.by_address)
        self.lock = threading.Lock()
        self.by_address = {}
        self.generation += 1


_clients = _Clients()
os.register_at_fork(after_in_child=_clients.forget_inherited)


def generation() -> int:
    """Return a number that changes when the process is forked."""
    return _clients.generation


def client_of(uri: StoreUri) -> Client:
    """Return this process's client of an address, made on first use; no round trip.

    Raises:
        pymongo.errors.PyMongoError: If pymongo refuses the URI.
    """
    with _clients.lock:
        client = _clients.by_address.get(uri.address)
        if client is None:
            client = _connect(uri)
            _clients.by_address[uri.address] = client
        return client


def mend_embedded() -> bool:
    """Start the embedded servers of this process again, if they have died; False when there are none.

    A server is joined again on the socket that its clients know; where it runs that takes 3 ms.
    """
    with _clients.lock:
        embedded = [address for address in _clients.by_address if address.startswith(EMBEDDED_SCHEME)]
    for address in embedded:
        _join(address)
    return bool(embedded)


def _join(address: str) -> str:
    from genesis_flow.embedded import join

    return join(address).mongo_uri


def _connect(uri: StoreUri) -> Client:
    address = uri.address
    if uri.embedded:
        address = _join(address)
    # Options given to the driver beside the URI would win over those in it.
    given = {option.partition("=")[0].lower() for option in address.partition("?")[2].split("&")}
    options = {name: value for name, value in _defaults(uri).items() if name.lower() not in given}
    try:
        return MongoClient(
            address,
            connect=False,
            event_listeners=listener.listeners(),
            driver=DriverInfo("genesis-flow", __version__),
            **options,
        )
    except ValueError as exc:
        # The driver's answer to a bad port or number, which is no error of its own.
        raise InvalidURI(str(exc)) from exc


def _defaults(uri: StoreUri) -> dict[str, Any]:
    connect_ms = int(settings.CONNECT_TIMEOUT.get() * 1000)
    operation_ms = int(settings.OPERATION_TIMEOUT.get() * 1000)
    profile = profiles.named(uri.profile) if uri.profile else profiles.by_address(uri.address)
    options: dict[str, Any] = {
        "appname": "genesis-flow",
        "maxPoolSize": settings.POOL_SIZE.get(),
        "serverSelectionTimeoutMS": connect_ms,
        "connectTimeoutMS": connect_ms,
        "socketTimeoutMS": operation_ms,
        "waitQueueTimeoutMS": operation_ms,
        # Our own retries cover every engine; the driver's need a capability that two of them lack.
        "retryWrites": False,
        "retryReads": True,
        **(profile or profiles.MONGODB).write_concern,
    }
    if profile and profile.max_idle_ms:
        options["maxIdleTimeMS"] = profile.max_idle_ms
    return options
