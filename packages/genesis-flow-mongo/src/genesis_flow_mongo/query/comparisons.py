"""MLflow's comparators as MongoDB conditions, with SQL's meaning of a missing value: it matches nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genesis_flow_mongo.query.like import like_regex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_CONDITIONS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "=": lambda value: {"$eq": value},
    "!=": lambda value: {"$nin": [value, None]},
    "<": lambda value: {"$lt": value},
    "<=": lambda value: {"$lte": value},
    ">": lambda value: {"$gt": value},
    ">=": lambda value: {"$gte": value},
    "IN": lambda values: {"$in": list(values)},
    "NOT IN": lambda values: {"$nin": [*values, None]},
    "LIKE": lambda pattern: {"$regex": like_regex(pattern, ignore_case=False)},
    "ILIKE": lambda pattern: {"$regex": like_regex(pattern, ignore_case=True)},
    "IS NULL": lambda _: {"$exists": False},
    "IS NOT NULL": lambda _: {"$exists": True},
}


def condition(comparator: str, value: Any) -> dict[str, Any]:
    """Return the condition on a field for one comparator, in upper case, of MLflow's filter grammar.

    Values are compared literally: none of them can become an operator, as each stands behind one.
    """
    return _CONDITIONS[comparator](value)


def all_of(clauses: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the query that matches what all of several clauses match."""
    if len(clauses) > 1:
        return {"$and": list(clauses)}
    return dict(clauses[0]) if clauses else {}
