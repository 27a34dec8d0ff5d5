"""Profiles: what each engine that speaks MongoDB's protocol can be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlflow.exceptions import MlflowException

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Profile:
    """How to treat one engine.

    Attributes:
        name: The name that `genesisProfile=` takes.
        write_concern: Client options that make an acknowledged write durable.
        max_idle_ms: Connections idle for longer are dropped before a load balancer does so, or None.
        views: Whether read-only views can be created.
        overflow_bytes: Size of a run document, in bytes, above which new keys are stored beside it.
    """

    name: str
    write_concern: Mapping[str, Any]
    max_idle_ms: int | None
    views: bool
    overflow_bytes: int


# `j` matters on a standalone server only: on a replica set a majority write waits for the journal anyway.
MONGODB = Profile("mongodb", {"w": "majority", "journal": True}, None, views=True, overflow_bytes=512 * 1024)
# Azure ignores the client's write concern (every write is a quorum write), and its load balancer forgets
# a connection that is idle for four minutes.
COSMOS_RU = Profile("cosmos-ru", {}, 120_000, views=False, overflow_bytes=32 * 1024)
DOCUMENTDB = Profile("documentdb", {}, 120_000, views=False, overflow_bytes=512 * 1024)

PROFILES = {profile.name: profile for profile in (MONGODB, COSMOS_RU, DOCUMENTDB)}

_HOST_SUFFIXES = {
    ".mongo.cosmos.azure.com": COSMOS_RU,
    ".mongocluster.cosmos.azure.com": DOCUMENTDB,
    ".docdb.amazonaws.com": DOCUMENTDB,
}


def named(name: str) -> Profile:
    """Return the profile of a name.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE for an unknown name.
    """
    try:
        return PROFILES[name]
    except KeyError:
        raise MlflowException.invalid_parameter_value(
            f"Unknown genesisProfile '{name}'. Known are: {', '.join(PROFILES)}."
        ) from None


def by_address(address: str) -> Profile | None:
    """Return the profile that a host name gives away, or None when only the server can tell."""
    hosts = address.partition("?")[0].lower()
    for suffix, profile in _HOST_SUFFIXES.items():
        if suffix in hosts:
            return profile
    return None


def by_hello(hello: Mapping[str, Any]) -> Profile:
    """Return the profile that a server's answer to `hello` gives away."""
    if hello.get("setName") == "globaldb":
        return COSMOS_RU
    # vCore poses as a mongos, and has a field of its own beside that.
    if hello.get("msg") == "isdbgrid" and "internal" in hello:
        return DOCUMENTDB
    return MONGODB
