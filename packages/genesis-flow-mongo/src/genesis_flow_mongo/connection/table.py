"""The verbs by which repositories reach one collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymongo import ReturnDocument
from pymongo import errors as driver

from genesis_flow_mongo.connection import clients, retry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pymongo import DeleteOne, InsertOne, UpdateMany, UpdateOne
    from pymongo.collection import Collection

    from genesis_flow_mongo.connection.context import StoreContext

Document = dict[str, Any]
DUPLICATE_KEY = 11000


class Table:
    """One collection of one database: each verb is one round trip, retried, safe across forks and threads."""

    def __init__(self, context: StoreContext, name: str) -> None:
        self._context = context
        self._name = name
        self._held: tuple[int, Collection[Document]] | None = None

    def __getstate__(self) -> dict[str, Any]:
        # A pickled store connects anew where it wakes up.
        return {**self.__dict__, "_held": None}

    @property
    def collection(self) -> Collection[Document]:
        """The driver's collection, of this very process."""
        held = self._held
        if held is None or held[0] != clients.generation():
            held = (clients.generation(), self._context.database()[self._name])
            self._held = held
        return held[1]

    def find_one(self, query: Mapping[str, Any], projection: Any = None) -> Document | None:
        """Return the first match, or None."""
        return retry.call(self.collection.find_one, query, projection)

    def find(
        self,
        query: Mapping[str, Any],
        projection: Any = None,
        *,
        sort: Sequence[tuple[str, int]] | None = None,
        limit: int = 0,
    ) -> list[Document]:
        """Return all matches (0 means no limit); one round trip per 16 MB, or per `limit` documents."""

        def fetch() -> list[Document]:
            cursor = self.collection.find(query, projection, sort=sort, limit=limit, batch_size=limit)
            return list(cursor)

        return retry.call(fetch)

    def stream(
        self,
        query: Mapping[str, Any],
        projection: Any = None,
        *,
        sort: Sequence[tuple[str, int]] | None = None,
        batch: int = 1000,
    ) -> Iterator[Document]:
        """Yield the matches, `batch` documents per round trip; not retried once begun."""
        yield from self.collection.find(query, projection, sort=sort, batch_size=batch)

    def aggregate(self, pipeline: Sequence[Mapping[str, Any]]) -> list[Document]:
        """Return the result of a pipeline of classic stages."""
        return retry.call(lambda: list(self.collection.aggregate(list(pipeline))))

    def distinct(self, key: str, query: Mapping[str, Any]) -> list[Any]:
        """Return the distinct values of a field among the matches."""
        return retry.call(self.collection.distinct, key, query)

    def insert(self, document: Document) -> bool:
        """Insert one document; False when its `_id` is taken."""
        try:
            retry.call(self.collection.insert_one, document)
        except driver.DuplicateKeyError:
            return False
        return True

    def insert_all(self, documents: Sequence[Document], *, ordered: bool = False) -> bool:
        """Insert documents, leaving those whose `_id` is taken as they are; False when there were any.

        When `ordered`, a taken `_id` also keeps the documents behind it from being inserted.
        """
        try:
            retry.call(self.collection.insert_many, documents, ordered=ordered)
        except driver.BulkWriteError as exc:
            _require_duplicates_only(exc)
            return False
        return True

    def update(self, query: Mapping[str, Any], change: Mapping[str, Any], *, upsert: bool = False) -> bool:
        """Update the first match; False when nothing matched.

        An upsert whose `_id` exists but does not match the rest of the query is also False: the server
        answers it with a duplicate key.
        """
        try:
            result = retry.call(self.collection.update_one, query, change, upsert)
        except driver.DuplicateKeyError:
            return False
        return result.matched_count > 0 or result.upserted_id is not None

    def update_all(self, query: Mapping[str, Any], change: Mapping[str, Any]) -> int:
        """Update every match; returns how many there were."""
        return retry.call(self.collection.update_many, query, change).matched_count

    def update_and_get(
        self,
        query: Mapping[str, Any],
        change: Mapping[str, Any],
        projection: Any = None,
        *,
        upsert: bool = False,
        before: bool = False,
    ) -> Document | None:
        """Update the first match and return it as it is then (or was `before`); None without a match."""
        document: Document | None = retry.call(
            self.collection.find_one_and_update,
            query,
            change,
            projection,
            upsert=upsert,
            return_document=ReturnDocument.BEFORE if before else ReturnDocument.AFTER,
        )
        return document

    def write(
        self,
        operations: Sequence[UpdateOne | UpdateMany | InsertOne[Document] | DeleteOne],
        *,
        ordered: bool = False,
    ) -> int:
        """Send idempotent writes in one batch, unordered by default; a taken `_id` means "nothing to do".

        Returns how many documents the updates matched, counted once for each update.
        """
        if not operations:
            return 0
        try:
            return retry.call(self.collection.bulk_write, operations, ordered=ordered).matched_count
        except driver.BulkWriteError as exc:
            _require_duplicates_only(exc)
            return int((exc.details or {}).get("nMatched", 0))

    def delete(self, query: Mapping[str, Any]) -> int:
        """Delete every match; returns how many there were."""
        return retry.call(self.collection.delete_many, query).deleted_count

    def count(self, query: Mapping[str, Any]) -> int:
        """Count the matches exactly."""
        return retry.call(self.collection.count_documents, query)


def _require_duplicates_only(exc: driver.BulkWriteError) -> None:
    errors: Iterable[Mapping[str, Any]] = (exc.details or {}).get("writeErrors", [])
    if any(error["code"] != DUPLICATE_KEY for error in errors) or (exc.details or {}).get(
        "writeConcernErrors"
    ):
        raise exc
