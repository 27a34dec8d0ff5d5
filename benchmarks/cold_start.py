"""Chapter `cold-start`: from the start of a process to its first logged metric, and what it weighs then."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks import lineup
from benchmarks.environment import skinny
from benchmarks.machine import describe
from benchmarks.report import Result
from benchmarks.rivals import mongod, postgres
from benchmarks.rounds import Timing
from benchmarks.settings import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.settings import Settings

IMPORT_LIMIT_MS = 50.0
SHARE_LIMIT = 0.40
ROUNDS = 7
DEFAULT_DATA = "genesis-flow-data"
FIRST_METRIC = """
import {module} as mlflow
{set_uri}
with mlflow.start_run():
    mlflow.log_metric("loss", 0.5)
    rss = next(line for line in open("/proc/self/status") if line.startswith("VmRSS:"))
    print(rss.split()[1], flush=True)
"""
IMPORT_ONLY = """
import time
start = time.perf_counter()
import genesis_flow
print((time.perf_counter() - start) * 1000, flush=True)
"""
HEADER = ["start", "environment", "seconds (quartiles)", "MiB after", "share of SQLite", "target"]
REMARKS = """
Seconds from starting the interpreter to the first logged metric, seen from outside; resident memory at
that moment. *Nothing there* starts in an empty directory: Genesis-Flow starts its private mongod,
SQLite creates its schema. *Existing* finds a store in use. The share is of full MLflow on SQLite in the
same situation. `import genesis_flow` is in milliseconds, inside a fresh interpreter.
"""


@dataclass(frozen=True)
class Start:
    """One way to get to the first metric.

    Attributes:
        uri: gives the tracking URI of a round, from its new directory; None leaves the URI unset.
        like: name of the SQLite start it is compared with.
        promised: whether the share has a target.
    """

    name: str
    environment: str
    python: Path
    module: str
    uri: Callable[[Path], str | None]
    like: str | None = None
    promised: bool = False

    def once(self, directory: Path) -> tuple[float, float]:
        """Run it; give seconds and MiB."""
        directory.mkdir(parents=True)
        uri = self.uri(directory)
        program = FIRST_METRIC.format(
            module=self.module, set_uri=f"mlflow.set_tracking_uri({uri!r})" if uri else ""
        )
        command: list[str | Path] = [self.python, "-c", program]
        pipe = subprocess.PIPE
        start = perf_counter()
        with subprocess.Popen(command, cwd=directory, stdout=pipe, stderr=pipe, text=True) as process:
            assert process.stdout
            line = process.stdout.readline()
            seconds = perf_counter() - start
            errors = process.communicate()[1]
        mongod.end(directory / DEFAULT_DATA)
        assert process.returncode == 0, f"{self.name}: {errors[-2000:]}"
        return seconds, int(line) / 1024


def run(settings: Settings) -> Result:
    """Measure each start in turns."""
    rounds = 1 if settings.quick else min(settings.rounds, ROUNDS)
    with ExitStack() as stack:
        root = stack.enter_context(lineup.workspace())
        server = stack.enter_context(lineup.mongo_server(root, settings.mongo_uri, say))
        say("making an environment with mlflow-skinny …" if not settings.skinny_python else "")
        small = stack.enter_context(skinny(root, settings.skinny_python))
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else every start compiles every module
        os.environ["GENESIS_FLOW_MONGOD"] = mongod.program()  # the small environment carries none
        versions = {"mongod": mongod.version(server)}
        starts = _starts(small, mongod.with_database(server, "bench_cold"), root)
        if "sql" in settings.rivals:
            versions["postgres"] = postgres.version()
            starts.append(_on_postgres(stack.enter_context(postgres.cluster(root / "postgres"))))
        machine = describe(versions)
        timings, memory = _measured([start for start in starts if settings.wants(start.name)], root, rounds)
        imported = _imports(small, rounds * 3)  # last: modules are compiled by now
    return _result(starts, imported, timings, memory, machine)


def _starts(small: Path, mongo_uri: str, root: Path) -> list[Start]:
    full = Path(sys.executable)
    used = f"sqlite:///{root / 'used.db'}"
    there, empty = "sqlite, existing", "sqlite, nothing there"
    return [
        Start(
            "genesis, existing", "skinny", small, "genesis_flow", lambda _: mongo_uri, there, promised=True
        ),
        Start(
            "genesis, nothing there", "skinny", small, "genesis_flow", lambda _: None, empty, promised=True
        ),
        Start("genesis in full MLflow, existing", "full", full, "mlflow", lambda _: mongo_uri, there),
        Start(there, "full", full, "mlflow", lambda _: used),
        Start(empty, "full", full, "mlflow", lambda home: f"sqlite:///{home / 'new.db'}"),
    ]


def _on_postgres(uri: str) -> Start:
    full = Path(sys.executable)
    return Start("postgresql, existing", "full", full, "mlflow", lambda _: uri, "sqlite, existing")


def _imports(python: Path, rounds: int) -> Timing:
    taken = []
    for _ in range(rounds):
        answer = subprocess.run([python, "-c", IMPORT_ONLY], check=True, capture_output=True, text=True)
        taken.append(float(answer.stdout))
    say(f"import genesis_flow   {median(taken):.1f} ms")
    return Timing(tuple(taken))


def _measured(starts: list[Start], root: Path, rounds: int) -> tuple[dict[str, Timing], dict[str, float]]:
    """Run all starts in turns, after a round that creates the existing stores and fills the page cache."""
    seconds: dict[str, list[float]] = {start.name: [] for start in starts}
    memory: dict[str, list[float]] = {start.name: [] for start in starts}
    serial = count()
    for turn in range(rounds + 1):
        for start in starts:
            taken, mib = start.once(root / f"cold{next(serial)}")
            if turn:
                seconds[start.name].append(taken)
                memory[start.name].append(mib)
                say(f"{start.name}   {taken:.2f} s   {mib:.0f} MiB")
    timings = {name: Timing(tuple(values)) for name, values in seconds.items()}
    return timings, {name: median(values) for name, values in memory.items()}


def _result(
    starts: list[Start],
    imported: Timing,
    timings: dict[str, Timing],
    memory: dict[str, float],
    machine: dict[str, object],
) -> Result:
    rows, missed = [], []
    for start in starts:
        if start.name not in timings:
            continue
        timing, other = timings[start.name], timings.get(start.like or "")
        share = timing.times(other) if other else None
        promised = start.promised and share is not None
        met = not promised or (share or 0) <= SHARE_LIMIT
        missed += [] if met else [start.name]
        low, high = timing.spread
        rows.append(
            [
                start.name,
                start.environment,
                f"{timing.median:.2f} ({low:.2f}–{high:.2f})",
                f"{memory[start.name]:.0f}",
                f"{share:.0%}" if share is not None else "",
                f"≤ {SHARE_LIMIT:.0%} {'✓' if met else '✗'}" if promised else "",
            ]
        )
    low, high = imported.spread
    met = imported.median <= IMPORT_LIMIT_MS
    missed += [] if met else ["import genesis_flow"]
    shown = f"{imported.median:.1f} ms ({low:.1f}–{high:.1f})"
    limit = f"≤ {IMPORT_LIMIT_MS:.0f} ms {'✓' if met else '✗'}"
    rows.append(["import genesis_flow", "skinny", shown, "", "", limit])
    data = {
        "import_ms": list(imported.rounds),
        "seconds": {name: list(timing.rounds) for name, timing in timings.items()},
        "mib": memory,
    }
    return Result("cold-start", "Cold start and memory", HEADER, rows, missed, data, REMARKS, machine)
