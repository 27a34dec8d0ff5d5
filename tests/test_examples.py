"""The examples run as a person runs them, and the database then holds what they promise."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import mlflow
import pytest
from mlflow import MlflowClient

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlflow.entities import Run

    Start = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.slow


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Return a function that runs `python …` in an empty directory, with only our MLflow settings."""

    def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env={**inherited, "MLFLOW_DISABLE_TELEMETRY": "true", **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def after(start: Start, root: Path, mongo_uri: str) -> Callable[[str], MlflowClient]:
    """Return a function that runs an example on a fresh database and lends a client that reads it."""

    def run(example: str) -> MlflowClient:
        ended = start(root / "examples/mongodb_integration" / example, MLFLOW_TRACKING_URI=mongo_uri)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        mlflow.set_tracking_uri(mongo_uri)
        return MlflowClient()

    return run


def runs_of(client: MlflowClient, experiment: str) -> dict[str, Run]:
    """Return the runs of an experiment by name."""
    found = client.get_experiment_by_name(experiment)
    assert found is not None
    return {run.info.run_name: run for run in client.search_runs([found.experiment_id])}


def steps_of(client: MlflowClient, run: Run, metric: str) -> list[int]:
    return [point.step for point in client.get_metric_history(run.info.run_id, metric)]


def files_of(client: MlflowClient, run: Run, folder: str | None = None) -> set[str]:
    entries = client.list_artifacts(run.info.run_id, folder)
    below = [files_of(client, run, entry.path) for entry in entries if entry.is_dir]
    return {entry.path for entry in entries if not entry.is_dir}.union(*below)


class TestModelLogging:
    def test_models_datasets_and_the_contest_are_in_the_database(
        self, after: Callable[[str], MlflowClient]
    ) -> None:
        client = after("01_model_logging_example.py")

        runs = runs_of(client, "wine-models")
        classifiers = {name for name, run in runs.items() if run.data.tags.get("family") == "classifier"}
        assert classifiers == {"logistic-regression", "decision-tree", "random-forest", "naive-bayes"}
        assert runs.keys() - classifiers == {"wine-grader-pyfunc", "a-b-comparison"}
        for name in classifiers:
            run = runs[name]
            [output] = run.outputs.model_outputs
            model = client.get_logged_model(output.model_id)
            contexts = {each.dataset.name: each.tags[0].value for each in run.inputs.dataset_inputs}
            assert contexts == {"wine-train": "training", "wine-test": "evaluation"}
            assert len(steps_of(client, run, "cv_accuracy")) == 5
            assert {metric.dataset_name for metric in model.metrics if metric.key == "accuracy"} == {
                "wine-test"
            }
            signature = mlflow.models.get_model_info(model.model_uri).signature
            assert signature.inputs.input_names() == [
                "alcohol",
                "malic_acid",
                "ash",
                "color_intensity",
                "hue",
            ]

        champion, challenger = (
            client.get_model_version_by_alias("wine-cultivar", alias) for alias in ("champion", "challenger")
        )
        better, worse = (
            runs[version.tags["algorithm"]].data.metrics["accuracy"] for version in (champion, challenger)
        )
        assert better >= worse
        assert champion.tags["a_b"] == "won"
        assert "a_b" not in challenger.tags
        assert runs["a-b-comparison"].data.tags["winner"] == f"wine-cultivar version {champion.version}"


class TestModelRegistry:
    def test_versions_walk_the_stages_and_aliases_follow(self, after: Callable[[str], MlflowClient]) -> None:
        client = after("02_model_registry_example.py")

        versions = {v.current_stage: v for v in client.search_model_versions("name = 'tumour-screening'")}
        aliases = client.get_registered_model("tumour-screening").aliases
        [copy] = client.search_model_versions("name = 'tumour-screening-clinic'")
        assert versions.keys() == {"Production", "Archived", "Staging"}
        assert aliases == {
            "champion": versions["Production"].version,
            "previous": versions["Archived"].version,
        }
        recalls = [float(versions[stage].tags["recall"]) for stage in ("Production", "Archived", "Staging")]
        assert recalls == sorted(recalls, reverse=True)
        assert all(version.tags["algorithm"] in version.description for version in versions.values())
        assert copy.source == f"models:/tumour-screening/{versions['Production'].version}"
        assert copy.run_id == versions["Production"].run_id

    def test_a_second_time_adds_versions_and_archives_the_first(
        self, after: Callable[[str], MlflowClient]
    ) -> None:
        after("02_model_registry_example.py")
        client = after("02_model_registry_example.py")

        stages = Counter(v.current_stage for v in client.search_model_versions("name = 'tumour-screening'"))
        assert stages == {"Production": 1, "Staging": 1, "Archived": 4}
        live = client.get_model_version_by_alias("tumour-screening-clinic", "live")
        assert int(live.version) == len(client.search_model_versions("name = 'tumour-screening-clinic'")) == 2


class TestArtifacts:
    def test_every_kind_of_artifact_is_there_and_readable(
        self, after: Callable[[str], MlflowClient], start: Start, mongo_uri: str
    ) -> None:
        client = after("03_artifacts_datasets_example.py")

        [run] = runs_of(client, "digits-artifacts").values()
        notebook = mlflow.artifacts.load_dict(f"runs:/{run.info.run_id}/notebooks/misread.ipynb")
        opened = start("-c", "".join(notebook["cells"][1]["source"]), MLFLOW_TRACKING_URI=mongo_uri)
        configuration = mlflow.artifacts.load_dict(f"runs:/{run.info.run_id}/config/model.json")
        assert files_of(client, run) == {
            "code/03_artifacts_datasets_example.py",
            "config/model.json",
            "config/model.yaml",
            "notebooks/misread.ipynb",
            "plots/confusion.png",
            "plots/correlation.png",
            "plots/first-digit.png",
            "plots/misread.png",
            "summary.txt",
            "tables/answers.csv",
            "tables/misread.json",
            "tables/patients-summary.csv",
            "tables/per-digit.json",
        }
        header, *misread = opened.stdout.splitlines()
        assert header.split() == ["truth", "answer", "probability"]
        assert len(misread) == round((1 - run.data.metrics["accuracy"]) * 540)
        assert run.data.params == {name: str(value) for name, value in configuration["parameters"].items()}
        assert {each.dataset.name for each in run.inputs.dataset_inputs} == {
            "diabetes",
            "digits-test",
            "digits-train",
        }
        history = steps_of(client, run, "training_loss")
        assert history == list(range(len(history)))


class TestWorkflow:
    def test_seven_stages_end_in_an_alert_and_a_rollback(self, after: Callable[[str], MlflowClient]) -> None:
        client = after("04_complete_mlflow_workflow.py")

        runs = runs_of(client, "diabetes-workflow")
        parents = {run.info.run_id: run.data.tags.get("mlflow.parentRunId") for run in runs.values()}
        depths = Counter(depth_of(run_id, parents) for run_id in parents)
        assert depths == {0: 1, 1: 7, 2: 4, 3: 17}
        assert {run.info.status for run in runs.values()} == {"FINISHED"}

        monitoring = runs["7 Monitoring"]
        live = [point.value for point in client.get_metric_history(monitoring.info.run_id, "live_version")]
        first_alert = live.index(1.0)
        assert steps_of(client, monitoring, "ks_bmi") == [1, 2, 3, 4, 5, 6, 7, 8]
        assert live == [2.0] * first_alert + [1.0] * (8 - first_alert)
        assert monitoring.data.tags["alert"] == "drift, last in week 8"
        assert f"alerts/week-{first_alert}.json" in files_of(client, monitoring)

        served, withdrawn = (client.get_model_version("diabetes-progression", number) for number in "12")
        assert (served.current_stage, withdrawn.current_stage) == ("Production", "Archived")
        assert client.get_registered_model("diabetes-progression").aliases == {"champion": served.version}
        assert withdrawn.tags["rolled_back"].startswith(f"week {first_alert}: error ")


def depth_of(run_id: str, parents: dict[str, str | None]) -> int:
    parent = parents[run_id]
    return 0 if parent is None else 1 + depth_of(parent, parents)


class TestDemo:
    def test_it_needs_nothing_set_and_shows_what_the_database_holds(
        self, start: Start, root: Path, tmp_path: Path
    ) -> None:
        ended = start(root / "examples/demo.py", "03")

        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert (tmp_path / "genesis-flow-data").is_dir()
        assert "digits-artifacts  digit-reader  FINISHED" in ended.stdout
        assert "1 runs, " in ended.stdout

    def test_a_mistyped_example_is_no_success(self, start: Start, root: Path) -> None:
        ended = start(root / "examples/demo.py", "3", MLFLOW_TRACKING_URI="mongodb://nobody.invalid/")

        assert (ended.returncode, ended.stdout) == (1, "No example begins with 3.\n")

    def test_it_fails_when_an_example_fails(self, start: Start, root: Path) -> None:
        ended = start(root / "examples/demo.py", "01", MLFLOW_ALLOW_PICKLE_DESERIALIZATION="false")

        assert ended.returncode == 1
        assert "FAILED: 01_model_logging_example.py" in ended.stdout
