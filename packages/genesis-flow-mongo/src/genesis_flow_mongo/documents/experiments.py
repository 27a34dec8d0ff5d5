"""Experiments as documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities import Experiment, ExperimentTag, LifecycleStage

from genesis_flow_mongo.documents.keys import escape, unescape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def experiment_to_document(
    experiment_id: str,
    workspace: str,
    name: str,
    artifact_location: str,
    tags: Iterable[ExperimentTag],
    created: int,
) -> dict[str, Any]:
    """Return the document of a new, active experiment; `created` is in milliseconds."""
    return {
        "_id": experiment_id,
        "number": int(experiment_id),
        "workspace": workspace,
        "name": name,
        "artifact_location": artifact_location,
        "lifecycle_stage": LifecycleStage.ACTIVE,
        "creation_time": created,
        "last_update_time": created,
        "tags": {escape(tag.key): tag.value for tag in tags},
    }


def experiment_from_document(document: Mapping[str, Any]) -> Experiment:
    """Return the entity of a document."""
    return Experiment(
        experiment_id=document["_id"],
        name=document["name"],
        artifact_location=document["artifact_location"],
        lifecycle_stage=document["lifecycle_stage"],
        tags=[ExperimentTag(unescape(key), value) for key, value in document["tags"].items()],
        creation_time=document["creation_time"],
        last_update_time=document["last_update_time"],
        workspace=document["workspace"],
    )
