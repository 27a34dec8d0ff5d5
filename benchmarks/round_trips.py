"""Chapter `round-trips`: the commands each operation sends, and how many network latencies it waits."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks import lineup
from benchmarks.machine import describe
from benchmarks.operations import OPERATIONS, QUICK, Operation
from benchmarks.report import Result
from benchmarks.rivals import Rival, mongod
from benchmarks.settings import say
from benchmarks.wire import slow_wire

if TYPE_CHECKING:
    from benchmarks.settings import Settings
    from benchmarks.wire import Wire

PINNED = Path("packages/genesis-flow-mongo/tests/integration/round_trips.json")
DELAY = 0.025
CALLS = 5
HEADER = ["operation", "commands", "sent", "latencies waited", "pinned"]
REMARKS = f"""
Commands as they passed a proxy in front of mongod. *Latencies waited* is the time of a call over a wire
that delays {DELAY * 1000:.0f} ms each way, divided by the delay of both ways: commands that travel
together wait once. *Pinned* is what the integration tests hold fast (`{PINNED}`).
"""


def run(settings: Settings) -> Result:
    """Count and time the operations on the slow wire."""
    chosen = [each for each in OPERATIONS if each.threads == 1 and settings.wants(each.name)]
    pinned: dict[str, Any] = json.loads(PINNED.read_text(encoding="utf-8")) if PINNED.exists() else {}
    rows, missed, data = [], [], {}
    with (
        lineup.workspace() as root,
        lineup.mongo_server(root, settings.mongo_uri, say) as server,
        slow_wire(root / "wire.sock", mongod.with_database(server, "bench_wire")) as (wire, uri),
    ):
        machine = describe({"mongod": mongod.version(server)})
        rival = Rival("genesis", uri)
        for operation in chosen:
            commands, latencies = _observed(rival, wire, operation)
            expected = pinned.get(operation.name)
            held = "–" if expected is None else "✓" if expected == commands else f"✗ {' + '.join(expected)}"
            missed += [operation.name] if "✗" in held else []
            rows.append([operation.title, " + ".join(commands), str(len(commands)), f"{latencies:.1f}", held])
            data[operation.name] = {"commands": commands, "latencies": latencies}
            say("   ".join(rows[-1]))
    return Result("round-trips", "Round trips", HEADER, rows, missed, data, REMARKS, machine)


def _observed(rival: Rival, wire: Wire, operation: Operation) -> tuple[list[str], float]:
    """The commands of one call, and the latencies that calls waited."""
    calls = operation.prepare(rival, CALLS + 2, QUICK)
    calls[0]()  # opens connections
    wire.commands.clear()
    calls[1]()
    commands = list(wire.commands)
    wire.delay = DELAY
    try:
        taken = []
        for call in calls[2:]:
            start = perf_counter()
            call()
            taken.append(perf_counter() - start)
    finally:
        wire.delay = 0.0
    return commands, median(taken) / (2 * DELAY)
