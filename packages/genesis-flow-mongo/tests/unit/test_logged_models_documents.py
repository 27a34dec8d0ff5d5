"""Metrics of logged models as rows and summaries."""

from __future__ import annotations

import math
from typing import Any

import pytest
from mlflow.entities import Metric
from mlflow.exceptions import MlflowException

from genesis_flow_mongo.documents.logged_model_metrics import (
    dataset_marks,
    metric_from_document,
    metric_to_document,
    on_dataset,
    summaries,
    summary_update,
)

LARGEST = 1.7976931348623157e308


def row(
    value: float = 1.0, timestamp: int = 0, step: int = 0, run: str = "r1", **fields: Any
) -> dict[str, Any]:
    metric = Metric(fields.pop("key", "loss"), value, timestamp, step, "m-1", **fields)
    return metric_to_document("7", run, metric)


def last(rows: list[dict[str, Any]]) -> float:
    value: float = summaries(rows)["metrics.loss"]["last"]["v"]
    return value


def test_a_row_comes_back_as_it_was() -> None:
    on_iris = {"dataset_name": "iris", "dataset_digest": "d1"}
    metric = metric_from_document(row(0.5, 7, -3, "r9", **on_iris))

    assert dict(metric) == {
        "key": "loss",
        "value": 0.5,
        "timestamp": 7,
        "step": -3,
        "model_id": "m-1",
        "run_id": "r9",
        **on_iris,
    }


@pytest.mark.parametrize(
    ("given", "kept"), [(math.nan, 0.0), (math.inf, LARGEST), (-math.inf, -LARGEST), (1e-300, 1e-300)]
)
def test_values_are_kept_as_mlflow_keeps_those_of_models(given: float, kept: float) -> None:
    assert row(given)["value"] == kept


def test_a_row_is_known_by_its_whole_content() -> None:
    rows = [
        row(),
        row(2.0),
        row(timestamp=1),
        row(step=1),
        row(run="r2"),
        row(key="acc"),
        row(dataset_name="iris", dataset_digest="d1"),
    ]

    assert len({one["_id"] for one in rows}) == len(rows)
    assert row()["_id"] == row()["_id"]


@pytest.mark.parametrize("field", ["timestamp", "step"])
def test_a_number_beyond_64_bits_is_refused(field: str) -> None:
    with pytest.raises(MlflowException) as caught:
        row(**{field: 2**63})

    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_summary_holds_bounds_and_the_latest_value() -> None:
    (summary,) = summaries([row(2.0, 1), row(9.0, 0), row(-1.0, 0, 5)]).values()

    assert (summary["lo"], summary["hi"], summary["last"]["v"]) == (-1.0, 9.0, 2.0)


def test_latest_is_by_timestamp_then_step_then_least_run() -> None:
    assert last([row(1.0, 1, 0), row(2.0, 0, 9)]) == 1.0
    assert last([row(1.0, 0, 1), row(2.0, 0, 0)]) == 1.0
    assert last([row(1.0, run="ab"), row(2.0, run="ac"), row(3.0, run="abc")]) == 1.0


def test_summaries_are_kept_for_all_rows_and_for_each_dataset() -> None:
    rows = [row(1.0), row(2.0, dataset_name="iris", dataset_digest="d1")]
    rows.append(row(3.0, key="a.b", dataset_name="iris", dataset_digest="d2"))

    assert {path: one["hi"] for path, one in summaries(rows).items()} == {
        "metrics.loss": 2.0,
        f"{on_dataset('iris')}.loss": 2.0,
        f"{on_dataset('iris', 'd1')}.loss": 2.0,
        "metrics.a%2Eb": 3.0,
        f"{on_dataset('iris')}.a%2Eb": 3.0,
        f"{on_dataset('iris', 'd2')}.a%2Eb": 3.0,
    }
    assert len(dataset_marks(rows)) == 3


def test_a_summary_only_ever_moves_one_way() -> None:
    update = summary_update(summaries([row(2.0)]))

    assert update["$min"] == {"metrics.loss.lo": 2.0}
    assert set(update["$max"]) == {"metrics.loss.hi", "metrics.loss.last"}
