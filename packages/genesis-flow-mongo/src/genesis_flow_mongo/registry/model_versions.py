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
from genesis_flow_mongo.registry.sources import lineage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlflow.entities import LoggedModel
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
            source, run_id, model_id, self._logged_model, self.get_model_version_download_uri
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
