"""Run the four examples on one MongoDB, then show what the database holds.

`make demo` calls this script in an environment of its own. With arguments it runs only the examples whose
names begin so, as in `python demo.py 02 04`. Without MLFLOW_TRACKING_URI the MongoDB is a private one,
started here in ./genesis-flow-data and ended when the last of its users leaves.

Exit status: 0 when every example came to its end and everything could be read back, else 1.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Run

from genesis_flow.redaction import redact

HERE = Path(__file__).resolve().parent
EXAMPLES = sorted((HERE / "mongodb_integration").glob("0*.py"))
# What says most about a run comes first; of the rest, the alphabet decides.
TELLING = ["accuracy", "recall", "roc_auc", "cv_error", "error", "r2", "error_live", "drifted_features"]
SHOWN_METRICS = 2
SHOWN_DEPTH = 2  # grid candidates lie deeper: they are counted, not listed


def main() -> int:
    """Run the examples, read everything back, return the exit status."""
    chosen = [path for path in EXAMPLES if path.name.startswith(tuple(sys.argv[1:] or [""]))]
    if not chosen:
        print(f"No example begins with {' or '.join(sys.argv[1:])}.")
        return 1
    private = f"mongodb+embedded://{quote(str(Path('genesis-flow-data').resolve()))}"
    uri = os.environ.setdefault("MLFLOW_TRACKING_URI", private)
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    began = time.time()
    mlflow.search_experiments(max_results=1)  # keeps the private MongoDB up from here to the end
    print(f"{redact(uri)} answers after {time.time() - began:.1f} s")

    failed = [path.name for path in chosen if not run_example(path)]
    show_database(since=int(began * 1000))
    if failed:
        print(f"\nFAILED: {', '.join(failed)}")
        return 1
    print(f"\n{len(chosen)} examples passed, in {time.time() - began:.0f} s. Where to look next:")
    print(f"  what each example shows   {os.path.relpath(HERE / 'mongodb_integration' / 'README.md')}")
    print(f"  how the database fares    {os.path.relpath(sys.prefix)}/bin/genesis-flow doctor")
    print(f"  your own MLflow programs  export MLFLOW_TRACKING_URI={redact(uri)}")
    return 0


def run_example(path: Path) -> bool:
    """Run one example in a process of its own; say whether it came to its end.

    Its standard output is shown as it comes, its standard error only when it fails.
    """
    print(f"\n{heading(path.name)}")
    began = time.time()
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            [sys.executable, "-u", path], stdout=subprocess.PIPE, stderr=errors, text=True
        ) as run,
    ):
        for line in run.stdout or ():
            print(f"  {line}", end="")
        passed = run.wait() == 0
        if not passed:
            errors.seek(0)
            print(errors.read())
    print(f"  -> {'done' if passed else 'FAILED'} in {time.time() - began:.1f} s")
    return passed


def show_database(since: int) -> None:
    """Print the runs started since a moment (milliseconds since 1970), the registry, and totals."""
    client = MlflowClient()
    experiments = client.search_experiments(order_by=["creation_time ASC"])
    names = {experiment.experiment_id: experiment.name for experiment in experiments}
    runs = client.search_runs(
        list(names),
        filter_string=f"attributes.start_time >= {since}",
        order_by=["attributes.start_time ASC"],
        max_results=1000,
    )
    print(f"\n{heading('Runs, read back from the database')}")
    print(table(run_rows(client, runs, names)))

    versions = client.search_model_versions(order_by=["name ASC", "version_number ASC"])
    print(f"\n{heading('Model registry, read back from the database')}")
    print(table([version_row(client, version.name, version.version) for version in versions]))

    points = sum(
        len(client.get_metric_history(run.info.run_id, key)) for run in runs for key in run.data.metrics
    )
    models = sum(len(run.outputs.model_outputs) for run in runs)
    registered = len(client.search_registered_models())
    print(f"\nThis demo: {len(runs)} runs, {points} metric points, {models} logged models.")
    print(f"The registry: {len(versions)} versions of {registered} models.")
    print(f"Artifacts lie below {experiments[-1].artifact_location.rpartition('/')[0]}.")


def run_rows(client: MlflowClient, runs: list[Run], experiments: dict[str, str]) -> list[dict[str, object]]:
    """Return a row for each run that is not a mere candidate: parents first, children indented below them."""
    children: dict[str | None, list[Run]] = {}
    for run in runs:
        children.setdefault(run.data.tags.get("mlflow.parentRunId"), []).append(run)

    def rows(parent: str | None, depth: int) -> Iterator[dict[str, object]]:
        for run in children.get(parent, []):
            below = children.get(run.info.run_id, [])
            hidden = f" (+ {len(below)} below)" if below and depth == SHOWN_DEPTH else ""
            yield {
                "experiment": experiments[run.info.experiment_id],
                "run": "  " * depth + run.info.run_name + hidden,
                "status": run.info.status,
                "seconds": f"{(run.info.end_time - run.info.start_time) / 1000:.1f}",
                "params": len(run.data.params),
                "files": count_files(client, run.info.run_id),
                "models": len(run.outputs.model_outputs),
                "metrics": telling_metrics(run.data.metrics),
            }
            if depth < SHOWN_DEPTH:
                yield from rows(run.info.run_id, depth + 1)

    return list(rows(None, 0))


def count_files(client: MlflowClient, run_id: str, folder: str | None = None) -> int:
    """Count the files among a run's artifacts, in all folders."""
    entries = client.list_artifacts(run_id, folder)
    return sum(count_files(client, run_id, entry.path) if entry.is_dir else 1 for entry in entries)


def telling_metrics(metrics: dict[str, float]) -> str:
    """Return the few latest values that say most about a run."""
    names = [name for name in TELLING if name in metrics] + sorted(metrics.keys() - set(TELLING))
    return ", ".join(f"{name} {metrics[name]:.4g}" for name in names[:SHOWN_METRICS])


def version_row(client: MlflowClient, name: str, number: str) -> dict[str, object]:
    """Return what the registry says about one model version."""
    version = client.get_model_version(name, number)
    return {
        "model": name,
        "version": number,
        "stage": version.current_stage,
        "aliases": ", ".join(version.aliases),
        "source run": client.get_run(version.run_id).info.run_name,
        "description": version.description or "",
    }


def table(rows: list[dict[str, object]]) -> str:
    """Lay rows out in columns as wide as their widest cell; numbers stand to the right."""
    if not rows:
        return "(nothing)"
    columns = {name: [name, *(str(row[name]) for row in rows)] for name in rows[0]}
    lines = []
    for line in range(len(rows) + 1):
        cells = []
        for name, cell in columns.items():
            width = max(map(len, cell))
            number = name in {"version", "seconds", "params", "files", "models"}
            cells.append(cell[line].rjust(width) if number else cell[line].ljust(width))
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)


def heading(text: str) -> str:
    """Return a line that stands out."""
    return f"== {text} ".ljust(100, "=")


if __name__ == "__main__":
    sys.exit(main())
