"""The measuring itself: interleaved rounds, medians, ratios.

In each round every candidate is timed once, in an order that rotates, so that a neighbour's noise
falls on all of them alike. A ratio is the median over rounds of the ratio within one round.
"""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Call = Callable[[], object]
    Prepare = Callable[[], Sequence[Call]]


WARM_UP_SHARE = 5
"""One call in so many, at the beginning of a turn, is not timed."""


@dataclass(frozen=True)
class Timing:
    """What one candidate took, in milliseconds per call: one value for each round."""

    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median round."""
        return median(self.rounds)

    @property
    def spread(self) -> tuple[float, float]:
        """First and third quartile of the rounds."""
        if len(self.rounds) < 2:  # quantiles need two
            return (self.rounds[0], self.rounds[0])
        low, _, high = quantiles(self.rounds, n=4, method="inclusive")
        return (low, high)

    def times(self, other: Timing) -> float:
        """How many times as long as `other` this took."""
        return median(mine / theirs for mine, theirs in zip(self.rounds, other.rounds, strict=True))


def measure(candidates: Mapping[str, Prepare], rounds: int, threads: int = 1) -> dict[str, Timing]:
    """Time all candidates over `rounds` rounds, after one that is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    names = list(candidates)
    for turn in range(rounds + 1):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            calls = candidates[name]()
            elapsed = _in_turn(calls) if threads == 1 else _in_threads(calls, threads)
            if turn:
                taken[name].append(elapsed)
    return {name: Timing(tuple(values)) for name, values in taken.items()}


def _in_turn(calls: Sequence[Call]) -> float:
    """Milliseconds per call: the mean, so that work which is due only now and then counts too."""
    gc.collect()  # otherwise a candidate pays for the garbage of the one before it
    warming = len(calls) // WARM_UP_SHARE  # caches still hold what the one before it left
    _drain(calls[:warming])
    start = perf_counter()
    _drain(calls[warming:])
    return (perf_counter() - start) * 1000 / (len(calls) - warming)


def _in_threads(calls: Sequence[Call], threads: int) -> float:
    """Milliseconds of wall time per call, when `threads` share the calls."""
    gc.collect()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(_drain, [[]] * threads))  # threads exist before the clock starts
        start = perf_counter()
        list(pool.map(_drain, [calls[i::threads] for i in range(threads)]))
        return (perf_counter() - start) * 1000 / len(calls)


def _drain(calls: Sequence[Call]) -> None:
    for call in calls:
        call()
