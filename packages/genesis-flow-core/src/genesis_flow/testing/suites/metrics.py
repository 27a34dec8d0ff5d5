"""What a tracking store promises about metrics: values, the latest one, histories."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from genesis_flow.testing.expect import BAD_VALUE, refused
from genesis_flow.testing.samples import ODD_KEYS, metric, run_id_of

if TYPE_CHECKING:
    from mlflow.entities import Metric

    from genesis_flow.testing.contract import TrackingStore as TrackingBase

LARGEST = 1.7976931348623157e308


def latest(store: TrackingBase, run_id: str) -> dict[str, tuple[float, int, int]]:
    """Return key -> (value, step, timestamp) of a run's latest metrics."""
    points: list[Metric] = store.get_run(run_id).data._metric_objs
    return {point.key: (point.value, point.step, point.timestamp) for point in points}


def history(store: TrackingBase, run_id: str, key: str = "loss") -> list[tuple[int, int, float]]:
    """Return the (timestamp, step, value) of a metric's points, in the store's order."""
    return [(point.timestamp, point.step, point.value) for point in store.get_metric_history(run_id, key)]


class MetricValuesSuite:
    """What may be logged, and how it comes back."""

    @pytest.mark.parametrize("value", [0.0, 1, -1.5, 0.1 + 0.2, 5e-324, LARGEST, 2**53 + 2], ids=repr)
    def test_number_comes_back_exactly(self, store: TrackingBase, value: float) -> None:
        """As a 64-bit float."""
        run_id = run_id_of(store)
        store.log_metric(run_id, metric(value=value))

        assert latest(store, run_id)["loss"][0] == float(value)
        assert isinstance(store.get_run(run_id).data.metrics["loss"], float)
        assert history(store, run_id) == [(0, 0, float(value))]

    @pytest.mark.parametrize(("value", "stored"), [(math.inf, LARGEST), (-math.inf, -LARGEST)])
    def test_infinity_becomes_the_largest_number(
        self, store: TrackingBase, value: float, stored: float
    ) -> None:
        """As in MLflow's SQL stores."""
        run_id = run_id_of(store)
        store.log_metric(run_id, metric(value=value))

        assert store.get_run(run_id).data.metrics == {"loss": stored}
        assert history(store, run_id) == [(0, 0, stored)]

    def test_nan_stays_nan(self, store: TrackingBase) -> None:
        """In the run and in the history."""
        run_id = run_id_of(store)
        store.log_metric(run_id, metric(value=math.nan))

        assert math.isnan(store.get_run(run_id).data.metrics["loss"])
        assert math.isnan(store.get_metric_history(run_id, "loss")[0].value)

    @pytest.mark.parametrize("step", [-(2**40), -1, 0, 2**40])
    def test_any_whole_step_is_good(self, store: TrackingBase, step: int) -> None:
        """Negative ones too."""
        run_id = run_id_of(store)
        store.log_metric(run_id, metric(step=step, timestamp=7))

        assert latest(store, run_id) == {"loss": (1.0, step, 7)}
        assert history(store, run_id) == [(7, step, 1.0)]

    @pytest.mark.parametrize("key", ODD_KEYS)
    def test_any_key_that_mlflow_allows_survives(self, store: TrackingBase, key: str) -> None:
        """Beside a neighbour that it must not be taken for."""
        run_id = run_id_of(store)
        store.log_metric(run_id, metric(key, 2.0))
        store.log_metric(run_id, metric("neighbour", 3.0))

        assert store.get_run(run_id).data.metrics == {key: 2.0, "neighbour": 3.0}
        assert [point.key for point in store.get_metric_history(run_id, key)] == [key]

    @pytest.mark.parametrize(
        "bad",
        [
            {"key": None},
            {"key": ""},
            {"key": "a//b"},
            {"key": "../a"},
            {"key": "/a"},
            {"key": "$a"},
            {"key": "x" * 251},
            {"value": None},
            {"value": "1"},
            {"value": True},
            {"timestamp": -1},
            {"timestamp": None},
            {"timestamp": "1"},
            {"step": None},
            {"step": "1"},
        ],
        ids=str,
    )
    def test_bad_point_is_refused(self, store: TrackingBase, bad: dict[str, Any]) -> None:
        """One by one and in a batch; nothing of it is stored."""
        run_id = run_id_of(store)
        point = metric(**bad)

        with refused(BAD_VALUE):
            store.log_metric(run_id, point)
        with refused(BAD_VALUE):
            store.log_batch(run_id, [metric("good"), point], [], [])
        assert store.get_run(run_id).data.metrics == {}

    def test_point_of_a_run_names_neither_run_nor_model(self, store: TrackingBase) -> None:
        """A history belongs to the run that was asked for."""
        run_id = run_id_of(store)
        store.log_metric(run_id, metric())
        point = store.get_metric_history(run_id, "loss")[0]

        assert (point.run_id, point.model_id, point.dataset_name) == (None, None, None)


class LatestMetricSuite:
    """Which point is the latest: the highest step, then timestamp, then value."""

    @pytest.mark.parametrize("reverse", [False, True])
    @pytest.mark.parametrize(
        ("older", "newer"),
        [
            ((9.0, 4, 99), (1.0, 5, 10)),  # step before timestamp
            ((9.0, 5, 10), (1.0, 5, 11)),  # timestamp before value
            ((1.0, 5, 10), (2.0, 5, 10)),
            ((2.0, -1, 50), (1.0, 0, 0)),
            ((-math.inf, 0, 0), (math.inf, 0, 0)),
        ],
    )
    def test_order_of_arrival_does_not_matter(
        self, store: TrackingBase, older: tuple[Any, ...], newer: tuple[Any, ...], *, reverse: bool
    ) -> None:
        """Late and early points meet at the same latest one, singly and in one batch."""
        points = [metric(value=value, step=step, timestamp=time) for value, step, time in (older, newer)]
        if reverse:
            points.reverse()
        singly, batched = run_id_of(store), run_id_of(store)
        for point in points:
            store.log_metric(singly, point)
        store.log_batch(batched, points, [], [])

        expected = (max(-LARGEST, min(LARGEST, newer[0])), newer[1], newer[2])
        assert latest(store, singly) == latest(store, batched) == {"loss": expected}

    @pytest.mark.parametrize(
        ("values", "winner"),
        [
            ((1.0, math.nan), 1.0),
            ((math.nan, -1.0), math.nan),
            ((math.nan, 1.0), 1.0),
            ((-1.0, math.nan), math.nan),
        ],
    )
    def test_nan_ranks_as_zero(self, store: TrackingBase, values: tuple[float, ...], winner: float) -> None:
        """At equal step and timestamp; and on a draw the first stays."""
        run_id = run_id_of(store)
        for value in values:
            store.log_metric(run_id, metric(value=value))

        assert store.get_run(run_id).data.metrics["loss"] == pytest.approx(winner, nan_ok=True)

    def test_first_of_nan_and_zero_stays(self, store: TrackingBase) -> None:
        """They draw."""
        first, second = run_id_of(store), run_id_of(store)
        for value in (math.nan, 0.0):
            store.log_metric(first, metric(value=value))
        for value in (0.0, math.nan):
            store.log_metric(second, metric(value=value))

        assert math.isnan(store.get_run(first).data.metrics["loss"])
        assert store.get_run(second).data.metrics["loss"] == 0.0

    def test_each_key_has_its_own(self, store: TrackingBase) -> None:
        """And each run."""
        run_id, other = run_id_of(store), run_id_of(store)
        store.log_batch(run_id, [metric("a", 1.0), metric("b", 2.0), metric("a", 3.0, step=1)], [], [])
        store.log_metric(other, metric("a", 4.0))

        assert store.get_run(run_id).data.metrics == {"a": 3.0, "b": 2.0}
        assert store.get_run(other).data.metrics == {"a": 4.0}


class MetricHistorySuite:
    """Histories: no point lost, none doubled, in order, page by page."""

    def test_order_is_timestamp_step_value(self, store: TrackingBase) -> None:
        """Whatever the order of arrival."""
        run_id = run_id_of(store)
        for time, step, value in [(2, 0, 1.0), (1, 5, 3.0), (1, 5, 2.0), (1, -1, 9.0), (3, 0, 0.5)]:
            store.log_metric(run_id, metric(value=value, step=step, timestamp=time))

        assert history(store, run_id) == [(1, -1, 9.0), (1, 5, 2.0), (1, 5, 3.0), (2, 0, 1.0), (3, 0, 0.5)]

    def test_nan_sorts_as_zero(self, store: TrackingBase) -> None:
        """Between negative and positive values."""
        run_id = run_id_of(store)
        for value in (1.0, math.nan, -1.0):
            store.log_metric(run_id, metric(value=value))

        assert [repr(value) for _, _, value in history(store, run_id)] == ["-1.0", "nan", "1.0"]

    @pytest.mark.parametrize("value", [1.0, 0.0, math.nan, math.inf], ids=repr)
    def test_equal_points_are_one(self, store: TrackingBase, value: float) -> None:
        """log_model logs the run's metrics a second time; they must not double."""
        run_id = run_id_of(store)
        for _ in range(3):
            store.log_metric(run_id, metric(value=value))
        store.log_batch(run_id, [metric(value=value), metric(value=value)], [], [])

        assert len(store.get_metric_history(run_id, "loss")) == 1

    def test_points_that_differ_in_one_thing_are_many(self, store: TrackingBase) -> None:
        """In value, step, timestamp or key; NaN is not zero."""
        run_id = run_id_of(store)
        points = [
            metric(),
            metric(value=2.0),
            metric(step=1),
            metric(timestamp=1),
            metric("other"),
            metric(value=0.0),
            metric(value=math.nan),
        ]
        for point in points:
            store.log_metric(run_id, point)
        store.log_batch(run_id, points, [], [])

        assert len(store.get_metric_history(run_id, "loss")) == len(points) - 1
        assert len(store.get_metric_history(run_id, "other")) == 1

    def test_minus_zero_is_zero(self, store: TrackingBase) -> None:
        """They are equal numbers, so one point."""
        run_id = run_id_of(store)
        store.log_metric(run_id, metric(value=0.0))
        store.log_metric(run_id, metric(value=-0.0))

        assert history(store, run_id) == [(0, 0, 0.0)]

    def test_unknown_run_or_key_has_an_empty_history(self, store: TrackingBase) -> None:
        """It is no error."""
        run_id = run_id_of(store)

        for found in (store.get_metric_history(run_id, "loss"), store.get_metric_history("0" * 32, "loss")):
            assert (list(found), found.token) == ([], None)

    @pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
    def test_pages_add_up(self, store: TrackingBase, size: int) -> None:
        """The token is None exactly at the end, also when the last page is full."""
        run_id = run_id_of(store)
        points = [metric(value=value, step=step) for step in range(3) for value in (0.5, math.nan)]
        store.log_batch(run_id, [*points, metric(value=9.0)], [], [])
        pages, token = [], None
        while True:
            page = store.get_metric_history(run_id, "loss", max_results=size, page_token=token)
            pages.append(page)
            token = page.token
            if token is None:
                break

        assert [len(page) for page in pages] == [size] * (7 // size) + ([7 % size] if 7 % size else [])
        assert [repr(point.value) for page in pages for point in page] == [
            repr(value) for _, _, value in history(store, run_id)
        ]

    def test_bad_token_is_refused(self, store: TrackingBase) -> None:
        """It cannot have come from here."""
        with refused(BAD_VALUE):
            store.get_metric_history(run_id_of(store), "loss", max_results=1, page_token="nonsense")
