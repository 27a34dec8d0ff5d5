"""The searches of the model registry as MongoDB queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities.model_registry.model_version_stages import STAGE_DELETED_INTERNAL
from mlflow.exceptions import MlflowException

from genesis_flow_mongo.compat import (
    IS_PROMPT_TAG_KEY,
    parse_model_version_filter,
    parse_model_version_order,
    parse_registered_model_filter,
    parse_registered_model_order,
)
from genesis_flow_mongo.documents.keys import escape
from genesis_flow_mongo.documents.model_versions import PROMPT_TAG
from genesis_flow_mongo.query.comparisons import all_of, condition
from genesis_flow_mongo.query.ordering import ASCENDING, DESCENDING, Ordering, SortKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from genesis_flow_mongo.compat import Clause

Query = dict[str, Any]

_MODEL_FIELDS = {"name": "name"}
_VERSION_FIELDS = {
    "name": "name",
    "run_id": "run_id",
    "source_path": "source",
    "version_number": "version",
}
_MODEL_ORDER = {
    "name": "name",
    "timestamp": "last_updated_time",
    "last_updated_timestamp": "last_updated_time",
}
_VERSION_ORDER = {
    "name": "name",
    "version_number": "version",
    "creation_timestamp": "creation_time",
    "last_updated_timestamp": "last_updated_time",
}
_BY_NAME = SortKey("name", ASCENDING)
_BY_VERSION = SortKey("version", DESCENDING)
_LATEST_FIRST = SortKey("last_updated_time", DESCENDING)

_TEXT_COMPARATORS = frozenset({"=", "!=", "LIKE", "ILIKE"})
_LIST_COMPARATORS = frozenset({"IN", "NOT IN"})
_NUMERIC_COMPARATORS = frozenset({"=", "!=", "<", "<=", ">", ">="})


def registered_models_query(workspace: str, filter_string: str | None) -> Query:
    """Return the query of `search_registered_models`.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE if the filter is not one that MLflow knows for models.
    """
    clauses = parse_registered_model_filter(filter_string) if filter_string else []
    return all_of([{"workspace": workspace}, *_conditions(clauses, _MODEL_FIELDS)])


def model_versions_query(workspace: str, filter_string: str | None) -> Query:
    """Return the query of `search_model_versions`, which never finds deleted ones.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE if the filter is not one that MLflow knows for versions.
    """
    clauses = parse_model_version_filter(filter_string) if filter_string else []
    living = {"workspace": workspace, "stage": {"$ne": STAGE_DELETED_INTERNAL}}
    return all_of([living, *_conditions(clauses, _VERSION_FIELDS)])


def registered_models_ordering(order_by: Iterable[str] | None) -> Ordering:
    """Return the ordering of `search_registered_models`: as asked, then by name.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE for a clause that MLflow does not know, INTERNAL_ERROR (as
            MLflow has it) for a field named twice.
    """
    return _ordering(_asked(order_by, parse_registered_model_order, _MODEL_ORDER), _BY_NAME)


def model_versions_ordering(order_by: Iterable[str] | None) -> Ordering:
    """Return the ordering of `search_model_versions`: as asked or latest update first, then by name, version.

    Raises:
        MlflowException: As `registered_models_ordering`.
    """
    asked = _asked(order_by, parse_model_version_order, _VERSION_ORDER) or [_LATEST_FIRST]
    return _ordering(asked, _BY_NAME, _BY_VERSION)


def _asked(
    order_by: Iterable[str] | None, parse: Callable[[str], tuple[str, bool]], paths: Mapping[str, str]
) -> list[SortKey]:
    parsed = [parse(clause) for clause in order_by or ()]
    keys = [SortKey(paths[key], ASCENDING if ascending else DESCENDING) for key, ascending in parsed]
    if len({key.path for key in keys}) < len(keys):
        named = ", ".join(key for key, _ in parsed)
        raise MlflowException(f"`order_by` contains duplicate fields: {named}")
    return keys


def _ordering(asked: list[SortKey], *tie_breaks: SortKey) -> Ordering:
    paths = {key.path for key in asked}
    return Ordering((*asked, *(key for key in tie_breaks if key.path not in paths)))


def _conditions(clauses: Iterable[Clause], paths: Mapping[str, str]) -> list[Query]:
    """Return a condition per clause, and one that leaves prompts out unless they are asked for."""
    on_prompts = [
        clause for clause in clauses if clause["type"] == "tag" and clause["key"] == IS_PROMPT_TAG_KEY
    ]
    if on_prompts and _asks_for_prompts(on_prompts[0]):
        conditions = [_condition(clause, paths) for clause in clauses]
        # Implied by the tag itself, but indexed.
        return [{"prompt": True}, *conditions] if {PROMPT_TAG: {"$eq": "true"}} in conditions else conditions
    # Models carry no such tag: so "is not a prompt" cannot mean "has the tag, with another value".
    others = [_condition(clause, paths) for clause in clauses if clause not in on_prompts]
    return [{"prompt": False}, *others]


def _asks_for_prompts(clause: Clause) -> bool:
    return (clause["comparator"], clause["value"].lower()) in {("=", "true"), ("!=", "false")}


def _condition(clause: Clause, paths: Mapping[str, str]) -> Query:
    kind, key, comparator, value = (clause[part] for part in ("type", "key", "comparator", "value"))
    if kind == "tag":
        path, allowed = f"tags.{escape(key)}", _TEXT_COMPARATORS
    elif key == "version_number":
        path, allowed, value = paths[key], _NUMERIC_COMPARATORS, _integer(key, value)
    else:
        # A list of values only behind IN, a single value only elsewhere.
        path, allowed = paths[key], _LIST_COMPARATORS if isinstance(value, tuple) else _TEXT_COMPARATORS
    if comparator not in allowed:
        raise MlflowException.invalid_parameter_value(
            f"Invalid comparator for {kind} '{key}': {comparator}. "
            f"Comparators that go with this value are: {', '.join(sorted(allowed))}."
        )
    return {path: condition(comparator, value)}


def _integer(key: str, value: Any) -> int:
    try:
        if not isinstance(value, float):
            return int(value)
    except (TypeError, ValueError):
        pass
    raise MlflowException.invalid_parameter_value(f"Invalid value for numeric attribute '{key}': {value!r}")
