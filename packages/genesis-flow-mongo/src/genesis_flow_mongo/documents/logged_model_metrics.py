"""Metrics of logged models as documents: a row for each, and in the model's document a summary of each key.

MLflow searches models by *any* value that they ever had and sorts them by the latest one. A summary answers
both without the rows: the lowest and the highest value, and the latest, of each key; once over all rows, and
once for each dataset. Summaries only ever move one way, so writing one twice changes nothing.
"""

from __future__ import annotations

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


def dataset_mark(name: str, digest: str | None = None) -> str:
    """Return what stands for a dataset in a model's document: for one digest of it, or for all."""
    return ids.digest(name) if digest is None else ids.digest(name, digest)


def on_dataset(name: str, digest: str | None = None) -> str:
    """Return the scope of the rows that belong to a dataset."""
    return f"dataset_metrics.{dataset_mark(name, digest)}"


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


def summaries(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the summaries of one model's rows, by their path in the model's document.

    A summary is {lo, hi, last}: the lowest, the highest and the latest value.
    """
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        value, last = row["value"], _last(row)
        for scope in _scopes(row):
            summary = found.setdefault(
                f"{scope}.{escape(row['key'])}", {"lo": value, "hi": value, "last": last}
            )
            summary["lo"] = min(summary["lo"], value)
            summary["hi"] = max(summary["hi"], value)
            summary["last"] = max(summary["last"], last, key=_latest_order)
    return found


def summary_update(summaries: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the classic update that lets a document's summaries take these into account, by their paths."""
    return {
        "$min": {f"{path}.lo": summary["lo"] for path, summary in summaries.items()},
        "$max": {
            f"{path}.{name}": summary[name] for path, summary in summaries.items() for name in ("hi", "last")
        },
    }


def dataset_marks(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the marks of all datasets that rows belong to."""
    return sorted({dataset_mark(*dataset) for row in rows for dataset in _datasets(row)})


def _scopes(row: Mapping[str, Any]) -> list[str]:
    return [EVERYWHERE, *(on_dataset(*dataset) for dataset in _datasets(row))]


def _datasets(row: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    # MLflow's Metric has both or neither.
    name, digest = row["dataset_name"], row["dataset_digest"]
    return [] if name is None else [(name, None), (name, digest)]


def _last(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `$max` compares field by field: the latest (t)imestamp, (s)tep, then the least (r)un id."""
    opposite = row["run_id"].translate(_OPPOSITE) + _AFTER_ALL
    return {"t": row["timestamp"], "s": row["step"], "r": opposite, "v": row["value"]}


def _latest_order(last: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(last.values())
