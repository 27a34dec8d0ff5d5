"""Metrics of logged models as documents: a row for each, and in the model's document a summary of each key.

MLflow searches models by *any* value that they ever had and sorts them by the latest one. A summary answers
both without the rows: the lowest and the highest value, and the latest, of each key; once over all rows, and
once for each dataset. Summaries only ever move one way, so writing one twice changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlflow.entities import Metric

from genesis_flow_mongo.documents.keys import escape
from genesis_flow_mongo.documents.points import point_of
from genesis_flow_mongo.schema import ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EVERYWHERE = "metrics"
"""The scope of all rows of a model."""

# Turns the order of run ids round: `$max` shall prefer the least one.
_OPPOSITE = {code: 159 - code for code in range(33, 127)}
_AFTER_ALL = chr(127)


def on_dataset(name: str, digest: str | None = None) -> str:
    """Return the scope of the rows that belong to a dataset: to one digest of it, or to all."""
    return "dataset_metrics." + (ids.digest(name) if digest is None else ids.digest(name, digest))


def metric_to_document(experiment_id: str, run_id: str, metric: Metric) -> dict[str, Any]:
    """Return the row of a validated metric that names its model.

    Its `_id` stands for the whole content: what is logged again is stored once. MLflow's SqlAlchemyStore 3.17
    keeps a NaN of a logged model as 0, infinities as the largest doubles; so does this.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE if a step or timestamp does not fit into 64 bits.
    """
    timestamp, step, number = point_of(metric)
    value = 0.0 if number != number else number  # noqa: PLR0124 - the fast test for NaN
    identity = (metric.model_id, metric.key, timestamp, step, value, run_id, *_dataset_of(metric))
    return {
        "_id": ids.digest(*map(repr, identity)),
        "experiment_id": experiment_id,
        "model_id": metric.model_id,
        "run_id": run_id,
        "key": metric.key,
        "timestamp": timestamp,
        "step": step,
        "value": value,
        "dataset_name": metric.dataset_name,
        "dataset_digest": metric.dataset_digest,
    }


def _dataset_of(metric: Metric) -> tuple[str | None, str | None]:
    return metric.dataset_name, metric.dataset_digest


def metric_from_document(row: Mapping[str, Any]) -> Metric:
    """Return the entity of a row."""
    return Metric(
        key=row["key"],
        value=row["value"],
        timestamp=row["timestamp"],
        step=row["step"],
        model_id=row["model_id"],
        dataset_name=row["dataset_name"],
        dataset_digest=row["dataset_digest"],
        run_id=row["run_id"],
    )


@dataclass
class Summary:
    """What a search needs to know of the rows of one key: `lo`west, `hi`ghest and latest (`last`) value."""

    lo: float
    hi: float
    last: dict[str, Any]

    def add(self, other: Summary) -> None:
        """Take more rows into account."""
        self.lo = min(self.lo, other.lo)
        self.hi = max(self.hi, other.hi)
        self.last = max(self.last, other.last, key=lambda last: tuple(last.values()))


def summaries(rows: Iterable[Mapping[str, Any]]) -> dict[str, Summary]:
    """Return the summaries of one model's rows, by their path in the model's document."""
    found: dict[str, Summary] = {}
    for row in rows:
        for scope in _scopes(row):
            path = f"{scope}.{escape(row['key'])}"
            summary = Summary(row["value"], row["value"], _last(row))
            if path in found:
                found[path].add(summary)
            else:
                found[path] = summary
    return found


def summary_update(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the classic update that moves a model's summaries to include these rows of it."""
    lowest: dict[str, Any] = {}
    highest: dict[str, Any] = {}
    for path, summary in summaries(rows).items():
        lowest[f"{path}.lo"] = summary.lo
        highest[f"{path}.hi"] = summary.hi
        highest[f"{path}.last"] = summary.last
    return {"$min": lowest, "$max": highest}


def _scopes(row: Mapping[str, Any]) -> list[str]:
    name, digest = row["dataset_name"], row["dataset_digest"]
    if name is None:
        return [EVERYWHERE]
    scopes = [EVERYWHERE, on_dataset(name)]
    return scopes if digest is None else [*scopes, on_dataset(name, digest)]


def _last(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `$max` compares field by field: the latest (t)imestamp, (s)tep, then the least (r)un id."""
    opposite = row["run_id"].translate(_OPPOSITE) + _AFTER_ALL
    return {"t": row["timestamp"], "s": row["step"], "r": opposite, "v": row["value"]}
