"""Chapter `operations`: each operation on all candidates, against its targets."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks import lineup
from benchmarks.machine import describe
from benchmarks.operations import FULL, OPERATIONS, QUICK, Operation
from benchmarks.report import Result
from benchmarks.rounds import Timing, measure
from benchmarks.settings import RIVALS, say

if TYPE_CHECKING:
    from benchmarks.lineup import Lineup
    from benchmarks.operations import Call, Scale
    from benchmarks.rounds import Prepare
    from benchmarks.settings import Settings

QUICK_CALLS = 2
REMARKS = """
Milliseconds per call, median over rounds (quartiles). A ratio is the median over rounds of the ratio
within one round. Against `sql` and `rest` it says how many times as long the rival took; against the
floor, the other way round, how many times as long `genesis` took. In brackets the target; ✓ met, ✗
missed.
"""


STALL = """
On a connection that is kept, as clients keep theirs, the tracking server's smallest answer takes {:.0f} ms
longer than on a fresh one (Nagle's algorithm meets delayed acknowledgements). Users do see it in every `rest`
request; `sql` is the rival without it.
"""


def run(settings: Settings) -> Result:
    """Measure the operations that were asked for."""
    scale = QUICK if settings.quick else FULL
    chosen = [operation for operation in OPERATIONS if settings.wants(operation.name)]
    with lineup.opened(
        settings.rivals, mongo_uri=settings.mongo_uri, workers=settings.server_workers, say=say
    ) as candidates:
        machine = describe(candidates.versions)
        header = ["operation", *candidates.names, *_compared(candidates)]
        rows, missed, data = [], [], {}
        for operation in chosen:
            say(f"{operation.title} …")
            timings = _measured(_scaled(operation, settings), candidates, scale, settings.rounds)
            cells, met = _row(operation, candidates, timings)
            shown = zip(header[1:], cells[1:], strict=True)
            say("   " + "   ".join(f"{name} {cell}" for name, cell in shown))
            rows.append(cells)
            missed += [] if met else [operation.name]
            data[operation.name] = {name: list(timing.rounds) for name, timing in timings.items()}
    stall = "" if candidates.stall_ms is None else STALL.format(candidates.stall_ms)
    about = "\n".join(f"- `{name}`: {what}" for name, what in RIVALS.items())
    return Result(
        "operations", "Operations", header, rows, missed, data, REMARKS + stall + "\n" + about, machine
    )


def _scaled(operation: Operation, settings: Settings) -> Operation:
    return replace(operation, calls=QUICK_CALLS * operation.threads) if settings.quick else operation


def _measured(operation: Operation, candidates: Lineup, scale: Scale, rounds: int) -> dict[str, Timing]:
    prepare: dict[str, Prepare] = {
        rival.name: partial(operation.prepare, rival, operation.calls, scale) for rival in candidates.rivals
    }
    if candidates.floor:
        prepare["floor"] = partial(candidates.floor.calls, operation.name, operation.calls, scale)
    for name, calls in prepare.items():
        _check(name, operation, calls()[0], scale)
    return measure(prepare, rounds, operation.threads)


def _check(name: str, operation: Operation, call: Call, scale: Scale) -> None:
    """Let no candidate win by answering less."""
    answer: Any = call()
    if operation.reads is not None:
        found, expected = len(answer), operation.reads(scale)
        assert found == expected, f"{operation.title}: {name} answered {found} of {expected}"


def _compared(candidates: Lineup) -> list[str]:
    if "genesis" not in candidates.names:
        return []
    heads = {"sql": "vs sql", "rest": "vs rest", "floor": "vs floor"}
    return [heads[name] for name in candidates.names if name in heads]


def _row(operation: Operation, candidates: Lineup, timings: dict[str, Timing]) -> tuple[list[str], bool]:
    cells = [operation.title, *(_shown(timings[name]) for name in candidates.names)]
    verdicts = []
    for name in candidates.names if "genesis" in timings else ():
        ours, theirs = timings["genesis"], timings[name]
        if name == "floor":
            verdicts.append((ours.times(theirs), operation.target.floor, "≤"))
        elif name != "genesis":
            verdicts.append((theirs.times(ours), getattr(operation.target, name), "≥"))
    met = [ratio <= target if sign == "≤" else ratio >= target for ratio, target, sign in verdicts]
    cells += [
        f"{ratio:.1f}× ({sign} {target:.3g}) {'✓' if ok else '✗'}"
        for (ratio, target, sign), ok in zip(verdicts, met, strict=True)
    ]
    return cells, all(met)


def _shown(timing: Timing) -> str:
    low, high = timing.spread
    return f"{timing.median:.3g} ({low:.3g}–{high:.3g})"
