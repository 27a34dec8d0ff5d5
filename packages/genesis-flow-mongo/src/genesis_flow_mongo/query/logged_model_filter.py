"""The filter grammar of search_logged_models."""

from __future__ import annotations

from ast import literal_eval
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlparse
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

from genesis_flow_mongo.compat import joined_comparisons

CREATED = "creation_timestamp"
UPDATED = "last_updated_timestamp"
ATTRIBUTES = {
    "name": "name",
    "model_id": "_id",
    "model_type": "model_type",
    "status": "status",
    "source_run_id": "source_run_id",
    "creation_time": CREATED,
    CREATED: CREATED,
    f"{CREATED}_ms": CREATED,
    "last_updated_time": UPDATED,
    UPDATED: UPDATED,
    f"{UPDATED}_ms": UPDATED,
}
"""What models can be searched for and ordered by -> the field of their documents."""

_ENTITIES = {
    "attribute": "attributes",
    "attributes": "attributes",
    "metric": "metrics",
    "metrics": "metrics",
    "param": "params",
    "params": "params",
    "tag": "tags",
    "tags": "tags",
}
_OF_NUMBERS = ("=", "!=", "<", "<=", ">", ">=")
_OF_TEXT = ("=", "!=", "LIKE", "ILIKE", "IN", "NOT IN")


@dataclass(frozen=True)
class Clause:
    """One clause of a filter.

    Attributes:
        entity: `attributes`, `metrics`, `params` or `tags`.
        key: The key, or the field of an attribute.
        comparator: In upper case.
        value: A number for metrics and timestamps, texts for IN and NOT IN, otherwise a text.
    """

    entity: str
    key: str
    comparator: str
    value: Any


@lru_cache(maxsize=256)
def parse_filter(filter_string: str | None) -> tuple[Clause, ...]:
    """Return the clauses of a filter, all of which must hold.

    Reads what MLflow's SqlAlchemyStore 3.17 reads, and beside that the singular prefixes and quoted keys that
    its other searches know.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE if the filter is not of this grammar.
    """
    if not filter_string or not filter_string.strip():
        return ()
    statements = sqlparse.parse(filter_string)
    if len(statements) != 1:
        raise _invalid(f"filter {filter_string!r}: it must be one expression")
    clauses = []
    for token in joined_comparisons(statements[0].tokens):
        if isinstance(token, sqlparse.sql.Comparison):
            clauses.append(_clause(token))
        elif token.value.strip().upper() not in {"", "AND"}:
            raise _invalid(
                f"filter {filter_string!r}: expected comparisons joined by AND, such as "
                f"\"metrics.loss < 0.1 AND params.lr = '0.01'\", but found {token.value!r}"
            )
    return tuple(clauses)


def _clause(comparison: sqlparse.sql.Comparison) -> Clause:
    parts = [str(token) for token in comparison.tokens if not token.is_whitespace]
    if len(parts) != 3:  # noqa: PLR2004 - key, comparator, value
        raise _invalid(f"comparison '{comparison}': expected a key, a comparator and a value")
    name, comparator, literal = parts
    comparator = " ".join(comparator.upper().split())
    entity, key = _identifier(name)
    numeric = entity == "metrics" or (entity == "attributes" and key in {CREATED, UPDATED})
    allowed = _OF_NUMBERS if numeric else _OF_TEXT
    if comparator not in allowed:
        raise _invalid(f"comparator '{comparator}' for '{name}'; valid are: {', '.join(allowed)}")
    if numeric:
        return Clause(entity, key, comparator, _number(name, literal))
    return Clause(entity, key, comparator, _texts(literal) if comparator.endswith("IN") else _text(literal))


def _identifier(name: str) -> tuple[str, str]:
    prefix, dot, key = name.partition(".")
    if not dot:
        prefix, key = "attributes", name
    entity = _ENTITIES.get(_unquoted(prefix))
    if entity is None:
        raise _invalid(f"entity type '{prefix}'; valid are: {', '.join(sorted(set(_ENTITIES.values())))}")
    key = _unquoted(key)
    return entity, _attribute(key) if entity == "attributes" else key


def _attribute(key: str) -> str:
    if key not in ATTRIBUTES:
        raise _invalid(f"attribute '{key}'; valid are: {', '.join(ATTRIBUTES)}")
    return ATTRIBUTES[key]


def _number(name: str, literal: str) -> float:
    try:
        return float(literal)
    except ValueError:
        raise _invalid(f"value {literal} for '{name}': it must be a number") from None


def _texts(literal: str) -> tuple[str, ...]:
    try:
        values = literal_eval(literal)
    except (ValueError, SyntaxError):
        values = None
    values = (values,) if isinstance(values, str) else values
    if not isinstance(values, tuple) or not all(isinstance(value, str) for value in values):
        raise _invalid(f"list {literal}: expected quoted texts, such as ('a', 'b')")
    return values


def _text(literal: str) -> str:
    return (
        literal[1:-1] if len(literal) > 1 and literal[0] == literal[-1] and literal[0] in "'\"" else literal
    )


def _unquoted(name: str) -> str:
    return name[1:-1] if len(name) > 1 and name[0] == name[-1] and name[0] in '`"' else name


def _invalid(what: str) -> MlflowException:
    return MlflowException(f"Invalid {what}.", error_code=INVALID_PARAMETER_VALUE)
