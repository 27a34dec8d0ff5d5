"""search_runs: MLflow's filter and order_by as a query and an ordering of run documents."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NAME

from genesis_flow_mongo.compat import SearchUtils
from genesis_flow_mongo.documents.keys import escape
from genesis_flow_mongo.query.comparisons import condition
from genesis_flow_mongo.query.ordering import ASCENDING, DESCENDING, Ordering, SortKey

if TYPE_CHECKING:
    from collections.abc import Sequence

_START_TIME = "start_time"
_RUN_ID = "run_id"

# sqlparse is the main cost of a search on the client, and programs repeat a few filters.
_parsed = lru_cache(maxsize=256)(SearchUtils.parse_search_filter)


def filter_clauses(filter_string: str | None) -> list[dict[str, Any]]:
    """Return the clauses of a filter, all of which must hold.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE if the filter is not of MLflow's grammar.
    """
    return [_clause(**parsed) for parsed in _parsed(filter_string or None)]


def _clause(type: str, key: str, comparator: str, value: Any) -> dict[str, Any]:  # noqa: A002 - the parser's names
    comparator = comparator.upper()
    key = SearchUtils.translate_key_alias(key)
    if SearchUtils.is_string_attribute(type, key, comparator) or SearchUtils.is_numeric_attribute(
        type, key, comparator
    ):
        return {_attribute_filter_path(key): condition(comparator, value)}
    if SearchUtils.is_metric(type, comparator):
        return {_metric_path(key): condition(comparator, float(value))}
    if SearchUtils.is_param(type, comparator):
        return {f"params.{escape(key)}": condition(comparator, value)}
    if SearchUtils.is_tag(type, comparator):
        return {f"tags.{escape(key)}": condition(comparator, value)}
    if SearchUtils.is_dataset(type, comparator):
        # Any one dataset of the run will do, also for a comparator that negates.
        return {"inputs": {"$elemMatch": {key: condition(comparator, value)}}}
    raise MlflowException.invalid_parameter_value(f"Invalid search expression type '{type}'")


def _attribute_filter_path(key: str) -> str:
    # As in MLflow's SqlAlchemyStore 3.17: runs are filtered by the tag, but ordered by the field.
    return f"tags.{escape(MLFLOW_RUN_NAME)}" if key == "run_name" else _attribute_path(key)


def _attribute_path(key: str) -> str:
    return "_id" if key == _RUN_ID else key


def _metric_path(key: str) -> str:
    return f"metrics.{escape(key)}.v"


def ordering(order_by: Sequence[str]) -> Ordering:
    """Return the ordering of `order_by`, then by start time, newest first, then by run id.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE for what the grammar lacks, and INTERNAL_ERROR, as MLflow
            has it, for a field named twice.
    """
    keys: list[SortKey] = []
    for clause in order_by:
        key = _sort_key(*SearchUtils.parse_order_by_for_search_runs(clause))
        if any(key.path == other.path for other in keys):
            raise MlflowException(f"`order_by` contains duplicate fields: {list(order_by)}")
        keys.append(key)
    paths = {key.path for key in keys}
    if _START_TIME not in paths:
        keys.append(SortKey(_START_TIME, DESCENDING))
    if "_id" not in paths:
        keys.append(SortKey("_id", ASCENDING))
    return Ordering(tuple(keys))


def _sort_key(type: str, key: str, ascending: bool) -> SortKey:  # noqa: A002 - the parser's tuple
    direction = ASCENDING if ascending else DESCENDING
    key = SearchUtils.translate_key_alias(key)
    if SearchUtils.is_string_attribute(type, key, "=") or SearchUtils.is_numeric_attribute(type, key, "="):
        return SortKey(_attribute_path(key), direction, nullable=key not in {_RUN_ID, _START_TIME, "status"})
    if SearchUtils.is_metric(type, "="):
        return SortKey(_metric_path(key), direction, nullable=True, number=True)
    if SearchUtils.is_param(type, "="):
        return SortKey(f"params.{escape(key)}", direction, nullable=True)
    if SearchUtils.is_tag(type, "="):
        return SortKey(f"tags.{escape(key)}", direction, nullable=True)
    raise MlflowException.invalid_parameter_value(f"Invalid identifier type '{type}'")
