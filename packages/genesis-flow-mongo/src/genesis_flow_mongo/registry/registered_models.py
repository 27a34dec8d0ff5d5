"""Registered models: what MLflow promises of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow.entities.model_registry.model_version_stages import ALL_STAGES, get_canonical_stage
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.model_registry import (
    SEARCH_REGISTERED_MODEL_MAX_RESULTS_DEFAULT,
    SEARCH_REGISTERED_MODEL_MAX_RESULTS_THRESHOLD,
)

from genesis_flow_mongo.compat import (
    IS_PROMPT_TAG_KEY,
    check_model_name,
    check_model_tag,
    check_new_model_name,
    check_tag_name,
    refuse_taken_name,
)
from genesis_flow_mongo.connection.clock import now_ms
from genesis_flow_mongo.documents.keys import escape
from genesis_flow_mongo.documents.model_versions import model_version_from_document, renamed_version
from genesis_flow_mongo.documents.registered_models import (
    aliases_of,
    registered_model_from_document,
    registered_model_to_document,
    renamed_model,
)
from genesis_flow_mongo.query.registry import registered_models_ordering, registered_models_query
from genesis_flow_mongo.registry.checks import checked_page_size, checked_tags, model_not_found
from genesis_flow_mongo.schema import ids

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlflow.entities.model_registry import ModelVersion, RegisteredModel, RegisteredModelTag

    from genesis_flow_mongo.repositories.model_versions import ModelVersionRepository
    from genesis_flow_mongo.repositories.registered_models import RegisteredModelRepository


class RegisteredModelOps:
    """The part of MLflow's model registry that is about registered models."""

    _registered_models: RegisteredModelRepository
    _model_versions: ModelVersionRepository

    def create_registered_model(
        self,
        name: str,
        tags: Iterable[RegisteredModelTag] | None = None,
        description: str | None = None,
        deployment_job_id: str | None = None,
    ) -> RegisteredModel:
        """Create a model without versions; one round trip.

        Args:
            name: Not blank, without `/` and `:`.
            tags: Keys up to 250, values up to 100,000 characters.
            description: Free text.
            deployment_job_id: Ignored, as MLflow's SqlAlchemyStore 3.17 does.

        Raises:
            MlflowException: RESOURCE_ALREADY_EXISTS if a model, or a prompt, has this name;
                INVALID_PARAMETER_VALUE for a name or tag that MLflow does not allow.
        """
        check_model_name(name)
        tags_by_key = checked_tags(tags, check_model_tag)
        document = registered_model_to_document(
            self._registered_models.workspace, name, tags_by_key, description, now_ms()
        )
        # Tells this call's own insert, sent twice, from an equal one of somebody else's in the same moment.
        document["call"] = ids.random_hex()
        if not self._registered_models.add(document):
            existing = self._registered_models.get(name) or document
            if existing.get("call") != document["call"]:
                refuse_taken_name(
                    name, escape(IS_PROMPT_TAG_KEY) in existing["tags"], IS_PROMPT_TAG_KEY in tags_by_key
                )
        return registered_model_from_document(document)

    def get_registered_model(self, name: str) -> RegisteredModel:
        """Return a model with its tags, aliases and the latest version of each stage; two round trips.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a model.
        """
        check_model_name(name)
        document = self._registered_models.get(name)
        if document is None:
            raise model_not_found(name)
        return registered_model_from_document(document, self._model_versions.latest([name])[name])

    def update_registered_model(
        self, name: str, description: str | None, deployment_job_id: str | None = None
    ) -> RegisteredModel:
        """Replace the description, by None too; two round trips.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a model.
        """
        check_model_name(name)
        document = self._registered_models.describe(name, description, now_ms())
        if document is None:
            raise model_not_found(name)
        return registered_model_from_document(document, self._model_versions.latest([name])[name])

    def rename_registered_model(self, name: str, new_name: str) -> RegisteredModel:
        """Rename a model, and with it its versions; seven round trips.

        Ids carry the name, so everything is copied under the new name and then deleted under the old one.
        While that happens both names can be seen; if it is cut short, the same call finishes it. Changes that
        others make to the model meanwhile may be lost, but no version that they create.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a model; RESOURCE_ALREADY_EXISTS if the new
                name is taken; INVALID_PARAMETER_VALUE if MLflow does not allow it.
        """
        check_new_model_name(new_name)
        check_model_name(name)
        now = now_ms()
        source = self._registered_models.get(name)
        if source is None or "deleting" in source:
            raise model_not_found(name)
        if new_name == name:
            self._model_versions.touch_all(name, now)
            self._registered_models.touch(name, now)
            return self.get_registered_model(name)
        target = renamed_model(source, new_name, now)
        if not self._registered_models.add_renamed(target):
            raise MlflowException(
                f"Registered Model (name={new_name}) already exists.", RESOURCE_ALREADY_EXISTS
            )
        versions = self._model_versions.all_of(name)
        self._model_versions.add_all([renamed_version(version, new_name, now) for version in versions])
        self._model_versions.delete_all(name, version={"$lte": source["last_version"]})
        deleted = self._registered_models.delete(name, last_version=source["last_version"])
        if not deleted and self._registered_models.get(name, "name"):
            # Still there: somebody has created a version under the old name, which moves too.
            return self.rename_registered_model(name, new_name)
        return registered_model_from_document(target, self._model_versions.latest([new_name])[new_name])

    def delete_registered_model(self, name: str) -> None:
        """Delete a model with its versions, tags and aliases, for good; three round trips.

        A later model of this name numbers its versions from 1 again.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a model.
        """
        check_model_name(name)
        if not self._registered_models.begin_deletion(name):
            raise model_not_found(name)
        # Versions first: cut short, this leaves a model that can be deleted, not versions of none.
        self._model_versions.delete_all(name)
        self._registered_models.delete(name)

    def search_registered_models(
        self,
        filter_string: str | None = None,
        max_results: int = SEARCH_REGISTERED_MODEL_MAX_RESULTS_DEFAULT,
        order_by: Iterable[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[RegisteredModel]:
        """Return a page of the models that match a filter; two round trips.

        Prompts are left out unless the filter asks for them by their tag. Ordered as asked, then by name;
        pages continue behind the last model of the page before.

        Args:
            filter_string: On `name` and `tags.<key>`, in MLflow's grammar.
            max_results: From 1 to 1,000; 100 by default.
            order_by: `name`, `timestamp` or `last_updated_timestamp`, each with `ASC` or `DESC`.
            page_token: The `token` of the page before.

        Raises:
            MlflowException: INVALID_PARAMETER_VALUE for arguments that MLflow does not allow.
        """
        limit = checked_page_size(max_results, SEARCH_REGISTERED_MODEL_MAX_RESULTS_THRESHOLD)
        query = registered_models_query(self._registered_models.workspace, filter_string)
        found, token = self._registered_models.search(
            query, registered_models_ordering(order_by), limit, page_token
        )
        latest = self._model_versions.latest([document["name"] for document in found])
        return PagedList(
            [registered_model_from_document(document, latest[document["name"]]) for document in found], token
        )

    def get_latest_versions(self, name: str, stages: Iterable[str] | None = None) -> list[ModelVersion]:
        """Return the version with the highest number in each stage, with aliases; two round trips.

        Args:
            name: Name of the model.
            stages: Stages in any case; none means all four.

        Returns:
            Versions, lowest first; none for a stage that is empty.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a model, INVALID_PARAMETER_VALUE for an
                unknown stage.
        """
        check_model_name(name)
        model = self._registered_models.get(name, "aliases")
        if model is None:
            raise model_not_found(name)
        wanted = {get_canonical_stage(stage) for stage in stages or ALL_STAGES}
        return [
            model_version_from_document(version, aliases_of(model, version["version"]))
            for version in self._model_versions.latest([name], wanted)[name]
        ]

    def set_registered_model_tag(self, name: str, tag: RegisteredModelTag) -> None:
        """Set a tag, or replace its value; one round trip.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a model, INVALID_PARAMETER_VALUE for a key
                over 250 or a value over 100,000 characters.
        """
        check_model_name(name)
        check_model_tag(tag.key, tag.value)
        if not self._registered_models.set_tag(name, tag.key, tag.value):
            raise model_not_found(name)

    def delete_registered_model_tag(self, name: str, key: str) -> None:
        """Remove a tag, silently if it is not there; one round trip.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a model.
        """
        check_model_name(name)
        check_tag_name(key)
        if not self._registered_models.delete_tag(name, key):
            raise model_not_found(name)
