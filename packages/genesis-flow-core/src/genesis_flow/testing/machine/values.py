"""What the machine picks from: small pools, so that things meet; odd ones, so that they hurt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from hypothesis import strategies as st
from mlflow.entities import Metric, Param, RunTag, ViewType

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")

KEYS = ["a", "a.b", "a b/c", "é"]
BAD_KEYS = ["a//b", "$a", "x" * 251]
TEXTS = ["1", "x", "X", "xy", "10", "9", "", "é", "100%", "a_b", "$x"]
PATTERNS = ["%", "x%", "_", "%y", "X_", "10.", "100%", "a\\_b", ""]
NUMBERS = ["-1", "0", "0.5", "1", "2", "1e300"]

# No zero beside NaN: at equal step and time MLflow's SQL store leaves the order of the two to chance.
METRIC_VALUES = [-1.0, 0.5, 1, 2.0, float("nan"), float("inf"), float("-inf")]


def mostly(common: SearchStrategy[T], rare: SearchStrategy[T]) -> SearchStrategy[T]:
    """Return nine common values for each rare one; `one_of` would weigh both the same."""
    return st.sampled_from(range(10)).flatmap(lambda draw: rare if draw == 9 else common)


keys: SearchStrategy[str] = st.sampled_from(KEYS)
keys_or_bad = mostly(keys, st.sampled_from(BAD_KEYS))
texts = st.sampled_from(TEXTS)
stamps = st.integers(0, 3)
steps = st.integers(-1, 2)
views = st.sampled_from([ViewType.ACTIVE_ONLY, ViewType.ACTIVE_ONLY, ViewType.ALL, ViewType.DELETED_ONLY])
sizes = st.sampled_from([1, 2, 3, 100])

metrics = st.builds(Metric, keys, st.sampled_from(METRIC_VALUES), stamps, steps)
odd_metrics = st.builds(
    Metric, keys_or_bad, st.sampled_from([*METRIC_VALUES, None, "1", True]), st.integers(-1, 3), steps
)
params = st.builds(Param, keys_or_bad, st.sampled_from([*TEXTS, "x" * 6001]))
tags = st.builds(
    RunTag, mostly(keys_or_bad, st.just("mlflow.runName")), st.sampled_from([*TEXTS, "x" * 8001])
)


def quoted(key: str) -> str:
    """Return a key as a filter takes it."""
    return key if key.isalnum() else f"`{key}`"


def comparisons(names: list[str], comparators: list[str], values: SearchStrategy[str]) -> SearchStrategy[str]:
    """Return clauses that compare one of these names with one of these values."""
    return st.builds("{} {} {}".format, st.sampled_from(names), st.sampled_from(comparators), values)


numbers = st.sampled_from(NUMBERS)
quoted_texts = st.sampled_from(TEXTS).map("'{}'".format)
patterns = st.sampled_from(PATTERNS).map("'{}'".format)
lists = st.lists(quoted_texts, min_size=1, max_size=3).map(lambda items: f"({', '.join(items)})")

NUMERIC = ["=", "!=", "<", "<=", ">", ">="]
EQUALITY = ["=", "!="]
LIKE = ["LIKE", "ILIKE"]
LISTS = ["IN", "NOT IN"]


def text_comparisons(names: list[str]) -> SearchStrategy[str]:
    """Return clauses about texts: equal, different, alike."""
    return st.one_of(comparisons(names, EQUALITY, quoted_texts), comparisons(names, LIKE, patterns))


def presence(names: list[str]) -> SearchStrategy[str]:
    """Return clauses that ask whether something is there."""
    return st.builds("{} IS {}".format, st.sampled_from(names), st.sampled_from(["NULL", "NOT NULL"]))


def filters(*clauses: SearchStrategy[str]) -> SearchStrategy[str]:
    """Return filter strings of up to three of these clauses; often of none, so that something is found."""
    return st.one_of(st.just(""), st.lists(st.one_of(*clauses), max_size=3).map(" AND ".join))


def orders(names: list[str]) -> SearchStrategy[list[str]]:
    """Return order_by lists over these names, often empty."""
    wish = st.builds("{}{}".format, st.sampled_from(names), st.sampled_from(["", " ASC", " DESC"]))
    return st.one_of(st.just([]), st.lists(wish, max_size=3))


def distinct_by_key(items: SearchStrategy[Any], most: int) -> SearchStrategy[list[Any]]:
    """Return lists of up to so many items with different keys."""
    return st.lists(items, max_size=most, unique_by=lambda item: item.key)
