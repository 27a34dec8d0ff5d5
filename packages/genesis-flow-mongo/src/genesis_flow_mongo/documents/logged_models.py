"""Logged models as documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities import LifecycleStage, LoggedModel, LoggedModelStatus

from genesis_flow_mongo.documents.keys import escape, unescape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlflow.entities import Metric

# What `logged_model_from_document` needs: all but the summaries of metrics, which can be large.
FIELDS = (
    "experiment_id",
    "name",
    "artifact_location",
    "creation_timestamp",
    "last_updated_timestamp",
    "status",
    "status_message",
    "lifecycle_stage",
    "model_type",
    "source_run_id",
    "tags",
    "params",
    "measured",
)


def new_logged_model_document(
    model_id: str,
    workspace: str,
    experiment_id: str,
    *,
    name: str,
    artifact_location: str,
    created: int,
    model_type: str | None,
    source_run_id: str | None,
    tags: Mapping[str, str],
    params: Mapping[str, str],
) -> dict[str, Any]:
    """Return the document of a new, pending model; `created` is in milliseconds.

    The status is stored as MLflow's number, by which MLflow sorts it. `measured` says whether the model has
    metrics; `growth` counts the bytes of metrics that were added since somebody last weighed the document.
    """
    return {
        "_id": model_id,
        "workspace": workspace,
        "experiment_id": experiment_id,
        "name": name,
        "artifact_location": artifact_location,
        "creation_timestamp": created,
        "last_updated_timestamp": created,
        "status": LoggedModelStatus.PENDING.to_int(),
        "status_message": None,
        "lifecycle_stage": LifecycleStage.ACTIVE,
        "model_type": model_type,
        "source_run_id": source_run_id,
        "tags": {escape(key): value for key, value in tags.items()},
        "params": {escape(key): value for key, value in params.items()},
        "measured": False,
        "growth": 0,
    }


def logged_model_from_document(document: Mapping[str, Any], metrics: Sequence[Metric]) -> LoggedModel:
    """Return the entity of a document, and of the model's metrics."""
    return LoggedModel(
        experiment_id=document["experiment_id"],
        model_id=document["_id"],
        name=document["name"],
        artifact_location=document["artifact_location"],
        creation_timestamp=document["creation_timestamp"],
        last_updated_timestamp=document["last_updated_timestamp"],
        model_type=document["model_type"],
        source_run_id=document["source_run_id"],
        status=LoggedModelStatus.from_int(document["status"]),
        status_message=document["status_message"],
        tags={unescape(name): value for name, value in document["tags"].items()},
        params={unescape(name): value for name, value in document["params"].items()},
        # As in MLflow: a model without metrics has None, not an empty list.
        metrics=list(metrics) or None,
    )
