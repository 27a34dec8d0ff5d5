"""Points of metric history, packed.

A point is (timestamp, step, value): 24 bytes. Points of a key are kept as one binary, in two places: in
entries of the run's `tail` (the newest points, a bounded list) and in segments of the `metrics` collection
(older points, or a large batch). A point may stand in both, or twice in one, after a retry: its identity is
its content, as in MLflow's SqlAlchemyStore, and readers drop what is repeated.
"""

from __future__ import annotations

import math
import struct
from itertools import islice
from operator import eq, itemgetter
from typing import TYPE_CHECKING, Any

from bson.binary import Binary
from mlflow.exceptions import MlflowException

from genesis_flow_mongo.documents.keys import escape
from genesis_flow_mongo.schema import ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlflow.entities import Metric

Point = tuple[int, int, float]
"""(timestamp in milliseconds, step, value): in the order by which MLflow sorts a history."""

RECORD = struct.Struct("<qqd")
MAX_FLOAT = 1.7976931348623157e308
_NAN = math.nan


def stored_value(value: float) -> float:
    """Return a metric's value as MLflow's SQL stores keep it: infinities become the largest doubles.

    A NaN is made the one NaN, and -0.0 is made 0.0, so that equal values have equal bytes.
    """
    value = float(value)
    if value != value:  # noqa: PLR0124 - the fast test for NaN
        return _NAN
    if value in (math.inf, -math.inf):
        return math.copysign(MAX_FLOAT, value)
    return value + 0.0


def point_of(metric: Metric) -> Point:
    """Return the point of a validated metric. Fractions of a step or timestamp are cut, as integers need.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE if a step or timestamp does not fit into 64 bits.
    """
    try:
        point = int(metric.timestamp), int(metric.step), stored_value(metric.value)
        RECORD.pack(*point)
    except (TypeError, ValueError, OverflowError, struct.error) as exc:
        raise MlflowException.invalid_parameter_value(
            f"Metric '{metric.key}' needs a 64-bit integer as step and timestamp, a 64-bit float as value; "
            f"got step={metric.step!r}, timestamp={metric.timestamp!r}, value={metric.value!r}."
        ) from exc
    return point


def pack(points: Iterable[Point]) -> bytes:
    """Return points as bytes, 24 each, in the order given."""
    return b"".join([RECORD.pack(*point) for point in points])


def tail_entries(points: Mapping[str, Sequence[Point]]) -> list[dict[str, Any]]:
    """Return entries for a run's tail: one per key."""
    return [{"k": key, "d": pack(of_key)} for key, of_key in points.items()]


def segment(run_id: str, packed: Mapping[str, bytes]) -> dict[str, Any]:
    """Return a segment of packed points by key; the same points always make the same document.

    `first` and `last` bound the timestamps within, so that a reader can stop early.
    """
    stamps = [stamp for data in packed.values() for stamp, _, _ in RECORD.iter_unpack(data)]
    fields = {escape(key): Binary(data) for key, data in packed.items()}
    identity = (part for key in sorted(packed) for part in (key, packed[key].hex()))
    return {
        "_id": ids.digest(run_id, *identity),
        "run_id": run_id,
        "first": min(stamps),
        "last": max(stamps),
        "count": len(stamps),
        "points": fields,
    }


def packed_tail(tail: Iterable[Mapping[str, Any]]) -> dict[str, bytes]:
    """Return the points of a run's tail by key, packed."""
    parts: dict[str, list[bytes]] = {}
    for entry in tail:
        parts.setdefault(entry["k"], []).append(entry["d"])
    return {key: b"".join(data) for key, data in parts.items()}


def in_order(data: bytes) -> list[Point]:
    """Unpack points, drop repeated ones, sort them by (timestamp, step, value), a NaN counting as 0."""
    points: list[Point] = list(RECORD.iter_unpack(data))
    # A sum is NaN when one of its values is, and takes half the time of asking each. When it overflows to
    # NaN the longer way is taken in vain, with the same result.
    if math.isnan(sum(map(itemgetter(2), points))):
        # A NaN is unequal to itself: let a number stand for it while points are compared.
        unique = set(map(by_time, points))
        return [(stamp, step, _NAN if nan else value) for stamp, step, value, nan in sorted(unique)]
    points.sort()
    if any(map(eq, points, islice(points, 1, None))):
        points = list(dict.fromkeys(points))
    return points


def _sortable(value: float) -> tuple[float, bool]:
    return (0.0, True) if math.isnan(value) else (value, False)


def latest(value: Point) -> dict[str, Any]:
    """Return the latest-value document of a point, which `$max` compares field by field.

    Fields are (s)tep, (t)imestamp, (c)omparable and (v)alue, in this order: MLflow's SQL stores hold the
    latest metric to be the one with the greatest (step, timestamp, value), and compare a NaN as 0. `v` is
    what is searched and read: a NaN stays one, so it sorts below all numbers.
    """
    stamp, step, number = value
    return {"s": step, "t": stamp, "c": _sortable(number)[0], "v": number}


def newest(points: Iterable[Point]) -> Point:
    """Return the point that `$max` would keep: of a NaN and a 0.0, otherwise equal, the 0.0."""
    return max(points, key=_latest_order)


def _latest_order(point: Point) -> tuple[int, int, float, bool]:
    step, stamp, comparable, nan = by_step(point)
    return step, stamp, comparable, not nan


def by_step(point: Point) -> tuple[int, int, float, bool]:
    """Sort key of the order (step, timestamp, value), by which histories are sampled."""
    stamp, step, value = point
    return step, stamp, *_sortable(value)


def by_time(point: Point) -> tuple[int, int, float, bool]:
    """Sort key of the order (timestamp, step, value), by which histories are listed."""
    stamp, step, value = point
    return stamp, step, *_sortable(value)
