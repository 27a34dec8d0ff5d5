from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mlflow.entities import Metric
from mlflow.exceptions import MlflowException

from genesis_flow_mongo.documents.points import (
    MAX_FLOAT,
    Point,
    by_time,
    in_order,
    latest,
    newest,
    pack,
    packed_tail,
    point_of,
    segment,
    tail_entries,
)

_INT64 = st.integers(-(2**63), 2**63 - 1)
POINTS = st.lists(
    st.builds(
        lambda stamp, step, value: point_of(Metric("m", value, stamp, step)),
        st.integers(0, 3),
        st.integers(-2, 2),
        st.sampled_from([0.0, -0.0, 1.5, -1.5, math.nan, math.inf, -math.inf]),
    ),
    max_size=12,
)


def _same(left: list[Point], right: list[Point]) -> bool:
    return list(map(by_time, left)) == list(map(by_time, right))


@given(POINTS)
@example([(0, 0, math.nan), (0, 0, 0.0)])
def test_a_history_is_a_set_in_order(points: list[Point]) -> None:
    unique = {by_time(point): point for point in points}

    assert _same(in_order(pack(points)), [unique[key] for key in sorted(unique)])


@given(POINTS)
def test_points_that_stand_twice_are_read_once(points: list[Point]) -> None:
    assert _same(in_order(pack(points + points)), in_order(pack(points)))


@given(POINTS)
@example([(0, 0, math.nan), (0, 0, 0.0)])
def test_the_newest_point_does_not_depend_on_the_order_of_arrival(points: list[Point]) -> None:
    if points:
        assert _same([newest(points)], [newest(points[::-1])])


def test_a_zero_is_newer_than_a_nan_that_is_otherwise_equal() -> None:
    # MongoDB sorts a NaN below all numbers, so this is what `$max` keeps when they come one by one.
    assert latest(newest([(0, 0, math.nan), (0, 0, 0.0)]))["v"] == 0.0


@given(st.tuples(_INT64.filter(lambda stamp: stamp >= 0), _INT64, st.floats(allow_nan=False)))
def test_a_point_is_packed_without_loss(given_point: tuple[int, int, float]) -> None:
    stamp, step, value = given_point

    assert in_order(pack([point_of(Metric("m", value, stamp, step))])) == [
        (stamp, step, max(-MAX_FLOAT, min(MAX_FLOAT, value)))
    ]


@pytest.mark.parametrize("bad", [{"step": 2**63}, {"timestamp": 2**64}, {"value": 1j}, {"step": math.nan}])
def test_what_does_not_fit_is_refused_by_name(bad: dict[str, float]) -> None:
    with pytest.raises(MlflowException, match="Metric 'loss' needs a 64-bit") as caught:
        point_of(Metric(**{"key": "loss", "value": 1.0, "timestamp": 1, "step": 1, **bad}))

    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_segment_of_the_same_points_is_the_same_document() -> None:
    tail = tail_entries({"a.b": [(5, 1, 1.0)], "c": [(2, 1, 1.0), (9, 2, 2.0)]})

    once, again = (segment("run", packed_tail(tail)) for _ in range(2))

    assert once == again
    assert (once["first"], once["last"], once["count"]) == (2, 9, 3)
    assert set(once["points"]) == {"a%2Eb", "c"}


def test_segments_of_different_runs_differ() -> None:
    tail = packed_tail(tail_entries({"a": [(5, 1, 1.0)]}))

    assert segment("one", tail)["_id"] != segment("two", tail)["_id"]
