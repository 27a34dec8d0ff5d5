"""Turns whatever a store returns into plain data, so that two stores can be compared field by field.

Every public property of an entity counts, and the few private ones that MLflow sends over REST. A list
inside an entity is a set to MLflow (its SQL store reads it without an order), so it is sorted; the list that
a method returns keeps its order.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import Enum
from typing import Any

from mlflow.entities import Run, RunData, RunOutputs
from mlflow.store.entities import PagedList


def plain(value: Any) -> Any:
    """Return a value as nested dicts, lists and scalars; a page becomes its items and whether more follow."""
    if isinstance(value, PagedList):
        return {"items": [_inner(item) for item in value], "more": bool(value.token)}
    if isinstance(value, (list, tuple)):
        return [_inner(item) for item in value]
    return _inner(value)


def _inner(value: Any) -> Any:
    if isinstance(value, float) and math.isnan(value):
        return "NaN"  # NaN differs from itself, yet two stores that both say NaN agree
    if isinstance(value, Enum):
        return value.name
    if value is None or isinstance(value, (str, bytes, int, float)):
        return value
    if isinstance(value, dict):
        return {key: _inner(item) for key, item in sorted(value.items())}
    if isinstance(value, (list, tuple, set)):
        return sorted((_inner(item) for item in value), key=repr)
    return {"type": type(value).__name__} | _fields(value)


def _fields(entity: Any) -> dict[str, Any]:
    if isinstance(entity, RunData):
        # `metrics` holds values only; step and timestamp travel in the objects, which the UI shows.
        return {
            "params": _inner(entity.params),
            "tags": _inner(entity.tags),
            "metrics": _inner(entity._metric_objs),
        }
    if isinstance(entity, Run) and entity.outputs is None:
        # MLflow's create_run leaves the outputs out, its get_run has none: both say the same.
        return _fields(Run(entity.info, entity.data, entity.inputs, RunOutputs([])))
    if isinstance(entity, Iterable):
        # MLflow's own entities are iterated as pairs of their public properties.
        return {name: _inner(item) for name, item in entity}
    return {name.lstrip("_"): _inner(item) for name, item in vars(entity).items()}
