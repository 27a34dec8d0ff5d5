"""search_logged_models: MLflow's filter, datasets and order_by as a query and an ordering of documents.

Metrics are asked of the summaries in the models' documents: some value is above a limit if the highest one
is, some value differs from a number if the lowest or the highest one does. Only "some value equals" needs the
rows themselves: the repository looks up the models and hands them in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlflow.entities import LoggedModelStatus
from mlflow.exceptions import MlflowException

from genesis_flow_mongo.compat import SearchUtils
from genesis_flow_mongo.documents.keys import escape
from genesis_flow_mongo.documents.logged_model_metrics import EVERYWHERE, dataset_mark, on_dataset
from genesis_flow_mongo.query.comparisons import condition
from genesis_flow_mongo.query.logged_model_filter import ATTRIBUTES, CREATED, Clause, parse_filter
from genesis_flow_mongo.query.ordering import ASCENDING, DESCENDING, Ordering, SortKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Document = dict[str, Any]
DatasetFilter = tuple[str, "str | None"]
"""Name of a dataset, and its digest or None for any."""

_NULLABLE = {"model_type", "source_run_id"}
_LAST = ".last.v"
# Which bounds of a summary decide whether some value compares so: one of these must.
_DECIDING = {
    "<": (("lo", "<"),),
    "<=": (("lo", "<="),),
    ">": (("hi", ">"),),
    ">=": (("hi", ">="),),
    "!=": (("lo", "<"), ("hi", ">")),
}


@dataclass(frozen=True)
class ModelSearch:
    """A search, parsed.

    Attributes:
        clauses: The filter's clauses, all of which must hold.
        datasets: The datasets whose metrics the filter is about; none means all metrics.
        ordering: How models are sorted.
    """

    clauses: tuple[Clause, ...]
    datasets: tuple[DatasetFilter, ...]
    ordering: Ordering

    @classmethod
    def parse(
        cls,
        filter_string: str | None,
        datasets: Iterable[Mapping[str, Any]] | None,
        order_by: Iterable[Mapping[str, Any]] | None,
    ) -> ModelSearch:
        """Read MLflow's arguments.

        Raises:
            MlflowException: INVALID_PARAMETER_VALUE for what the grammar lacks, and for a dataset without a
                name.
        """
        return cls(parse_filter(filter_string or None), _datasets(datasets), ordering(order_by or ()))

    def exact_metrics(self) -> list[Clause]:
        """Return the clauses that ask for models with exactly some metric value."""
        return [one for one in self.clauses if one.entity == "metrics" and one.comparator == "="]

    def summary_paths(self) -> set[str]:
        """Return the paths of all summaries that this search looks at."""
        paths = {key.path.removesuffix(_LAST) for key in self.ordering.keys if key.path.endswith(_LAST)}
        for one in self.clauses:
            if one.entity == "metrics" and one.comparator != "=":
                paths.update(self._paths(one.key))
        return paths

    def conditions(self, exact: Mapping[Clause, Sequence[str]], spilled: Spilled) -> list[Document]:
        """Return the conditions on model documents, all of which must hold.

        Args:
            exact: The ids of the models that match each of `exact_metrics`.
            spilled: Summaries that the models' documents have no room for.
        """
        found = [self._condition(one, exact, spilled) for one in self.clauses]
        if self.datasets and not any(one.entity == "metrics" for one in self.clauses):
            found.append({"datasets": {"$in": [dataset_mark(*dataset) for dataset in self.datasets]}})
        return found

    def _paths(self, key: str) -> list[str]:
        scopes = [on_dataset(*dataset) for dataset in self.datasets] or [EVERYWHERE]
        return [f"{scope}.{escape(key)}" for scope in scopes]

    def _condition(self, one: Clause, exact: Mapping[Clause, Sequence[str]], spilled: Spilled) -> Document:
        if one.entity == "attributes":
            return {one.key: _statuses(one) if one.key == "status" else condition(one.comparator, one.value)}
        if one.entity != "metrics":
            return {f"{one.entity}.{escape(one.key)}": condition(one.comparator, one.value)}
        if one.comparator == "=":
            return {"_id": {"$in": list(exact[one])}}
        alternatives: list[Document] = []
        for path in self._paths(one.key):
            for bound, comparator in _DECIDING[one.comparator]:
                alternatives.append({f"{path}.{bound}": condition(comparator, one.value)})
                if elsewhere := spilled.matching(path, bound, comparator, one.value):
                    alternatives.append({"_id": {"$in": elsewhere}})
        return {"$or": alternatives}


@dataclass(frozen=True)
class Spilled:
    """Summaries that models' documents have no room for.

    Attributes:
        by_path: Path -> model id -> summary.
    """

    by_path: Mapping[str, Mapping[str, Document]] = field(default_factory=dict)

    def matching(self, path: str, bound: str, comparator: str, value: float) -> list[str]:
        """Return the ids of the models whose bound compares so with a value."""
        compare = SearchUtils.get_comparison_func(comparator)
        held = self.by_path.get(path, {})
        return [model_id for model_id, summary in held.items() if compare(summary[bound], value)]

    def stages(self, order: Ordering) -> list[Document]:
        """Return aggregation stages that put spilled values to where an ordering looks for them."""
        values: Document = {}
        for key in order.keys:
            held = self.by_path.get(key.path.removesuffix(_LAST), {})
            branches = [
                {"case": {"$eq": ["$_id", model_id]}, "then": summary["last"]["v"]}
                for model_id, summary in held.items()
            ]
            if branches:
                elsewhere = {"$switch": {"branches": branches, "default": None}}
                values[key.path] = {"$ifNull": [f"${key.path}", elsewhere]}
        return [{"$addFields": values}] if values else []


def _statuses(one: Clause) -> Document:
    """Return the condition on a status, which is stored as MLflow's number but asked for by name."""
    compare = SearchUtils.get_comparison_func(one.comparator)
    return {"$in": [status.to_int() for status in LoggedModelStatus if compare(status.value, one.value)]}


def _datasets(datasets: Iterable[Mapping[str, Any]] | None) -> tuple[DatasetFilter, ...]:
    given = [
        (dataset.get("dataset_name"), dataset.get("dataset_digest") or None) for dataset in datasets or ()
    ]
    if not all(name for name, _ in given):
        raise MlflowException.invalid_parameter_value(
            "`dataset_name` in the `datasets` clause must be specified."
        )
    return tuple((str(name), digest) for name, digest in given)


def ordering(order_by: Iterable[Mapping[str, Any]]) -> Ordering:
    """Return the ordering of `order_by`, then by creation, newest first, then by model id.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE for what the grammar lacks.
    """
    keys: dict[str, SortKey] = {}
    for one in order_by:
        path = _sorted_path(one)
        direction = ASCENDING if one.get("ascending", True) else DESCENDING
        keys.setdefault(path, SortKey(path, direction, path in _NULLABLE or path.endswith(_LAST)))
    keys.setdefault(CREATED, SortKey(CREATED, DESCENDING))
    keys.setdefault("_id", SortKey("_id", ASCENDING))
    return Ordering(tuple(keys.values()))


def _sorted_path(one: Mapping[str, Any]) -> str:
    name = one.get("field_name")
    if not name:
        raise MlflowException.invalid_parameter_value(
            "`field_name` in the `order_by` clause must be specified, such as 'metrics.accuracy'."
        )
    entity, dot, key = name.partition(".")
    if not dot:
        if name not in ATTRIBUTES:
            raise MlflowException.invalid_parameter_value(f"Invalid order by field name: {name}")
        return ATTRIBUTES[name]
    if entity != "metrics":
        raise MlflowException.invalid_parameter_value(
            f"Invalid order by field name: {name}. Only metrics are supported."
        )
    dataset, digest = one.get("dataset_name") or None, one.get("dataset_digest") or None
    if digest and not dataset:
        raise MlflowException.invalid_parameter_value(
            "`dataset_digest` can only be specified if `dataset_name` is also specified."
        )
    scope = on_dataset(dataset, digest) if dataset else EVERYWHERE
    return f"{scope}.{escape(key)}{_LAST}"
