"""Model versions: what MLflow promises of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities.model_registry.model_version_stages import (
    DEFAULT_STAGES_FOR_GET_LATEST_VERSIONS,
    get_canonical_stage,
)
from mlflow.exceptions import MlflowException
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.model_registry import (
    SEARCH_MODEL_VERSION_MAX_RESULTS_DEFAULT,
    SEARCH_MODEL_VERSION_MAX_RESULTS_THRESHOLD,
)

from genesis_flow_mongo.compat import check_model_name, check_tag_name, check_version_tag
from genesis_flow_mongo.connection.clock import now_ms
from genesis_flow_mongo.documents.model_versions import model_version_draft, model_version_from_document
from genesis_flow_mongo.documents.registered_models import aliases_of
from genesis_flow_mongo.query.registry import model_versions_ordering, model_versions_query
from genesis_flow_mongo.registry.checks import (
    checked_page_size,
    checked_tags,
    checked_version,
    model_not_found,
    version_not_found,
)
from genesis_flow_mongo.registry.sources import lineage, logged_models_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlflow.entities.model_registry import ModelVersion, ModelVersionTag

    from genesis_flow_mongo.repositories.model_versions import ModelVersionRepository
    from genesis_flow_mongo.repositories.registered_models import RegisteredModelRepository


class ModelVersionOps:
    """The part of MLflow's model registry that is about model versions.

    A version is an integer; text that reads as one will do. A deleted version counts as missing.
    """

    _registered_models: RegisteredModelRepository
    _model_versions: ModelVersionRepository
    _tracking_uri: str | None

    def create_model_version(
        self,
        name: str,
        source: str,
        run_id: str | None = None,
        tags: Iterable[ModelVersionTag] | None = None,
        run_link: str | None = None,
        description: str | None = None,
        local_model_path: str | None = None,
        model_id: str | None = None,
    ) -> ModelVersion:
        """Create the next version of a model, ready at once; two round trips.

        One more for a source that is another version, or a call to the tracking store for a logged model.
        Numbers count up from 1, deleted versions included; no number is given twice, however many callers
        meet. A process that dies between the two round trips leaves a gap.

        Args:
            name: Name of the model.
            source: Where the files lie; `models:/…` is resolved.
            run_id: The run that made them; found out from the logged model if not given.
            tags: Keys up to 250, values up to 100,000 characters, and never None.
            run_link: Link to that run on another server.
            description: Free text.
            local_model_path: Ignored: nothing is uploaded.
            model_id: The logged model behind this version.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a model; INVALID_PARAMETER_VALUE for a name
                or tag that MLflow does not allow; INTERNAL_ERROR for a `models:` source that leads nowhere.
        """
        check_model_name(name)
        tags_by_key = checked_tags(tags, check_version_tag)
        location, run_id = lineage(
            source,
            run_id,
            model_id,
            logged_models_of(self._tracking_uri),
            self.get_model_version_download_uri,
        )
        document = self._model_versions.add(
            model_version_draft(
                name,
                source,
                now_ms(),
                storage_location=location,
                run_id=run_id,
                run_link=run_link,
                description=description,
                model_id=model_id,
                tags=tags_by_key,
            )
        )
        if document is None:
            raise model_not_found(name)
        return model_version_from_document(document)

    def get_model_version(self, name: str, version: Any) -> ModelVersion:
        """Return a version with its aliases; two round trips.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a version.
        """
        check_model_name(name)
        number = checked_version(version)
        document = self._model_versions.get(name, number)
        model = self._registered_models.get(name, "aliases") if document else None
        if document is None or model is None:
            raise version_not_found(name, number)
        return model_version_from_document(document, aliases_of(model, number))

    def get_model_version_download_uri(self, name: str, version: Any) -> str:
        """Return where the files of a version lie; one round trip.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a version.
        """
        check_model_name(name)
        number = checked_version(version)
        document = self._model_versions.get(name, number, "storage_location", "source")
        if document is None:
            raise version_not_found(name, number)
        uri: str = document["storage_location"] or document["source"]
        return uri

    def update_model_version(self, name: str, version: Any, description: str | None = None) -> ModelVersion:
        """Replace the description, by None too; two round trips.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a version.
        """
        check_model_name(name)
        number = checked_version(version)
        document = self._model_versions.describe(name, number, description, now_ms())
        model = self._registered_models.get(name, "aliases") if document else None
        if document is None or model is None:
            raise version_not_found(name, number)
        return model_version_from_document(document, aliases_of(model, number))

    def transition_model_version_stage(
        self, name: str, version: Any, stage: str, archive_existing_versions: bool
    ) -> ModelVersion:
        """Put a version in a stage; two round trips, three if others are archived.

        Args:
            name: Name of the model.
            version: Number of the version.
            stage: `None`, `Staging`, `Production` or `Archived`, in any case.
            archive_existing_versions: Whether versions that are in this stage move to `Archived`. Only for
                Staging and Production.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a version; INVALID_PARAMETER_VALUE for an
                unknown stage; INTERNAL_ERROR (as MLflow has it) where others cannot be archived.
        """
        canonical = get_canonical_stage(stage)
        if archive_existing_versions and canonical not in DEFAULT_STAGES_FOR_GET_LATEST_VERSIONS:
            raise MlflowException(
                "Model version transition cannot archive existing model versions because "
                f"'{stage}' is not an Active stage. Valid stages are {DEFAULT_STAGES_FOR_GET_LATEST_VERSIONS}"
            )
        check_model_name(name)
        number, now = checked_version(version), now_ms()
        put = self._model_versions.put_in_stage
        if archive_existing_versions:
            put = self._model_versions.put_alone_in_stage
        document = put(name, number, canonical, now)
        model = self._registered_models.touch(name, now) if document else None
        if document is None or model is None:
            raise version_not_found(name, number)
        return model_version_from_document(document, aliases_of(model, number))

    def delete_model_version(self, name: str, version: Any) -> None:
        """Delete a version, and the aliases that point to it; two round trips, three if there are any.

        Its number is not given again: a tombstone stays, without source and run.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a version.
        """
        number, now = checked_version(version), now_ms()
        check_model_name(name)
        if not self._model_versions.bury(name, number, now):
            raise version_not_found(name, number)
        model = self._registered_models.touch(name, now)
        if model is not None:
            self._registered_models.delete_aliases_of(model, number)

    def search_model_versions(
        self,
        filter_string: str | None = None,
        max_results: int = SEARCH_MODEL_VERSION_MAX_RESULTS_DEFAULT,
        order_by: Iterable[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[ModelVersion]:
        """Return a page of the versions that match a filter, without their aliases; one round trip.

        Prompts, and every version of a model that has one which is a prompt, are left out unless the filter
        asks for them by their tag. Ordered as asked, else latest update first; then by name, and by number
        from the highest. Pages continue behind the last version of the page before.

        Args:
            filter_string: On `name`, `run_id`, `source_path`, `version_number` and `tags.<key>`.
            max_results: From 1 to 200,000; 10,000 by default.
            order_by: `name`, `version_number`, `creation_timestamp` or `last_updated_timestamp`, each with
                `ASC` or `DESC`.
            page_token: The `token` of the page before.

        Raises:
            MlflowException: INVALID_PARAMETER_VALUE for arguments that MLflow does not allow.
        """
        limit = checked_page_size(max_results, SEARCH_MODEL_VERSION_MAX_RESULTS_THRESHOLD)
        query = model_versions_query(self._model_versions.workspace, filter_string)
        found, token = self._model_versions.search(
            query, model_versions_ordering(order_by), limit, page_token
        )
        return PagedList([model_version_from_document(document) for document in found], token)

    def set_model_version_tag(self, name: str, version: Any, tag: ModelVersionTag) -> None:
        """Set a tag, or replace its value; one round trip.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a version, INVALID_PARAMETER_VALUE for a key
                over 250 characters, a value over 100,000, or none.
        """
        check_model_name(name)
        number = checked_version(version)
        check_version_tag(tag.key, tag.value)
        if not self._model_versions.set_tag(name, number, tag.key, tag.value):
            raise version_not_found(name, number)

    def delete_model_version_tag(self, name: str, version: Any, key: str) -> None:
        """Remove a tag, silently if it is not there; one round trip.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a version.
        """
        check_model_name(name)
        number = checked_version(version)
        check_tag_name(key)
        if not self._model_versions.delete_tag(name, number, key):
            raise version_not_found(name, number)

    def _await_model_version_creation(self, mv: ModelVersion, await_creation_for: float | None) -> None:
        """Return at once: a version is ready from the start. MLflow calls this after each creation."""
