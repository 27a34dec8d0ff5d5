"""Runs as documents: one each, with the latest value of every metric, so that a search needs nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities import (
    LifecycleStage,
    Metric,
    Param,
    Run,
    RunData,
    RunInfo,
    RunStatus,
    RunTag,
)

from genesis_flow_mongo.documents.keys import escape, unescape
from genesis_flow_mongo.documents.run_links import run_inputs, run_outputs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlflow.entities import Dataset

# What a reader of runs never needs: the newest points, and the book-keeping of writers.
WITHOUT_TAIL = {"tail": 0, "tail_size": 0, "tail_generation": 0, "growth": 0}


def new_run_document(
    run_id: str,
    workspace: str,
    experiment_id: str,
    *,
    user_id: str,
    start_time: int,
    run_name: str,
    artifact_uri: str,
    tags: Iterable[RunTag],
) -> dict[str, Any]:
    """Return the document of a new, active, running run.

    `tail_size` and `growth` count what was written since somebody last looked after the document: the
    filter of every write refuses when one is too high (see `repositories.run_data`).
    """
    return {
        "_id": run_id,
        "workspace": workspace,
        "experiment_id": experiment_id,
        "lifecycle_stage": LifecycleStage.ACTIVE,
        "run_name": run_name,
        "status": RunStatus.to_string(RunStatus.RUNNING),
        "user_id": user_id,
        "start_time": start_time,
        "end_time": None,
        "deleted_time": None,
        "artifact_uri": artifact_uri,
        "tail_size": 0,
        "growth": 0,
        "tags": {escape(tag.key): tag.value for tag in tags},
        "params": {},
        "metrics": {},
    }


def run_info(document: Mapping[str, Any]) -> RunInfo:
    """Return a run's info."""
    return RunInfo(
        run_id=document["_id"],
        run_name=document["run_name"],
        experiment_id=document["experiment_id"],
        user_id=document["user_id"],
        status=document["status"],
        start_time=document["start_time"],
        end_time=document["end_time"],
        lifecycle_stage=document["lifecycle_stage"],
        artifact_uri=document["artifact_uri"],
    )


def run_from_document(
    document: Mapping[str, Any], datasets: Mapping[str, Dataset], *, with_model_inputs: bool
) -> Run:
    """Return the entity of a run's document, and of the datasets that it names, by their ids.

    MLflow's SqlAlchemyStore 3.17 leaves model inputs out of searches; `with_model_inputs` says so.
    """
    data = RunData(
        metrics=[
            Metric(unescape(key), latest["v"], latest["t"], latest["s"])
            for key, latest in document["metrics"].items()
        ],
        params=[Param(unescape(key), value) for key, value in document["params"].items()],
        tags=[RunTag(unescape(key), value) for key, value in document["tags"].items()],
    )
    return Run(
        run_info(document),
        data,
        run_inputs(document, datasets, with_models=with_model_inputs),
        run_outputs(document),
    )
