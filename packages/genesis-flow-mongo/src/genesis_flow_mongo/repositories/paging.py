"""Pages of a search: bands in order, each continued behind the last document seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

from genesis_flow_mongo.query.comparisons import all_of
from genesis_flow_mongo.query.tokens import decode_token, encode_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from genesis_flow_mongo.connection.table import Table
    from genesis_flow_mongo.query.ordering import Band, Ordering

Document = dict[str, Any]


def search_page(
    table: Table,
    query: Mapping[str, Any],
    ordering: Ordering,
    limit: int | None,
    token: str | None,
    projection: Any = None,
    prelude: Sequence[Document] = (),
) -> tuple[list[Document], str | None]:
    """Return up to `limit` documents (None: all) and the token of the next page, None at the end.

    One round trip; two when an ascending sort runs over into the documents that lack the first key.

    Args:
        table: Where to search.
        query: What to find.
        ordering: How to sort it.
        limit: Number of documents of a page.
        token: The token that the page before came with.
        projection: Fields to leave out; none that the ordering needs.
        prelude: Aggregation stages that make fields which the ordering needs, usually none.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE if the token is none of ours, or of another ordering.
    """
    if ordering.needs_computing or prelude:
        stages = [{"$match": dict(query)}, *prelude, *ordering.computed()]
        return _computed_page(table, stages, limit, token, projection)
    bands = ordering.bands()
    start, position = _begin(token, bands)
    found: list[Document] = []
    ends: list[int] = []
    for number, band in enumerate(bands[start:], start):
        clauses = [clause for clause in (query, band.query) if clause]
        if position is not None:
            clauses.append(band.behind(position))
            position = None
        room = 0 if limit is None else limit + 1 - len(found)
        found += table.find(all_of(clauses), projection, sort=band.sort, limit=room)
        ends += [number] * (len(found) - len(ends))
        if limit is not None and len(found) > limit:
            last = found[limit - 1]
            end = bands[ends[limit - 1]]
            mark = {"band": ends[limit - 1], "by": _sorted_by(end), "after": end.position(last)}
            return found[:limit], encode_token(mark)
    return found, None


def _begin(token: str | None, bands: Sequence[Band]) -> tuple[int, list[Any] | None]:
    if not token:
        return 0, None
    mark = decode_token(token, "band", "by", "after")
    number, after = mark["band"], mark["after"]
    if type(number) is not int or not 0 <= number < len(bands) or mark["by"] != _sorted_by(bands[number]):
        raise _other_order()
    # Values become part of a query, where a document would be read as operators.
    if not isinstance(after, list) or len(after) != len(mark["by"]) or not all(map(_is_value, after)):
        raise _other_order()
    return number, after


def _sorted_by(band: Band) -> list[list[Any]]:
    return [[path, direction] for path, direction in band.sort]


def _is_value(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float))


def _other_order() -> MlflowException:
    return MlflowException(
        "The page token belongs to a search with another order_by. Begin without a token.",
        error_code=INVALID_PARAMETER_VALUE,
    )


def _computed_page(
    table: Table,
    stages: Sequence[Mapping[str, Any]],
    limit: int | None,
    token: str | None,
    projection: Any,
) -> tuple[list[Document], str | None]:
    skip = decode_token(token, "skip")["skip"] if token else 0
    if type(skip) is not int or skip < 0:
        raise _other_order()
    pipeline = list(stages)
    if skip:
        pipeline.append({"$skip": skip})
    if limit is not None:
        pipeline.append({"$limit": limit + 1})
    if projection:
        pipeline.append({"$project": projection})
    found = table.aggregate(pipeline)
    if limit is None or len(found) <= limit:
        return found, None
    return found[:limit], encode_token({"skip": skip + limit})
