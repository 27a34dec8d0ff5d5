"""Indexes for the orders in which people search runs.

Without one, an ordered search reads and sorts all runs of its experiments, about 1 µs each: fine for a few
thousand. With one, it reads a page, however many runs there are. Each index costs every write of its key a
little, so people ask for them, a bounded number, and no search makes one by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import REQUEST_LIMIT_EXCEEDED

from genesis_flow_mongo.documents.keys import unescape
from genesis_flow_mongo.query.ordering import ASCENDING
from genesis_flow_mongo.query.runs import ordering
from genesis_flow_mongo.schema.collections import RUNS

if TYPE_CHECKING:
    from genesis_flow_mongo.connection.context import StoreContext

MOST_INDEXES = 20
"""Search indexes that a database may have; each makes writes of its key slower."""

_PREFIX = "search:"
_SCOPE = [("workspace", 1), ("experiment_id", 1), ("lifecycle_stage", 1)]


class SearchIndexRepository:
    """The search indexes of one database."""

    def __init__(self, context: StoreContext) -> None:
        self._runs = context.table(RUNS.name).collection

    def add(self, order_by: str) -> str:
        """Create the index of one `order_by` clause, such as `metrics.accuracy DESC`; returns its name.

        Blocks until it is built; writers go on meanwhile. One that exists is left as it is.

        Raises:
            MlflowException: INVALID_PARAMETER_VALUE for a clause that search_runs would not take,
                REQUEST_LIMIT_EXCEEDED if there are 20 already.
        """
        name, keys = _index_of(order_by)
        names = self.names()
        if name not in names and len(names) >= MOST_INDEXES:
            msg = f"There are {MOST_INDEXES} search indexes already. Drop one first: {', '.join(names)}."
            raise MlflowException(msg, error_code=REQUEST_LIMIT_EXCEEDED)
        self._runs.create_index(keys, name=_PREFIX + name)
        return name

    def names(self) -> list[str]:
        """Return the clauses that have an index, sorted."""
        found = (index["name"] for index in self._runs.list_indexes())
        return sorted(name.removeprefix(_PREFIX) for name in found if name.startswith(_PREFIX))

    def drop(self, order_by: str) -> str:
        """Drop the index of an `order_by` clause; returns its name.

        Raises:
            MlflowException: INVALID_PARAMETER_VALUE if there is none.
        """
        name, _ = _index_of(order_by)
        names = self.names()
        if name not in names:
            known = ", ".join(names) or "none"
            raise MlflowException.invalid_parameter_value(f"No search index '{name}'. There are: {known}.")
        self._runs.drop_index(_PREFIX + name)
        return name


def _index_of(order_by: str) -> tuple[str, list[tuple[str, int]]]:
    keys = [(key.path, key.direction) for key in ordering([order_by]).keys]
    path, direction = keys[0]
    clause = unescape(path.removesuffix(".v")) if path.startswith("metrics.") else unescape(path)
    return f"{clause} {'ASC' if direction == ASCENDING else 'DESC'}", [*_SCOPE, *keys]
