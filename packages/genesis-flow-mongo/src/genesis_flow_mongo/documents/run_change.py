"""RunChange: what one call adds to a run, as the parts of one classic update."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NAME

from genesis_flow_mongo.documents.keys import escape
from genesis_flow_mongo.documents.points import Point, latest, newest, point_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from mlflow.entities import Metric, Param, RunTag

# What a field costs in a BSON document beside its name and its text, in bytes, rounded up.
_FIELD_BYTES = 16
_METRIC_BYTES = 64

KINDS = ("metrics", "params", "tags")


@dataclass
class RunChange:
    """Metrics, params and tags to be written to one run.

    Attributes:
        points: Points by metric key, in the order given.
        params: Params by key; each is written once and never changed.
        tags: Tags by key; the last one of a key counts.
        run_name: The new name of the run, or None to leave it.
    """

    points: dict[str, list[Point]] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    run_name: str | None = None

    @classmethod
    def of(
        cls,
        metrics: Iterable[Metric] = (),
        params: Iterable[Param] = (),
        tags: Iterable[RunTag] = (),
    ) -> RunChange:
        """Collect validated metrics, params and tags.

        The tag `mlflow.runName` also renames the run, and is ignored when it is empty, as in MLflow's
        SqlAlchemyStore 3.17.

        Raises:
            MlflowException: INVALID_PARAMETER_VALUE for a param without a value, or a number that does not
                fit into 64 bits.
        """
        change = cls()
        for metric in metrics:
            change.points.setdefault(metric.key, []).append(point_of(metric))
        for param in params:
            if param.value is None:
                raise MlflowException.invalid_parameter_value(f"Param '{param.key}' has no value.")
            change.params[param.key] = param.value
        for tag in tags:
            if tag.key != MLFLOW_RUN_NAME:
                change.tags[tag.key] = tag.value
            elif tag.value:
                change.tags[tag.key] = change.run_name = tag.value
        return change

    @property
    def count(self) -> int:
        """Number of points."""
        return sum(map(len, self.points.values()))

    def unchanged_params(self) -> dict[str, Any]:
        """Return the query that a run matches unless it holds another value of one of the params."""
        return {f"params.{escape(key)}": {"$in": [None, value]} for key, value in self.params.items()}

    def maxima(self) -> dict[str, Any]:
        """Return the operand of `$max`, which moves each latest metric forward and never back."""
        return {f"metrics.{escape(key)}": latest(newest(points)) for key, points in self.points.items()}

    def values(self) -> dict[str, Any]:
        """Return the operand of `$set`."""
        values: dict[str, Any] = {f"params.{escape(key)}": value for key, value in self.params.items()}
        for key, value in self.tags.items():
            values[f"tags.{escape(key)}"] = value
        if self.run_name is not None:
            values["run_name"] = self.run_name
        return values

    def growth(self) -> int:
        """Return by how many bytes the run's document may grow, at most and roughly."""
        size = sum(_METRIC_BYTES + len(key) for key in self.points)
        for pairs in (self.params, self.tags):
            size += sum(_FIELD_BYTES + len(key) + 2 * len(value or "") for key, value in pairs.items())
        return size

    def fields(self) -> list[str]:
        """Return the paths of all keys that this change writes."""
        return [f"{kind}.{escape(key)}" for kind in KINDS for key in self.of_kind(kind)]

    def of_kind(self, kind: str) -> dict[str, Any]:
        """Return the part that is kept under a field of a run's document: `metrics`, `params` or `tags`."""
        pairs: dict[str, dict[str, Any]] = {"metrics": self.points, "params": self.params, "tags": self.tags}
        return pairs[kind]

    def split(self, held: Mapping[str, Collection[str]]) -> tuple[RunChange, RunChange]:
        """Return the part whose keys are among those held, by kind, and the rest.

        The run's name goes with the first part, as it belongs to the run's document.
        """
        kept, rest = RunChange(run_name=self.run_name), RunChange()
        for kind in KINDS:
            for key, value in self.of_kind(kind).items():
                (kept if key in held[kind] else rest).of_kind(kind)[key] = value
        return kept, rest
