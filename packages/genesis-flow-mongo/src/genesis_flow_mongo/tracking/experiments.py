"""Experiments: MLflow's signatures, validation and lifecycle rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow.entities import Experiment, ExperimentTag, LifecycleStage, ViewType
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import (
    BAD_REQUEST,
    INVALID_STATE,
    RESOURCE_ALREADY_EXISTS,
    RESOURCE_DOES_NOT_EXIST,
)
from mlflow.store.entities.paged_list import PagedList
from mlflow.utils.uri import resolve_uri_if_local

from genesis_flow_mongo.compat import (
    SEARCH_MAX_RESULTS_DEFAULT,
    check_artifact_location_length,
    check_experiment_name,
    check_experiment_tag,
)
from genesis_flow_mongo.documents.experiments import experiment_from_document
from genesis_flow_mongo.query import experiments as query
from genesis_flow_mongo.tracking.limits import checked_max_results
from genesis_flow_mongo.tracking.lookups import (
    found_experiment,
    no_such_experiment,
    normal_id,
    require_active_experiment,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genesis_flow_mongo.repositories.artifact_root import ArtifactRoot
    from genesis_flow_mongo.repositories.datasets import DatasetRepository
    from genesis_flow_mongo.repositories.experiments import ExperimentRepository
    from genesis_flow_mongo.repositories.logged_models import LoggedModelRepository
    from genesis_flow_mongo.repositories.run_data import RunDataRepository
    from genesis_flow_mongo.repositories.runs import RunRepository


class ExperimentOps:
    """Experiments of a tracking store."""

    _experiments: ExperimentRepository
    _runs: RunRepository
    _run_data: RunDataRepository
    _logged_models: LoggedModelRepository
    _datasets: DatasetRepository
    _artifact_root: ArtifactRoot

    def create_experiment(
        self,
        name: str,
        artifact_location: str | None = None,
        tags: Sequence[ExperimentTag] | None = None,
    ) -> str:
        """Create an experiment and return its id, digits as text; two round trips.

        Raises:
            MlflowException: INVALID_PARAMETER_VALUE for a bad name, tag or location;
                RESOURCE_ALREADY_EXISTS if the name is taken, be it by a deleted experiment.
        """
        check_experiment_name(name)
        if artifact_location:
            artifact_location = resolve_uri_if_local(artifact_location)
            check_artifact_location_length(artifact_location)
        tags = [ExperimentTag(tag.key, tag.value) for tag in tags or ()]
        for tag in tags:
            check_experiment_tag(tag.key, tag.value)
        experiment_id = self._experiments.next_id()
        location = artifact_location or self._artifact_root.of_experiment(experiment_id)
        if not self._experiments.add(experiment_id, name, location, tags):
            msg = f"Experiment(name={name}) already exists. A deleted one keeps its name."
            raise MlflowException(msg, error_code=RESOURCE_ALREADY_EXISTS)
        return experiment_id

    def get_experiment(self, experiment_id: str) -> Experiment:
        """Return an experiment, deleted or not; one round trip.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST if there is none.
        """
        return experiment_from_document(found_experiment(self._experiments, experiment_id))

    def get_experiment_by_name(self, experiment_name: str) -> Experiment | None:
        """Return the experiment of a name, deleted or not, or None; one round trip."""
        document = self._experiments.get_by_name(experiment_name)
        return experiment_from_document(document) if document else None

    def search_experiments(
        self,
        view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int = SEARCH_MAX_RESULTS_DEFAULT,
        filter_string: str | None = None,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Experiment]:
        """Return a page of up to 50,000 experiments; one round trip.

        Raises:
            MlflowException: INVALID_PARAMETER_VALUE for a bad filter, order, token or number of results.
        """
        limit = checked_max_results(max_results)
        clauses = [
            {"lifecycle_stage": {"$in": LifecycleStage.view_type_to_stages(view_type)}},
            *query.filter_clauses(filter_string),
        ]
        found, token = self._experiments.search(
            clauses, query.ordering(list(order_by or ())), limit, page_token
        )
        return PagedList([experiment_from_document(document) for document in found], token)

    def delete_experiment(self, experiment_id: str) -> None:
        """Delete an active experiment and all its runs; two round trips.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST if there is no active one.
        """
        number = normal_id(experiment_id)
        if not self._experiments.set_lifecycle(number, LifecycleStage.DELETED):
            raise no_such_experiment(number)
        self._runs.set_lifecycle_of_experiment(number, LifecycleStage.DELETED)

    def restore_experiment(self, experiment_id: str) -> None:
        """Restore a deleted experiment and all its runs, as MLflow does; two round trips.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST if there is no deleted one.
        """
        number = normal_id(experiment_id)
        if not self._experiments.set_lifecycle(number, LifecycleStage.ACTIVE):
            raise no_such_experiment(number)
        self._runs.set_lifecycle_of_experiment(number, LifecycleStage.ACTIVE)

    def rename_experiment(self, experiment_id: str, new_name: str) -> None:
        """Rename an active experiment; four round trips.

        Raises:
            MlflowException: INVALID_PARAMETER_VALUE for a bad name, RESOURCE_DOES_NOT_EXIST if there is no
                such experiment, INVALID_STATE if it is deleted, BAD_REQUEST (as MLflow has it) if the name
                is taken.
        """
        check_experiment_name(new_name)
        experiment = found_experiment(self._experiments, experiment_id)
        if experiment["lifecycle_stage"] != LifecycleStage.ACTIVE:
            raise MlflowException("Cannot rename a non-active experiment.", error_code=INVALID_STATE)
        if new_name == experiment["name"]:
            self._experiments.touch(experiment["_id"])
        elif not self._experiments.rename(experiment["_id"], experiment["name"], new_name):
            msg = f"Cannot rename experiment {experiment['_id']}: the name '{new_name}' is taken."
            raise MlflowException(msg, error_code=BAD_REQUEST)

    def set_experiment_tag(self, experiment_id: str, tag: ExperimentTag) -> None:
        """Set a tag of an active experiment; one round trip.

        Raises:
            MlflowException: INVALID_PARAMETER_VALUE for a bad tag or a deleted experiment,
                RESOURCE_DOES_NOT_EXIST if there is no such experiment.
        """
        check_experiment_tag(tag.key, tag.value)
        number = normal_id(experiment_id)
        if not self._experiments.set_tag(number, tag.key, tag.value):
            require_active_experiment(found_experiment(self._experiments, number))

    def delete_experiment_tag(self, experiment_id: str, key: str) -> None:
        """Remove a tag of an active experiment; one round trip.

        Raises:
            MlflowException: INVALID_PARAMETER_VALUE for a deleted experiment, RESOURCE_DOES_NOT_EXIST if
                there is no such experiment or tag.
        """
        number = normal_id(experiment_id)
        if not self._experiments.delete_tag(number, key):
            require_active_experiment(found_experiment(self._experiments, number))
            msg = f"No tag with name: {key} in experiment with id {number}"
            raise MlflowException(msg, error_code=RESOURCE_DOES_NOT_EXIST)

    def _hard_delete_experiment(self, experiment_id: str) -> None:
        """Remove a deleted experiment with its runs, models and datasets for good; for `mlflow gc`.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST if there is no deleted one.
        """
        experiment = found_experiment(self._experiments, experiment_id)
        if experiment["lifecycle_stage"] != LifecycleStage.DELETED:
            raise no_such_experiment(experiment["_id"])
        # From the leaves to the root: a call that is cut off can be repeated.
        run_ids = self._runs.ids_of_experiment(experiment["_id"])
        self._run_data.purge(run_ids)
        self._runs.purge(run_ids)
        self._logged_models.purge_experiment(experiment["_id"])
        self._datasets.purge_experiment(experiment["_id"])
        self._experiments.purge(experiment["_id"], experiment["name"])
