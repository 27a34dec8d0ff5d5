"""search_experiments: MLflow's filter and order_by as a query and an ordering of experiment documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.exceptions import MlflowException

from genesis_flow_mongo.compat import SearchExperimentsUtils, parse_experiment_id
from genesis_flow_mongo.documents.keys import escape
from genesis_flow_mongo.query.comparisons import condition
from genesis_flow_mongo.query.ordering import ASCENDING, DESCENDING, Ordering, SortKey

if TYPE_CHECKING:
    from collections.abc import Sequence

# Ids are text of ever more digits; their order is that of the numbers, which are kept beside them.
_ID = "number"

_TEXT = {"=", "!=", "LIKE", "ILIKE"}
_NUMBER = {"=", "!=", "<", "<=", ">", ">="}
_NULL = {"IS NULL", "IS NOT NULL"}


def filter_clauses(filter_string: str | None) -> list[dict[str, Any]]:
    """Return the clauses of a filter, all of which must hold.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE if the filter is not of MLflow's grammar.
    """
    return [_clause(**parsed) for parsed in SearchExperimentsUtils.parse_search_filter(filter_string or None)]


def _clause(type: str, key: str, comparator: str, value: Any) -> dict[str, Any]:  # noqa: A002 - the parser's names
    comparator = comparator.upper()
    if type == "tag":
        return {f"tags.{escape(key)}": condition(_allowed(comparator, key, _TEXT | _NULL), value)}
    if key == "experiment_id":
        numbers = [parse_experiment_id(one) for one in value] if isinstance(value, tuple) else None
        wanted = parse_experiment_id(value) if numbers is None else numbers
        return {_ID: condition(_allowed(comparator, key, {"=", "!=", "IN", "NOT IN"}), wanted)}
    if key == "name":
        return {key: condition(_allowed(comparator, key, _TEXT), value)}
    return {key: condition(_allowed(comparator, key, _NUMBER), _integer(key, value))}


def _allowed(comparator: str, key: str, comparators: set[str]) -> str:
    if comparator not in comparators:
        raise MlflowException.invalid_parameter_value(
            f"Invalid comparator for '{key}': {comparator}. Valid are: {', '.join(sorted(comparators))}."
        )
    return comparator


def _integer(key: str, value: Any) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise MlflowException.invalid_parameter_value(
            f"Invalid value for numeric attribute '{key}': {value!r}"
        ) from None


def ordering(order_by: Sequence[str]) -> Ordering:
    """Return the ordering of `order_by`, by default newest first; ties are ordered by id.

    As in MLflow's SqlAlchemyStore 3.17: the default breaks ties by ascending id, all others by descending id.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE for what the grammar lacks.
    """
    if not order_by:
        return Ordering((SortKey("creation_time", DESCENDING), SortKey(_ID, ASCENDING)))
    keys: dict[str, SortKey] = {}
    for clause in order_by:
        type_, key, ascending = SearchExperimentsUtils.parse_order_by_for_search_experiments(clause)
        if type_ != "attribute":
            raise MlflowException.invalid_parameter_value(f"Invalid order_by entity: {type_}")
        path = _ID if key == "experiment_id" else key
        keys.setdefault(path, SortKey(path, ASCENDING if ascending else DESCENDING))
    keys.setdefault(_ID, SortKey(_ID, DESCENDING))
    return Ordering(tuple(keys.values()))
