"""The stores on MongoDB pass every suite, as MLflow's SQL stores do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from genesis_flow.testing.samples import metric, run_id_of
from genesis_flow.testing.suites import every_suite
from genesis_flow.testing.suites.metrics import LatestMetricSuite

if TYPE_CHECKING:
    from mlflow.store.tracking.abstract_store import AbstractStore as TrackingBase

globals().update(every_suite())


class TestLatestMetric(LatestMetricSuite):
    """Which point is the latest."""

    def test_first_of_nan_and_zero_stays(self, store: TrackingBase) -> None:
        """Here the zero wins a draw, so that the order of arrival never matters (ADR 0003)."""
        first, second = run_id_of(store), run_id_of(store)
        for value in (math.nan, 0.0):
            store.log_metric(first, metric(value=value))
        for value in (0.0, math.nan):
            store.log_metric(second, metric(value=value))

        assert store.get_run(first).data.metrics == store.get_run(second).data.metrics == {"loss": 0.0}
