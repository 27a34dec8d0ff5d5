"""The mongod that Genesis-Flow and the floor share: a private one, through `genesis_flow.embedded`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def private(directory: Path) -> Iterator[str]:
    """Start a mongod on `directory` and give its `mongodb://` URI; end it on the way out."""
    from genesis_flow import embedded

    membership = embedded.join(f"mongodb+embedded://{directory}")
    try:
        yield membership.mongo_uri
    finally:
        membership.leave()
        end(directory)


def end(directory: Path) -> None:
    """End the mongod of `directory`, if one runs, and wait for it; left alone it lingers for seconds."""
    from genesis_flow.embedded.home import Home
    from genesis_flow.embedded.server import stop

    stop(Home(directory))


def program() -> str:
    """Path of the mongod binary, as Genesis-Flow finds it."""
    from genesis_flow.embedded.binary import Binary

    return str(Binary.find().path)


def with_database(uri: str, name: str) -> str:
    """Point a `mongodb://` URI at another database."""
    head, _, options = uri.partition("?")
    scheme, _, rest = head.partition("://")
    host = rest.split("/", 1)[0]
    return f"{scheme}://{host}/{name}" + (f"?{options}" if options else "")


def version(uri: str) -> str:
    """Version of the server behind `uri`, as its buildInfo says."""
    import pymongo

    with pymongo.MongoClient[dict[str, object]](uri) as client:
        return str(client.server_info()["version"])
