"""What `genesis-flow doctor` asks a MongoDB: the probe of the entry point group `genesis_flow.doctor`."""

from __future__ import annotations

import json
import statistics
import time
import uuid
from typing import TYPE_CHECKING

from mlflow.exceptions import MlflowException

from genesis_flow.diagnosis import Check, artifact_root
from genesis_flow_mongo.connection import clients, profiles
from genesis_flow_mongo.connection.context import StoreContext
from genesis_flow_mongo.connection.errors import FOREIGN, translate
from genesis_flow_mongo.repositories.artifact_root import ArtifactRoot
from genesis_flow_mongo.schema.bootstrap import SCHEMA_VERSION, schema_document
from genesis_flow_mongo.schema.collections import COLLECTIONS, META

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TRIES = 7


def probe(uri: str) -> list[Check]:
    """Examine the database of a `mongodb`, `mongodb+srv` or `mongodb+embedded` URI.

    Writes eight small documents to `meta` and deletes them; nothing else is created. An error of the server
    ends the examination, since every further check would meet it again.
    """
    found: list[Check] = []
    try:
        for check in _checks(uri):
            found.append(check)  # noqa: PERF402 - what was found before an error is kept
    except (*FOREIGN, MlflowException) as exc:
        failure = exc if isinstance(exc, MlflowException) else translate(exc)
        found.append(Check("further checks" if found else "server", "fail", failure.message))
    return found


def _checks(uri: str) -> Iterator[Check]:
    context = StoreContext.open(uri)
    yield _server(context)
    yield _ping(context)
    yield _durable_write(context)
    context.shared = schema_document(context)
    yield _schema(context)
    if context.shared:
        yield _indexes(context)
    yield artifact_root(ArtifactRoot(context, None).uri())


def _server(context: StoreContext) -> Check:
    client = clients.client_of(context.uri)
    hello = client.admin.command("hello")
    version = client.server_info()["version"]
    place = f"replica set {hello['setName']}" if "setName" in hello else "no replica set"
    if hello.get("msg") == "isdbgrid":
        place = "sharded"
    return Check("server", "ok", f"MongoDB {version}, profile {context.profile.name}, {place}")


def _ping(context: StoreContext) -> Check:
    admin = clients.client_of(context.uri).admin
    return Check("ping", "ok", _median_ms(lambda: admin.command("ping")))


def _durable_write(context: StoreContext) -> Check:
    """Time inserts into a collection that every store has, as durable as the stores' own."""
    name, table = "durable write", context.table(META.name)
    mark = f"doctor {uuid.uuid4().hex} "
    numbers = iter(range(_TRIES + 1))
    try:
        latency = _median_ms(lambda: table.insert({"_id": f"{mark}{next(numbers)}"}))
        table.delete({"_id": {"$gte": mark, "$lt": mark + "~"}})
    except FOREIGN as exc:
        remedy = f"Give the user the role readWrite on the database '{context.uri.database}'."
        return Check(name, "fail", translate(exc).message, remedy)
    write_concern = clients.client_of(context.uri).write_concern.document.get("w")
    if context.profile is profiles.MONGODB and write_concern in {0, 1}:
        detail = f"{latency}, but with w={write_concern} a failover loses acknowledged writes"
        return Check(name, "warn", detail, "Leave the option w out of the URI.")
    return Check(name, "ok", latency)


def _schema(context: StoreContext) -> Check:
    name, version = "schema", context.shared.get("version", 0)
    if version > SCHEMA_VERSION:
        return Check(
            name,
            "fail",
            f"version {version}, but genesis-flow-mongo here knows up to {SCHEMA_VERSION}",
            "pip install --upgrade genesis-flow-mongo",
        )
    if version < SCHEMA_VERSION:
        state = f"version {version}" if version else "the database is new"
        return Check(name, "warn", f"{state}; the first program that uses it brings it to {SCHEMA_VERSION}")
    return Check(name, "ok", f"version {version}")


def _indexes(context: StoreContext) -> Check:
    database = context.database()
    declared = [(collection.name, index) for collection in COLLECTIONS for index in collection.indexes]
    present = {
        (collection.name, name)
        for collection in COLLECTIONS
        for name in database[collection.name].index_information()
    }
    missing = [(table, index) for table, index in declared if (table, index.name) not in present]
    if not missing:
        return Check("indexes", "ok", f"{len(declared)} of {len(declared)}")
    names = ", ".join(f"{table}.{index.name}" for table, index in missing)
    commands = "; ".join(
        f"db.{table}.createIndex({json.dumps(dict(index.keys))})" for table, index in missing
    )
    return Check("indexes", "fail", f"missing: {names}", f"mongosh: {commands}")


def _median_ms(command: Callable[[], object]) -> str:
    """Run a command once to warm up, then several times; return the median as text."""
    command()
    times = []
    for _ in range(_TRIES):
        started = time.perf_counter()
        command()
        times.append(time.perf_counter() - started)
    return f"{statistics.median(times) * 1000:.1f} ms (median of {_TRIES})"
