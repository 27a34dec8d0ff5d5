"""MLflow's comparators as MongoDB conditions, with SQL's meaning of a missing value: it matches nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genesis_flow_mongo.query.like import like_regex

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_RANGES = {"<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}


def condition(comparator: str, value: Any) -> Any:
    """Return the condition on a field for one comparator, in upper case, of MLflow's filter grammar.

    Values are compared literally: none of them can become an operator, as each stands behind one.
    """
    if comparator in _RANGES:
        return {_RANGES[comparator]: value}
    if comparator == "=":
        return {"$eq": value}
    if comparator == "!=":
        return {"$nin": [value, None]}
    if comparator == "IN":
        return {"$in": list(value)}
    if comparator == "NOT IN":
        return {"$nin": [*value, None]}
    if comparator in {"LIKE", "ILIKE"}:
        return {"$regex": like_regex(value, ignore_case=comparator == "ILIKE")}
    if comparator in {"IS NULL", "IS NOT NULL"}:
        return {"$exists": comparator == "IS NOT NULL"}
    raise ValueError(comparator)


def all_of(clauses: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the query that matches what all of several clauses match."""
    if len(clauses) > 1:
        return {"$and": list(clauses)}
    return dict(clauses[0]) if clauses else {}
