"""Starts every server one run needs and opens the candidates on them."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.floor import Floor
from benchmarks.rivals import Rival, mongod, postgres, server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Lineup:
    """The candidates of one run.

    Attributes:
        rivals: those behind MLflow's interface.
        floor: is no MLflow store, so it stands apart.
        versions: of the servers.
        stall_ms: what keeping a connection costs a request of the tracking server.
    """

    rivals: tuple[Rival, ...]
    floor: Floor | None
    versions: dict[str, str]
    stall_ms: float | None

    @property
    def names(self) -> tuple[str, ...]:
        """All candidates, in the order of the report."""
        return (*(rival.name for rival in self.rivals), *(["floor"] if self.floor else []))


@contextmanager
def workspace() -> Iterator[Path]:
    """Give a temporary directory that servers run by another user can reach."""
    with tempfile.TemporaryDirectory(prefix="gfb-", ignore_cleanup_errors=True) as name:
        root = Path(name)
        root.chmod(0o711)
        yield root


@contextmanager
def mongo_server(root: Path, given_uri: str | None, say: Callable[[str], None]) -> Iterator[str]:
    """Give the URI of the mongod to use: the caller's, or a private one for as long as this lasts."""
    if given_uri:
        yield given_uri
        return
    say("starting mongod …")
    with mongod.private(root / "mongo") as uri:
        yield uri


@contextmanager
def opened(
    wanted: frozenset[str], *, mongo_uri: str | None, workers: int, say: Callable[[str], None]
) -> Iterator[Lineup]:
    """Start what `wanted` names need, newest last, and end it in reverse order.

    Raises:
        MissingPostgresError: `sql` or `rest` is wanted and PostgreSQL is not installed.
    """
    with ExitStack() as stack:
        root = stack.enter_context(workspace())
        rivals: list[Rival] = []
        floor = None
        stall = None
        versions: dict[str, str] = {}
        if wanted & {"genesis", "floor"}:
            uri = stack.enter_context(mongo_server(root, mongo_uri, say))
            versions["mongod"] = mongod.version(uri)
            if "genesis" in wanted:
                rivals.append(Rival("genesis", mongod.with_database(uri, "bench_genesis")))
            if "floor" in wanted:
                floor = stack.enter_context(Floor.on(mongod.with_database(uri, "bench_floor")))
        if wanted & {"sql", "rest"}:
            versions["postgres"] = postgres.version()
            say("starting PostgreSQL …")
            backend = stack.enter_context(postgres.cluster(root / "postgres"))
            sql = Rival("sql", backend)
            if "sql" in wanted:
                rivals.append(sql)
            if "rest" in wanted:
                say("starting mlflow server …")
                url = stack.enter_context(server.tracking_server(root / "server", backend, workers))
                stall = server.stall_ms(url)
                rivals.append(Rival("rest", url, sharing=sql))
        yield Lineup(tuple(rivals), floor, versions, stall)
