"""Registered models as documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities.model_registry import RegisteredModel, RegisteredModelAlias, RegisteredModelTag

from genesis_flow_mongo.compat import IS_PROMPT_TAG_KEY
from genesis_flow_mongo.documents.keys import escape, unescape
from genesis_flow_mongo.documents.model_versions import model_version_from_document
from genesis_flow_mongo.schema import ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Document = dict[str, Any]


def registered_model_to_document(
    workspace: str, name: str, tags: Mapping[str, str], description: str | None, created: int
) -> Document:
    """Return the document of a new model without versions; `created` is in milliseconds.

    `last_version` is the highest number ever given to a version; `prompt_versions` tells whether any version
    is a prompt, and `prompt` whether the model itself is tagged as one.
    """
    return {
        "_id": ids.registered_model_id(workspace, name),
        "workspace": workspace,
        "name": name,
        "description": description,
        "creation_time": created,
        "last_updated_time": created,
        "last_version": 0,
        "prompt": is_prompt(tags),
        "prompt_versions": False,
        "aliases": {},
        "tags": {escape(key): value for key, value in tags.items()},
    }


def is_prompt(tags: Mapping[str, str]) -> bool:
    """Tell whether these tags make a model, or a version, a prompt."""
    return tags.get(IS_PROMPT_TAG_KEY) == "true"


def renamed_model(document: Mapping[str, Any], new_name: str, renamed: int) -> Document:
    """Return the document of a model after it was renamed; it remembers which model it was."""
    return {
        **document,
        "_id": ids.registered_model_id(document["workspace"], new_name),
        "name": new_name,
        "last_updated_time": renamed,
        "renamed_from": {"name": document["name"], "creation_time": document["creation_time"]},
    }


def registered_model_from_document(
    document: Mapping[str, Any], latest: Iterable[Mapping[str, Any]] = ()
) -> RegisteredModel:
    """Return the entity of a document, with the latest version of each stage."""
    return RegisteredModel(
        name=document["name"],
        creation_timestamp=document["creation_time"],
        last_updated_timestamp=document["last_updated_time"],
        description=document["description"],
        latest_versions=[model_version_from_document(version) for version in latest],
        tags=[RegisteredModelTag(unescape(key), value) for key, value in document["tags"].items()],
        aliases=[RegisteredModelAlias(alias, version) for alias, version in document["aliases"].items()],
        workspace=document["workspace"],
    )


def aliases_of(document: Mapping[str, Any], version: int) -> list[str]:
    """Return the aliases of a model that point to a version, sorted."""
    return sorted(alias for alias, target in document["aliases"].items() if target == version)
