"""The shortest proof that an installation works: log one run on a private MongoDB and read it back."""

from __future__ import annotations

import mlflow


def test_a_run_is_logged_and_read_back(mongo_uri: str) -> None:
    mlflow.set_tracking_uri(mongo_uri)
    mlflow.set_experiment("smoke")

    with mlflow.start_run() as run:
        mlflow.log_param("depth", 3)
        mlflow.log_metric("loss", 0.5, step=1)
        mlflow.log_metric("loss", 0.25, step=2)
        mlflow.set_tag("team", "blue")

    read = mlflow.MlflowClient().get_run(run.info.run_id)
    history = mlflow.MlflowClient().get_metric_history(run.info.run_id, "loss")
    assert read.info.status == "FINISHED"
    assert read.data.params == {"depth": "3"}
    assert read.data.metrics == {"loss": 0.25}
    assert read.data.tags["team"] == "blue"
    assert [(point.step, point.value) for point in history] == [(1, 0.5), (2, 0.25)]
