"""A duel tells apart what a user could tell apart, and nothing else."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest
from mlflow.entities import Metric, Param, Run, RunData, RunInfo, RunTag
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST
from mlflow.store.entities import PagedList

from genesis_flow.testing.clock import EPOCH_MS, HandClock
from genesis_flow.testing.deviations import Deviation
from genesis_flow.testing.duel import Duel, Mismatch, differences
from genesis_flow.testing.plain import plain

INFO = RunInfo("r", "0", "ada", "RUNNING", 1, None, "active")


def duel(ours: Any, theirs: Any, deviations: tuple[Deviation, ...] = ()) -> Duel:
    """Set two stores against each other whose only method is `ask`."""
    sides = [SimpleNamespace(tracking=SimpleNamespace(ask=one, log_param=one)) for one in (ours, theirs)]
    return Duel(*sides, HandClock(), deviations)


def refuse(message: str, code: int = INVALID_PARAMETER_VALUE) -> Any:
    def ask(*_: Any) -> None:
        raise MlflowException(message, error_code=code)

    return ask


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (RunData([Metric("a", 1.0, 5, 6)]), RunData([Metric("a", 1.0, 5, 7)])),
        (RunData([Metric("a", math.nan, 0, 0)]), RunData([Metric("a", 0.0, 0, 0)])),
        (RunData(params=[Param("a", "1")]), RunData(params=[Param("a", "")])),
        (RunData(tags=[RunTag("a", "1")]), RunData()),
        ([1, 2], [2, 1]),
        (PagedList([1], "token"), PagedList([1], None)),
        (None, RunData()),
        ("1", 1),
    ],
)
def test_what_differs(left: Any, right: Any) -> None:
    assert list(differences(plain(left), plain(right)))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Metric("a", math.nan, 0, 0), Metric("a", math.nan, 0, 0)),
        (
            RunData([Metric("a", 1, 0, 0), Metric("b", 1, 0, 0)]),
            RunData([Metric("b", 1, 0, 0), Metric("a", 1, 0, 0)]),
        ),
        (PagedList([1], "one token"), PagedList([1], b"another")),
        (Run(INFO, RunData()), Run(INFO, RunData(), None, None)),
    ],
)
def test_what_does_not_differ(left: Any, right: Any) -> None:
    assert list(differences(plain(left), plain(right))) == []


def test_mismatch_names_the_place() -> None:
    struggle = duel(lambda _: {"a": [1, 2]}, lambda _: {"a": [1, 3]})

    with pytest.raises(Mismatch, match=r"ask\('x'\).*\n.*answer\.a\[1\]: MLflow has 3, the candidate 2"):
        struggle.tracking("ask", "x")
    assert struggle.broken


def test_errors_are_answers() -> None:
    assert duel(refuse("one"), refuse("another")).tracking("ask").code == "INVALID_PARAMETER_VALUE"
    with pytest.raises(Mismatch, match="RESOURCE_DOES_NOT_EXIST"):
        duel(refuse("one"), refuse("one", RESOURCE_DOES_NOT_EXIST)).tracking("ask")
    with pytest.raises(Mismatch, match="refused"):
        duel(refuse("one"), lambda: 1).tracking("ask")


def test_words_that_people_search_for_must_be_said() -> None:
    duel(refuse("The run is deleted. Restore it."), refuse("The run is deleted.")).tracking("log_param")

    with pytest.raises(Mismatch, match="message"):
        duel(refuse("Sorry."), refuse("The run is deleted.")).tracking("log_param")


def test_declared_deviation_is_allowed() -> None:
    lenient = Deviation("ask", "we take it", witness="INVALID_PARAMETER_VALUE", candidate=None)

    assert duel(lambda: 1, refuse("no"), (lenient,)).tracking("ask") == 1
    with pytest.raises(Mismatch):
        duel(refuse("no"), lambda: 1, (lenient,)).tracking("ask")


def test_store_that_changes_its_arguments_does_not_change_the_witness() -> None:
    asked: list[list[int]] = []
    given = [1]
    duel(list.clear, asked.append).tracking("ask", given)

    assert (asked, given) == ([[1]], [1])


def test_pages_are_compared_until_both_end() -> None:
    def book(pages: int) -> Any:
        def ask(page_token: int | None) -> PagedList[int]:
            page = page_token or 0
            return PagedList([page], page + 1 if page + 1 < pages else None)

        return ask

    duel(book(3), book(3)).pages("tracking", "ask")
    with pytest.raises(Mismatch, match="more"):
        duel(book(2), book(3)).pages("tracking", "ask")


def test_hand_clock_stands_until_it_is_moved() -> None:
    clock = HandClock()
    assert int(clock.time() * 1000) == clock.time_ns() // 1_000_000 == EPOCH_MS

    clock.advance(1)
    assert int(clock.time() * 1000) == clock.time_ns() // 1_000_000 == EPOCH_MS + 1
    clock.reset()
    assert int(clock.time() * 1000) == EPOCH_MS
    assert clock.perf_counter() > 0
