"""The command line: which chapters, how large, where the results go."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import report
from benchmarks.environment import EnvironmentFailedError
from benchmarks.machine import load_average
from benchmarks.processes import ServerFailedError
from benchmarks.rivals.postgres import MissingPostgresError
from benchmarks.settings import QUICK_ROUNDS, RIVALS, ROUNDS, Settings, say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

REPORT = "report"
CHAPTERS = {
    "operations": "comparison",
    "growth": "growth",
    "cold-start": "cold_start",
    "round-trips": "round_trips",
}

ABOUT = """How fast Genesis-Flow is, as ratios to honest rivals on this machine, now.

chapters (all of them when none is named):
  operations   each operation against MLflow on PostgreSQL, the tracking server, and the bare driver
  growth       search from 1,000 to 100,000 runs; a history of 1,000,000 points
  cold-start   import, process start to first logged metric, memory of a client
  round-trips  commands that an operation sends, and how many network latencies it waits
  report       make the page anew from results that are there"""
EXAMPLES = """examples:
  python -m benchmarks                                    everything; a quarter of an hour on a quiet machine
  python -m benchmarks operations --only log_metric,get_run
  python -m benchmarks operations --rivals genesis,floor  without PostgreSQL
  python -m benchmarks --quick                            does the benchmark itself work? (writes nothing)

Servers are started for the run, on sockets and loopback, and end with it. Other work on the machine makes the
milliseconds larger; ratios suffer less, since candidates take turns. Read medians with their quartiles."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chapters; give 0 also when targets are missed, 2 if a server or a package is missing."""
    options = _parser().parse_args(arguments)
    os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true")
    for ending in (signal.SIGINT, signal.SIGTERM):  # a background job is born deaf to the first
        signal.signal(ending, _interrupt)
    directory = options.out or (None if options.quick else report.RESULTS)
    missed: list[str] = []
    try:
        for name in options.chapters or CHAPTERS:
            if name == REPORT:
                say(str(report.write_page(options.out or report.RESULTS)))
            else:
                missed += _chapter(name, _settings(options), directory)
    except (EnvironmentFailedError, MissingPostgresError, ServerFailedError) as error:
        print(error, file=sys.stderr)
        return 2
    if missed:
        say(
            f"missed their target: {', '.join(missed)}"
            + (" (--quick: means nothing)" if options.quick else "")
        )
    return 0


def _chapter(name: str, settings: Settings, directory: Path | None) -> list[str]:
    result = _run(name, settings)
    result = replace(result, machine={**result.machine, "load_average_after": load_average()})
    say("\n" + "\n".join(report.aligned([result.header, *result.rows])) + "\n")
    if directory:
        say(f"written: {report.write(result, directory)}")
    return result.missed


def _run(chapter: str, settings: Settings) -> report.Result:
    """Run a chapter; imported only now, so that `--help` is quick and MLflow sees our environment."""
    module = import_module(f"benchmarks.{CHAPTERS[chapter]}")
    result: report.Result = module.run(settings)
    return result


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(
        quick=options.quick,
        only=options.only,
        rivals=options.rivals,
        rounds=options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS),
        mongo_uri=options.mongo_uri,
        skinny_python=options.skinny_python,
    )


def _names(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())


def _rivals(text: str) -> frozenset[str]:
    unknown = sorted(_names(text) - set(RIVALS))
    if unknown:
        msg = f"unknown: {', '.join(unknown)}; there are: {', '.join(RIVALS)}"
        raise argparse.ArgumentTypeError(msg)
    return _names(text)


def _interrupt(number: int, _: FrameType | None) -> None:
    print("interrupted: ending servers", file=sys.stderr)
    sys.exit(128 + number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=ABOUT,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("chapters", nargs="*", choices=[*CHAPTERS, REPORT, []], metavar="chapter", help="see above")
    add("--quick", action="store_true", help="tiny sizes, two rounds; numbers mean nothing")
    add(
        "--only",
        type=_names,
        default=frozenset(),
        metavar="A,B",
        help="only these rows, as the JSON names them",
    )
    add("--rivals", type=_rivals, default=frozenset(RIVALS), metavar="A,B",
        help=f"candidates: {', '.join(RIVALS)}")  # fmt: skip
    add("--rounds", type=int, metavar="N", help=f"interleaved rounds per row (default {ROUNDS})")
    add("--mongo-uri", metavar="URI", help="use this mongod (databases bench_*) in place of a private one")
    add("--skinny-python", type=Path, metavar="PATH",
        help="interpreter with mlflow-skinny and our wheels, for cold-start; made if not given")  # fmt: skip
    add(
        "--out",
        type=Path,
        metavar="DIR",
        help="where results go; default benchmarks/results, with --quick nowhere",
    )
    return parser
