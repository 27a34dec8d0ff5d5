"""What a person asked for on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

RIVALS = {
    "genesis": "our stores on a private mongod, a durable single-node replica set",
    "sql": "MLflow's SqlAlchemyStore on a private PostgreSQL, no server in between",
    "rest": "MLflow's RestStore, `mlflow server` on loopback over the same PostgreSQL",
    "floor": "the bare pymongo commands the operation cannot avoid, w=majority, same mongod",
}
ROUNDS = 15
QUICK_ROUNDS = 2
SERVER_WORKERS = 4  # what `mlflow server` starts when nobody says otherwise


@dataclass(frozen=True)
class Settings:
    """The options shared by all chapters.

    Attributes:
        quick: tiny sizes, to see that the benchmark works; its numbers mean nothing.
        only: names of rows; all when empty.
        rivals: names of candidates.
        rounds: interleaved rounds per row.
        mongo_uri: a running mongod to use in place of a private one.
        skinny_python: interpreter of an environment with mlflow-skinny and our wheels, for the cold start.
    """

    quick: bool
    only: frozenset[str]
    rivals: frozenset[str]
    rounds: int
    mongo_uri: str | None
    skinny_python: Path | None

    @property
    def server_workers(self) -> int:
        """Worker processes of the tracking server."""
        return 1 if self.quick else SERVER_WORKERS

    def wants(self, row: str) -> bool:
        """Whether this row was asked for."""
        return not self.only or row in self.only


def say(text: str) -> None:
    """Show progress at once, also through a pipe."""
    print(text, flush=True)
