"""Model versions as documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities.model_registry import ModelVersion, ModelVersionTag
from mlflow.entities.model_registry.model_version_stages import STAGE_DELETED_INTERNAL, STAGE_NONE
from mlflow.entities.model_registry.model_version_status import ModelVersionStatus

from genesis_flow_mongo.compat import IS_PROMPT_TAG_KEY
from genesis_flow_mongo.documents.keys import escape, unescape
from genesis_flow_mongo.schema import ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Document = dict[str, Any]

READY = ModelVersionStatus.to_string(ModelVersionStatus.READY)
PROMPT_TAG = f"tags.{escape(IS_PROMPT_TAG_KEY)}"
"""Path of the tag by which MLflow tells prompts from models; its value is `true` then."""


def model_version_draft(
    name: str,
    source: str,
    created: int,
    *,
    storage_location: str | None = None,
    run_id: str | None = None,
    run_link: str | None = None,
    description: str | None = None,
    model_id: str | None = None,
    tags: Mapping[str, str],
) -> Document:
    """Return all of a new version's document but what its number decides; `created` is in milliseconds."""
    return {
        "name": name,
        "creation_time": created,
        "last_updated_time": created,
        "description": description,
        "user_id": None,
        "source": source,
        "storage_location": storage_location,
        "run_id": run_id,
        "run_link": run_link,
        # MLflow's SQL store forgets it; later nobody could tell any more.
        "model_id": model_id,
        "status": READY,
        "status_message": None,
        "tags": {escape(key): value for key, value in tags.items()},
    }


def numbered(draft: Mapping[str, Any], workspace: str, version: int, *, prompt: bool) -> Document:
    """Return the document of a version that was given its number, in stage None.

    Args:
        draft: The rest of the document.
        workspace: The workspace of the model.
        version: The number, from 1.
        prompt: Whether any version of the model is a prompt, which hides all of them from plain searches.
    """
    return {
        "_id": ids.model_version_id(workspace, draft["name"], version),
        "workspace": workspace,
        "version": version,
        **staged(workspace, draft["name"], STAGE_NONE),
        "prompt": prompt,
        **draft,
    }


def staged(workspace: str, name: str, stage: str) -> Document:
    """Return the fields that put a version of a model into a stage.

    Model and stage are also held in one field: the index that begins with it leads to the newest version of
    a stage in one step, however many versions there are.
    """
    return {"stage": stage, "model_stage": model_stage(workspace, name, stage)}


def model_stage(workspace: str, name: str, stage: str) -> str:
    """Return what the versions of one model in one stage have in common."""
    return f"{workspace}:{name}:{stage}"


def tombstone(workspace: str, name: str, deleted: int) -> Document:
    """Return the fields that a deleted version takes on.

    It stays, so that its number is not given twice; as in MLflow's SQL store it keeps its tags.
    """
    return {
        **staged(workspace, name, STAGE_DELETED_INTERNAL),
        "last_updated_time": deleted,
        "description": None,
        "user_id": None,
        "source": "REDACTED-SOURCE-PATH",
        "run_id": "REDACTED-RUN-ID",
        "run_link": "REDACTED-RUN-LINK",
        "status_message": None,
    }


def renamed_version(document: Mapping[str, Any], new_name: str, renamed: int) -> Document:
    """Return the document of a version after its model was renamed."""
    workspace = document["workspace"]
    return {
        **document,
        "_id": ids.model_version_id(workspace, new_name, document["version"]),
        "name": new_name,
        **staged(workspace, new_name, document["stage"]),
        "last_updated_time": renamed,
    }


def model_version_from_document(document: Mapping[str, Any], aliases: Iterable[str] = ()) -> ModelVersion:
    """Return the entity of a document; the model's document knows its aliases."""
    return ModelVersion(
        name=document["name"],
        version=document["version"],
        creation_timestamp=document["creation_time"],
        last_updated_timestamp=document["last_updated_time"],
        description=document["description"],
        user_id=document["user_id"],
        current_stage=document["stage"],
        source=document["source"],
        run_id=document["run_id"],
        status=document["status"],
        status_message=document["status_message"],
        tags=[ModelVersionTag(unescape(key), value) for key, value in document["tags"].items()],
        run_link=document["run_link"],
        aliases=list(aliases),
        workspace=document["workspace"],
    )
