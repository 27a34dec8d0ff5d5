"""The benchmark runs, from a command line to its table, and leaves no server behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

# Without PostgreSQL and full MLflow, which are there for the benchmark alone.
QUICK = [sys.executable, "-m", "benchmarks", "--quick", "--rivals", "genesis,floor"]


def running_below(directory: Path) -> list[str]:
    """Return the command lines of processes that work below a directory."""
    lines = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it is gone by now
            lines.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return [line for line in lines if str(directory) in line]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(tmp_path)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("chapter", "rows"),
    [
        ("operations", ["log_metric", "search_runs, 3 filters, order by metric", "log_metric, 8 threads"]),
        ("growth", ["search 400 runs, indexed", "history of 5,000 points, one by one, client"]),
        ("round-trips", ["create_run", "get_model_version_by_alias"]),
    ],
)
def test_a_quick_run_shows_every_row(
    chapter: str, rows: list[str], root: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    command = [*QUICK, chapter]

    answer = subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, check=False)

    assert answer.returncode == 0, answer.stderr
    assert [row for row in rows if f"\n{row}  " not in answer.stdout] == []
    assert running_below(tmp_path) == []


@pytest.mark.slow
def test_an_interrupted_run_ends_its_servers(root: Path, tmp_path: Path, environ: dict[str, str]) -> None:
    command = [*QUICK, "operations"]

    with subprocess.Popen(command, cwd=root, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        until_first_row = next(line for line in process.stdout if line.startswith("log_metric"))
        began = running_below(tmp_path)
        process.send_signal(signal.SIGINT)
        process.communicate()

    assert until_first_row
    assert began
    assert process.returncode == 130
    assert running_below(tmp_path) == []


def test_every_operation_has_a_floor(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(root)
    floor, operations = import_module("benchmarks.floor"), import_module("benchmarks.operations")

    assert list(floor.PREPARE) == [operation.name for operation in operations.OPERATIONS]
