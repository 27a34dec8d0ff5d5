"""Prompts: registered models with a tag. MLflow's base class does most; here is what it cannot do well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.exceptions import MlflowException
from mlflow.store.model_registry.abstract_store import AbstractStore

from genesis_flow_mongo.compat import (
    IS_PROMPT_TAG_KEY,
    check_alias_name,
    check_model_name,
    prompt_version_of,
    tracking_store,
)
from genesis_flow_mongo.documents.model_versions import model_version_from_document
from genesis_flow_mongo.documents.registered_models import aliases_of, registered_model_from_document
from genesis_flow_mongo.registry.aliases import version_by_alias
from genesis_flow_mongo.registry.checks import model_not_found, version_not_found

if TYPE_CHECKING:
    from mlflow.entities.model_registry import PromptVersion

    from genesis_flow_mongo.repositories.model_versions import ModelVersionRepository
    from genesis_flow_mongo.repositories.registered_models import RegisteredModelRepository


class PromptOps:
    """The part of MLflow's model registry that is about prompts."""

    _registered_models: RegisteredModelRepository
    _model_versions: ModelVersionRepository
    _tracking_uri: str | None

    def get_prompt_version(self, name: str, version: str | int) -> PromptVersion | None:
        """Return a prompt's version, by number or alias; two round trips, where MLflow's default takes four.

        Returns:
            The version, or None if it lacks the tag of a prompt.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a prompt or version;
                INVALID_PARAMETER_VALUE for a model that is no prompt, or an alias that it does not have.
        """
        check_model_name(name)
        model = self._registered_models.get(name)
        if model is None:
            raise model_not_found(name)
        if not model["prompt"]:
            raise MlflowException.invalid_parameter_value(
                f"Name `{name}` is registered as a model, not a prompt. "
                "Use get_model_version() or load_model() instead."
            )
        document = _version(self._model_versions, model, str(version))
        entity = model_version_from_document(document, aliases_of(model, document["version"]))
        if IS_PROMPT_TAG_KEY not in entity.tags:
            return None
        found: PromptVersion = prompt_version_of(entity, registered_model_from_document(model).tags)
        return found

    def link_prompt_version_to_run(self, name: str, version: str, run_id: str) -> None:
        """Add a prompt's version to the list of those that a run has used.

        Four round trips. Processes that do this to one run at the same time lose none of each other's links,
        if runs are tracked in MongoDB; elsewhere MLflow's default is used, which may.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a prompt, version or run;
                INVALID_PARAMETER_VALUE if the run is deleted, or the version is no prompt.
        """
        link = getattr(tracking_store(self._tracking_uri), "link_prompt_to_run", None)
        if link is None:
            store: Any = self
            AbstractStore.link_prompt_version_to_run(store, name, version, run_id)
        else:
            link(_prompt(self, name, version), run_id)

    def link_prompt_version_to_model(self, name: str, version: str, model_id: str) -> None:
        """Add a prompt's version to the list of those that a logged model uses; as for a run.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a prompt, version or logged model;
                INVALID_PARAMETER_VALUE if the version is no prompt.
        """
        link = getattr(tracking_store(self._tracking_uri), "link_prompt_to_logged_model", None)
        if link is None:
            store: Any = self
            AbstractStore.link_prompt_version_to_model(store, name, version, model_id)
        else:
            link(_prompt(self, name, version), model_id)


def _version(versions: ModelVersionRepository, model: dict[str, Any], version: str) -> dict[str, Any]:
    try:
        number = int(version)
    except ValueError:
        check_alias_name(version)
        return version_by_alias(versions, model, version)
    document = versions.get(model["name"], number)
    if document is None:
        raise version_not_found(model["name"], number)
    return document


def _prompt(registry: PromptOps, name: str, version: str) -> PromptVersion:
    found = registry.get_prompt_version(name, version)
    if found is None:
        raise MlflowException.invalid_parameter_value(f"Version {version} of '{name}' is not a prompt.")
    return found
