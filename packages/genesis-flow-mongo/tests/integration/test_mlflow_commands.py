"""MLflow's own commands on our stores: `mlflow server` for REST clients, `mlflow gc`."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from mlflow import MlflowClient
from mlflow.data.http_dataset_source import HTTPDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from mlflow.entities import DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.exceptions import MlflowException

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.fixture
def server(mongo_uri: str, tmp_path: Path) -> Iterator[str]:
    """Lend the address of an MLflow server whose backend store is a fresh database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", mongo_uri]
    command += ["--no-serve-artifacts", "--default-artifact-root", str(tmp_path / "artifacts")]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    with (
        (tmp_path / "server.log").open("w") as log,
        subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path) as process,
    ):
        address = f"http://127.0.0.1:{port}"
        try:
            _wait_for(f"{address}/health", process)
            yield address
        finally:
            process.terminate()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            with urlopen(url, timeout=1):  # noqa: S310 - our own server
                return
        except (URLError, OSError):
            time.sleep(0.1)
    pytest.fail("the server does not answer")


def _status(url: str, body: bytes) -> int:
    request = Request(url, data=body, headers={"Content-Type": "application/json"})  # noqa: S310 - our own
    try:
        with urlopen(request, timeout=30) as answer:  # noqa: S310 - our own server
            return int(answer.status)
    except URLError as exc:
        return int(getattr(exc, "code", 0))


def test_a_rest_client_finds_everything_through_mlflow_server(server: str, mongo_uri: str) -> None:
    client = MlflowClient(server, server)
    experiment_id = client.create_experiment("over rest")
    run_id = client.create_run(experiment_id).info.run_id
    metrics = [Metric("acc", value, 1, value) for value in range(5)]
    client.log_batch(run_id, metrics, [Param("p", "1")], [RunTag("t", "x")])
    dataset = MetaDataset(HTTPDatasetSource("http://example.org/data"), name="data")
    client.log_inputs(
        run_id, [DatasetInput(dataset._to_mlflow_entity(), [InputTag("mlflow.data.context", "train")])]
    )
    client.create_registered_model("model", tags={"k": "v"})
    version = client.create_model_version("model", "s3://bucket/model", tags={"k": "v"}).version
    client.set_registered_model_alias("model", "best", version)

    found = client.search_runs(
        [experiment_id], "metrics.acc > 3 AND datasets.name = 'data'", order_by=["metrics.acc"]
    )
    assert [run.info.run_id for run in found] == [run_id]
    assert [metric.step for metric in client.get_metric_history(run_id, "acc")] == list(range(5))
    assert client.get_model_version_by_alias("model", "best").tags == {"k": "v"}
    with pytest.raises(MlflowException, match="not found") as caught:
        client.get_run("0" * 32)
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    # The same data without the server.
    assert MlflowClient(mongo_uri, mongo_uri).get_run(run_id).data.params == {"p": "1"}


def test_what_is_not_built_answers_501_and_not_an_html_page(server: str) -> None:
    body = b'{"locations": [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}}]}'

    assert _status(f"{server}/api/3.0/mlflow/traces/search", body) == 501


def test_gc_removes_what_was_deleted(mongo_uri: str) -> None:
    client = MlflowClient(mongo_uri, mongo_uri)
    experiment_id = client.create_experiment("to be removed")
    run_id = client.create_run(experiment_id).info.run_id
    model_id = client.create_logged_model(experiment_id, "model").model_id
    kept = client.create_run("0").info.run_id
    client.delete_logged_model(model_id)
    client.delete_experiment(experiment_id)

    command = [sys.executable, "-m", "mlflow", "gc", "--backend-store-uri", mongo_uri]
    done = subprocess.run(
        command,
        env={**os.environ, "MLFLOW_TRACKING_URI": mongo_uri},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    for gone in (run_id, model_id, f"Experiment with ID {experiment_id}"):
        assert gone in done.stdout
    assert client.get_run(kept).info.run_id == kept
    assert client.create_experiment("to be removed") != experiment_id
