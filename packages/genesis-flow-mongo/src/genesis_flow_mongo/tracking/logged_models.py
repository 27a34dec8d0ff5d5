"""Logged models: MLflow's signatures, validation and lifecycle rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities import LifecycleStage, LoggedModel, LoggedModelStatus
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import BAD_REQUEST, RESOURCE_DOES_NOT_EXIST
from mlflow.store.entities.paged_list import PagedList
from mlflow.utils.mlflow_tags import MLFLOW_MODEL_VERSIONS
from mlflow.utils.uri import append_to_uri_path

from genesis_flow_mongo.compat import (
    SEARCH_LOGGED_MODEL_MAX_RESULTS_DEFAULT,
    check_logged_model_name,
    generate_run_name,
)
from genesis_flow_mongo.connection.clock import now_ms
from genesis_flow_mongo.documents.logged_models import logged_model_from_document, new_logged_model_document
from genesis_flow_mongo.query.logged_model_tokens import model_token, position_of
from genesis_flow_mongo.query.logged_models import ModelSearch
from genesis_flow_mongo.schema import ids
from genesis_flow_mongo.tracking.limits import checked_max_results
from genesis_flow_mongo.tracking.lookups import active_experiment, normal_id
from genesis_flow_mongo.tracking.tag_lists import append_to_tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlflow.entities import LoggedModelParameter, LoggedModelTag

    from genesis_flow_mongo.repositories.experiments import ExperimentRepository
    from genesis_flow_mongo.repositories.logged_model_metrics import LoggedModelMetricRepository
    from genesis_flow_mongo.repositories.logged_models import LoggedModelRepository

Document = dict[str, Any]

MODELS_FOLDER = "models"
ARTIFACTS_FOLDER = "artifacts"


class LoggedModelOps:
    """Logged models of a tracking store.

    All methods that name a model raise MlflowException with RESOURCE_DOES_NOT_EXIST if there is none.
    """

    _experiments: ExperimentRepository
    _logged_models: LoggedModelRepository
    _logged_model_metrics: LoggedModelMetricRepository

    def create_logged_model(
        self,
        experiment_id: str,
        name: str | None = None,
        source_run_id: str | None = None,
        tags: list[LoggedModelTag] | None = None,
        params: list[LoggedModelParameter] | None = None,
        model_type: str | None = None,
    ) -> LoggedModel:
        """Create a pending model in an active experiment; two round trips.

        Without a name it gets a random one.

        Raises:
            MlflowException: INVALID_PARAMETER_VALUE for a bad name or a deleted experiment,
                RESOURCE_DOES_NOT_EXIST if there is no such experiment, BAD_REQUEST for a tag or param that
                is given twice or has no value.
        """
        check_logged_model_name(name)
        given_tags, given_params = unique(tags), unique(params)
        experiment = active_experiment(self._experiments, experiment_id)
        model_id = f"m-{ids.random_hex()}"
        document = new_logged_model_document(
            model_id,
            experiment["workspace"],
            experiment["_id"],
            name=name or generate_run_name(),
            artifact_location=append_to_uri_path(
                experiment["artifact_location"], MODELS_FOLDER, model_id, ARTIFACTS_FOLDER
            ),
            created=now_ms(),
            # MLflow's server says "" where its client says None.
            model_type=model_type or None,
            source_run_id=source_run_id or None,
            tags=given_tags,
            params=given_params,
        )
        self._logged_models.add(document)
        return logged_model_from_document(document, [])

    def get_logged_model(self, model_id: str, allow_deleted: bool = False) -> LoggedModel:
        """Return a model with all its metrics; one round trip, two for a model with metrics.

        A deleted one is found only if that is allowed.
        """
        find = found_model if allow_deleted else active_model
        document = find(self._logged_models, model_id)
        return with_metrics(self._logged_model_metrics, [document])[0]

    def search_logged_models(
        self,
        experiment_ids: list[str],
        filter_string: str | None = None,
        datasets: list[dict[str, Any]] | None = None,
        max_results: int | None = None,
        order_by: list[dict[str, Any]] | None = None,
        page_token: str | None = None,
    ) -> PagedList[LoggedModel]:
        """Return a page of models that are not deleted, with all their metrics.

        Two round trips; one more when metrics are compared or sorted by, one more for each metric compared
        with `=`.

        Args:
            experiment_ids: The experiments to search.
            filter_string: Comparisons of attributes, metrics, params and tags, joined by AND. A metric
                matches if any value that it ever had does.
            datasets: `dataset_name` and perhaps `dataset_digest` of the datasets whose metrics count; without
                a comparison of metrics: models that have any metric on one of them.
            max_results: Number of models, 100 by default, up to 50,000.
            order_by: `field_name`, perhaps `ascending`, and for a metric `dataset_name` and `dataset_digest`.
                A metric sorts by its latest value; models without it come last.
            page_token: The token of the page before.

        Raises:
            MlflowException: INVALID_PARAMETER_VALUE for a bad filter, dataset, order, number or token.
        """
        searched = list(map(str, experiment_ids))
        asked = (searched, filter_string or None, order_by or None)
        limit = checked_max_results(max_results or SEARCH_LOGGED_MODEL_MAX_RESULTS_DEFAULT)
        search = ModelSearch.parse(filter_string, datasets, order_by)
        found, after = self._logged_models.search(
            [normal_id(one) for one in searched], search, limit, position_of(page_token, *asked)
        )
        return PagedList(with_metrics(self._logged_model_metrics, found), model_token(after, *asked))

    def finalize_logged_model(self, model_id: str, status: LoggedModelStatus) -> LoggedModel:
        """Set a model's status and return the model; one round trip, two for a model with metrics."""
        document = self._logged_models.finalize(model_id, LoggedModelStatus(status))
        if document is None:
            raise no_such_model(model_id)
        return with_metrics(self._logged_model_metrics, [document])[0]

    def delete_logged_model(self, model_id: str) -> None:
        """Mark a model as deleted, once more if it was; one round trip."""
        if not self._logged_models.delete(model_id):
            raise no_such_model(model_id)

    def log_logged_model_params(self, model_id: str, params: list[LoggedModelParameter]) -> None:
        """Add params to a model; one round trip.

        Raises:
            MlflowException: BAD_REQUEST if a param is given twice or has no value, or the model has it
                already, be it with the same value; then none is added.
        """
        given = unique(params)
        if given and self._logged_models.add_params(model_id, given):
            return
        found = found_model(self._logged_models, model_id)
        if given:
            held = sorted(given.keys() & logged_model_from_document(found, []).params.keys())
            raise MlflowException(
                f"Logged model '{model_id}' has params already, for good: {', '.join(map(repr, held))}.",
                BAD_REQUEST,
            )

    def set_logged_model_tags(self, model_id: str, tags: list[LoggedModelTag]) -> None:
        """Set tags of a model, deleted or not; of a tag given twice the last value counts. One round trip.

        Raises:
            MlflowException: BAD_REQUEST if a tag has no value.
        """
        given = valued({tag.key: tag.value for tag in tags})
        if not given or not self._logged_models.set_tags(model_id, given):
            found_model(self._logged_models, model_id)

    def delete_logged_model_tag(self, model_id: str, key: str) -> None:
        """Remove a tag of a model, deleted or not; one round trip.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST if there is no such tag.
        """
        if not self._logged_models.delete_tag(model_id, key):
            found_model(self._logged_models, model_id)
            msg = f"No tag with key {key!r} found for model with ID {model_id!r}."
            raise MlflowException(msg, RESOURCE_DOES_NOT_EXIST)

    def set_model_versions_tags(self, name: str, version: str, model_id: str) -> None:
        """Note in a model's tag `mlflow.modelVersions` that it was registered; two round trips.

        A version that stands there already is left, and so are the others, which MLflow 3.17 drops.
        """

        def read() -> str | None:
            model = active_model(self._logged_models, model_id)
            tag: str | None = logged_model_from_document(model, []).tags.get(MLFLOW_MODEL_VERSIONS)
            return tag

        def replace(before: str | None, after: str) -> bool:
            return self._logged_models.replace_tag(model_id, MLFLOW_MODEL_VERSIONS, before, after)

        append_to_tag(MLFLOW_MODEL_VERSIONS, {"name": name, "version": version}, read, replace)

    def _get_deleted_logged_models(self, older_than: int = 0) -> list[str]:
        """Return the ids of models deleted at least so many milliseconds ago, for `mlflow gc`."""
        return self._logged_models.ids_deleted_before(now_ms() - older_than)

    def _hard_delete_logged_model(self, model_id: str) -> None:
        """Remove a model and its metrics for good, for `mlflow gc`; three round trips."""
        if not self._logged_models.purge(model_id):
            raise no_such_model(model_id)


def found_model(models: LoggedModelRepository, model_id: str) -> Document:
    """Return the document of a model, deleted or not; one round trip."""
    document = models.get(model_id)
    if document is None:
        raise no_such_model(model_id)
    return document


def active_model(models: LoggedModelRepository, model_id: str) -> Document:
    """Return the document of a model that is not deleted; one round trip."""
    document = found_model(models, model_id)
    if document["lifecycle_stage"] == LifecycleStage.DELETED:
        raise no_such_model(model_id)
    return document


def no_such_model(model_id: str) -> MlflowException:
    """Return the error for a model that is not there, or deleted where that matters."""
    return MlflowException(f"Logged model with ID '{model_id}' not found.", RESOURCE_DOES_NOT_EXIST)


def with_metrics(metrics: LoggedModelMetricRepository, documents: Sequence[Document]) -> list[LoggedModel]:
    """Return the entities of documents, with their metrics; at most one round trip."""
    found = metrics.of_models(documents)
    return [logged_model_from_document(document, found[document["_id"]]) for document in documents]


def unique(pairs: Sequence[LoggedModelTag | LoggedModelParameter] | None) -> dict[str, str]:
    """Return tags or params by key.

    Raises:
        MlflowException: BAD_REQUEST if a key is given twice, or one has no value.
    """
    given = {pair.key: pair.value for pair in pairs or ()}
    if len(given) < len(pairs or ()):
        raise MlflowException("A key of a logged model's tags or params is given twice.", BAD_REQUEST)
    return valued(given)


def valued(given: dict[Any, Any]) -> dict[str, str]:
    """Return tags or params by key, with text as values.

    Raises:
        MlflowException: BAD_REQUEST if a key or a value is None.
    """
    missing = [key for key, value in given.items() if key is None or value is None]
    if missing:
        raise MlflowException(f"Tags and params need a key and a value; missing for {missing}.", BAD_REQUEST)
    return {str(key): str(value) for key, value in given.items()}
