"""What a tracking store promises about histories of many runs: what the UI's charts ask for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from genesis_flow.testing.expect import BAD_VALUE, refused
from genesis_flow.testing.samples import metric, run_id_of

if TYPE_CHECKING:
    from genesis_flow.testing.contract import TrackingStore as TrackingBase


def sampled_steps(store: TrackingBase, run_ids: list[str], size: int, *bounds: Any) -> list[int]:
    """Return the steps of a sampled history."""
    start, end = bounds or (None, None)
    return [point.step for point in store.get_metric_history_bulk_interval(run_ids, "loss", size, start, end)]


class BulkMetricsSuite:
    """`get_metric_history_bulk`: whole histories, one limit over all."""

    def test_runs_are_in_order_of_their_ids(self, store: TrackingBase) -> None:
        """Within a run the order is timestamp, step, value; each point names its run."""
        run_ids = [run_id_of(store) for _ in range(3)]
        for run_id in run_ids:
            for time in (2, 1):
                store.log_metric(run_id, metric(timestamp=time))
        found = store.get_metric_history_bulk(run_ids, "loss", 100)

        assert [(point.run_id, point.timestamp) for point in found] == [
            (run_id, time) for run_id in sorted(run_ids) for time in (1, 2)
        ]
        assert {point.key for point in found} == {"loss"}

    def test_limit_counts_over_all_runs(self, store: TrackingBase) -> None:
        """Not per run."""
        run_ids = [run_id_of(store) for _ in range(2)]
        for run_id in run_ids:
            store.log_batch(run_id, [metric(step=step) for step in range(3)], [], [])

        assert len(store.get_metric_history_bulk(run_ids, "loss", 4)) == 4
        assert len(store.get_metric_history_bulk(run_ids, "loss", 100)) == 6

    def test_unknown_runs_and_keys_are_passed_over(self, store: TrackingBase) -> None:
        """They are no error."""
        run_id = run_id_of(store)
        store.log_metric(run_id, metric())

        assert len(store.get_metric_history_bulk([run_id, "0" * 32], "loss", 10)) == 1
        assert list(store.get_metric_history_bulk([run_id], "other", 10)) == []
        assert list(store.get_metric_history_bulk([], "loss", 10)) == []


class SampledMetricsSuite:
    """`get_metric_history_bulk_interval`: at most so many points per run, evenly spread, the ends kept."""

    @pytest.mark.parametrize("points", [1, 2, 5, 6, 7, 13, 40])
    @pytest.mark.parametrize("size", [1, 2, 5, 6])
    def test_sample_is_that_of_sql_buckets(self, store: TrackingBase, points: int, size: int) -> None:
        """The first point of each of `size` even buckets, the larger ones first, and the last point."""
        run_id = run_id_of(store)
        store.log_batch(run_id, [metric(step=step) for step in range(points)], [], [])
        width, larger = divmod(points, size)
        starts = [bucket * width + min(bucket, larger) for bucket in range(min(size, points))]
        if starts[-1] != points - 1:
            starts = [*(starts[:-1] if len(starts) == size else starts), points - 1]

        assert sampled_steps(store, [run_id], size) == starts

    def test_order_is_step_timestamp_value(self, store: TrackingBase) -> None:
        """Unlike the plain history's."""
        run_id = run_id_of(store)
        for step, time, value in [(1, 0, 1.0), (0, 9, 2.0), (0, 9, 1.0), (0, 3, 5.0)]:
            store.log_metric(run_id, metric(value=value, step=step, timestamp=time))
        found = store.get_metric_history_bulk_interval([run_id], "loss", 10, None, None)

        assert [(point.step, point.timestamp, point.value) for point in found] == [
            (0, 3, 5.0),
            (0, 9, 1.0),
            (0, 9, 2.0),
            (1, 0, 1.0),
        ]

    def test_interval_includes_both_ends(self, store: TrackingBase) -> None:
        """Steps outside of it do not count as ends either."""
        run_id = run_id_of(store)
        store.log_batch(run_id, [metric(step=step) for step in range(-5, 20)], [], [])

        assert sampled_steps(store, [run_id], 100, -2, 3) == [-2, -1, 0, 1, 2, 3]
        assert sampled_steps(store, [run_id], 2, -2, 3) == [-2, 3]
        assert sampled_steps(store, [run_id], 2, 100, 200) == []

    @pytest.mark.parametrize("bounds", [(0, None), (None, 0)])
    def test_half_an_interval_is_refused(self, store: TrackingBase, bounds: tuple[Any, Any]) -> None:
        """Both bounds, or neither."""
        with refused(BAD_VALUE):
            store.get_metric_history_bulk_interval([run_id_of(store)], "loss", 5, *bounds)

    def test_each_run_is_sampled_on_its_own(self, store: TrackingBase) -> None:
        """In the order in which the runs were asked for; one without the metric gives nothing."""
        long, short, none = (run_id_of(store) for _ in range(3))
        store.log_batch(long, [metric(step=step) for step in range(100)], [], [])
        store.log_batch(short, [metric(step=step) for step in range(2)], [], [])
        found = store.get_metric_history_bulk_interval([long, none, short], "loss", 3, None, None)

        assert [(point.run_id, point.step) for point in found] == [
            (long, 0),
            (long, 34),
            (long, 99),
            (short, 0),
            (short, 1),
        ]

    def test_nan_is_sampled_as_nan(self, store: TrackingBase) -> None:
        """It sorts as zero."""
        run_id = run_id_of(store)
        store.log_batch(run_id, [metric(value=value) for value in (1.0, math.nan, -1.0)], [], [])
        found = store.get_metric_history_bulk_interval([run_id], "loss", 10, None, None)

        assert [repr(point.value) for point in found] == ["-1.0", "nan", "1.0"]

    def test_points_of_given_steps(self, store: TrackingBase) -> None:
        """`..._from_steps` returns all points of the steps, in order of step, timestamp, value."""
        run_id = run_id_of(store)
        for step, time in [(2, 1), (0, 5), (0, 4), (1, 0)]:
            store.log_metric(run_id, metric(step=step, timestamp=time))
        found = store.get_metric_history_bulk_interval_from_steps(run_id, "loss", [0, 2], 10)

        assert [(point.step, point.timestamp) for point in found] == [(0, 4), (0, 5), (2, 1)]
        assert len(store.get_metric_history_bulk_interval_from_steps(run_id, "loss", [0, 2], 2)) == 2
