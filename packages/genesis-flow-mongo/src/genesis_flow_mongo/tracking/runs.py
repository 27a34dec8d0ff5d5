"""Runs: MLflow's signatures, validation and lifecycle rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities import LifecycleStage, Run, RunInfo, RunStatus, RunTag
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import BAD_REQUEST
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NAME
from mlflow.utils.uri import append_to_uri_path

from genesis_flow_mongo import collector
from genesis_flow_mongo.compat import generate_run_name
from genesis_flow_mongo.connection.clock import now_ms
from genesis_flow_mongo.documents.keys import escape
from genesis_flow_mongo.documents.run_links import dataset_ids
from genesis_flow_mongo.documents.runs import new_run_document, run_from_document, run_info
from genesis_flow_mongo.query import runs as query
from genesis_flow_mongo.schema import ids
from genesis_flow_mongo.tracking.limits import checked_max_results
from genesis_flow_mongo.tracking.lookups import active_experiment, no_such_run, normal_id, unusable_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genesis_flow_mongo.repositories.datasets import DatasetRepository
    from genesis_flow_mongo.repositories.experiments import ExperimentRepository
    from genesis_flow_mongo.repositories.logged_model_metrics import LoggedModelMetricRepository
    from genesis_flow_mongo.repositories.run_data import RunDataRepository
    from genesis_flow_mongo.repositories.runs import RunRepository

_ARTIFACTS = "artifacts"


class RunOps:
    """Runs of a tracking store."""

    _experiments: ExperimentRepository
    _runs: RunRepository
    _run_data: RunDataRepository
    _datasets: DatasetRepository
    _logged_model_metrics: LoggedModelMetricRepository

    def create_run(
        self,
        experiment_id: str,
        user_id: str,
        start_time: int,
        tags: Sequence[RunTag] | None,
        run_name: str | None,
    ) -> Run:
        """Create a running run in an active experiment; two round trips.

        The name is `run_name`, else the tag `mlflow.runName`, else made up; it always becomes the tag, too.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST if there is no such experiment,
                INVALID_PARAMETER_VALUE if it is deleted or the name and its tag differ, BAD_REQUEST (as
                MLflow has it) for two tags of one key.
        """
        experiment = active_experiment(self._experiments, experiment_id)
        tags = [RunTag(tag.key, tag.value) for tag in tags or ()]
        _require_unique(tags)
        named = next((tag.value for tag in tags if tag.key == MLFLOW_RUN_NAME), None)
        if run_name and named and run_name != named:
            raise MlflowException.invalid_parameter_value(
                "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with "
                f"different values (run_name='{run_name}', mlflow.runName='{named}')."
            )
        name = run_name or named or generate_run_name()
        if not named:
            tags = [*(tag for tag in tags if tag.key != MLFLOW_RUN_NAME), RunTag(MLFLOW_RUN_NAME, name)]
        run_id = ids.random_hex()
        document = new_run_document(
            run_id,
            experiment["workspace"],
            experiment["_id"],
            user_id=user_id,
            start_time=start_time,
            run_name=name,
            artifact_uri=append_to_uri_path(experiment["artifact_location"], run_id, _ARTIFACTS),
            tags=tags,
        )
        self._runs.add(document)
        return run_from_document(document, {}, with_model_inputs=True)

    def get_run(self, run_id: str) -> Run:
        """Return a run, deleted or not, with its latest metrics, params, tags, inputs and outputs.

        One round trip; one more for a run with dataset inputs, and for one with more than 2,000 metric keys.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST if there is none.
        """
        document = self._runs.get(run_id)
        if document is None:
            raise no_such_run(run_id)
        datasets = self._datasets.by_ids(dataset_ids([document]))
        return run_from_document(document, datasets, with_model_inputs=True)

    def update_run_info(
        self, run_id: str, run_status: int | None, end_time: int | None, run_name: str | None
    ) -> RunInfo:
        """Set the status, end time and name of an active run; None (and an empty name) leaves each.

        One round trip.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST if there is no such run, INVALID_PARAMETER_VALUE if it is
                deleted.
        """
        values: dict[str, Any] = {}
        if run_status is not None:
            values["status"] = RunStatus.to_string(run_status)
        if end_time is not None:
            values["end_time"] = end_time
        if run_name:
            values.update({"run_name": run_name, f"tags.{escape(MLFLOW_RUN_NAME)}": run_name})
        document = self._runs.update_info(run_id, values)
        if document is None:
            raise unusable_run(run_id, self._runs.head(run_id))
        return run_info(document)

    def delete_run(self, run_id: str) -> None:
        """Delete a run; deleting it again renews the time of deletion. One round trip.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST if there is no such run.
        """
        if not self._runs.set_lifecycle(run_id, LifecycleStage.DELETED):
            raise no_such_run(run_id)

    def restore_run(self, run_id: str) -> None:
        """Restore a run; one that is active stays so. One round trip.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST if there is no such run.
        """
        if not self._runs.set_lifecycle(run_id, LifecycleStage.ACTIVE):
            raise no_such_run(run_id)

    def _search_runs(
        self,
        experiment_ids: Sequence[str],
        filter_string: str | None,
        run_view_type: int,
        max_results: int | None,
        order_by: Sequence[str] | None,
        page_token: str | None,
    ) -> tuple[list[Run], str | None]:
        """Return a page of runs, and the token of the next one.

        One round trip; one more when there are dataset inputs, when there are runs with more than 2,000
        metric keys, and when an ascending order runs over into the runs that lack its key.

        Raises:
            MlflowException: INVALID_PARAMETER_VALUE for a bad filter, order, token or number of results.
        """
        limit = None if max_results is None else checked_max_results(max_results)
        clauses = [
            {"lifecycle_stage": {"$in": LifecycleStage.view_type_to_stages(run_view_type)}},
            *query.filter_clauses(filter_string),
        ]
        ordering = query.ordering(list(order_by or ()))
        numbers = [normal_id(number) for number in experiment_ids]
        if not numbers:
            return [], None
        with collector.paused():
            found, token = self._runs.search(numbers, clauses, ordering, limit, page_token)
            datasets = self._datasets.by_ids(dataset_ids(found))
            return [
                run_from_document(document, datasets, with_model_inputs=False) for document in found
            ], token

    def _get_deleted_runs(self, older_than: int = 0) -> list[str]:
        """Return the ids of runs deleted at least `older_than` milliseconds ago; for `mlflow gc`."""
        return self._runs.ids_deleted_before(now_ms() - older_than)

    def _hard_delete_run(self, run_id: str) -> None:
        """Remove a run, its history and the metrics it gave to models for good; for `mlflow gc`.

        Five round trips, and five for each model that it measured.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST if there is no such run.
        """
        if self._runs.head(run_id) is None:
            raise no_such_run(run_id)
        # The run goes last: a call that is cut off can be repeated.
        self._logged_model_metrics.purge_run(run_id)
        self._run_data.purge([run_id])
        self._runs.purge([run_id])


def _require_unique(tags: Sequence[RunTag]) -> None:
    keys = [tag.key for tag in tags]
    repeated = sorted({key for key in keys if keys.count(key) > 1})
    if repeated:
        msg = f"A run's tags must have different keys; repeated are: {', '.join(repeated)}."
        raise MlflowException(msg, error_code=BAD_REQUEST)
