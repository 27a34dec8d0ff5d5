"""Inputs and outputs of runs, and summaries of the datasets that an experiment's runs took in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities import LifecycleStage
from mlflow.utils.mlflow_tags import MLFLOW_LOGGED_MODELS

from genesis_flow_mongo.compat import DatasetSummary, check_dataset_inputs, check_run_id
from genesis_flow_mongo.documents.datasets import dataset_to_document
from genesis_flow_mongo.documents.keys import escape
from genesis_flow_mongo.documents.run_links import dataset_ids, dataset_link
from genesis_flow_mongo.tracking.lookups import normal_id, unusable_run
from genesis_flow_mongo.tracking.tag_lists import append_to_tag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlflow.entities import Dataset, DatasetInput, LoggedModelInput, LoggedModelOutput
    from mlflow.models import Model

    from genesis_flow_mongo.repositories.datasets import DatasetRepository
    from genesis_flow_mongo.repositories.run_links import RunLinkRepository
    from genesis_flow_mongo.repositories.runs import RunRepository

MAX_DATASET_SUMMARIES = 1000
"""As many summaries of datasets as MLflow 3.17 returns at most."""


class InputOps:
    """What runs take in and give out."""

    _runs: RunRepository
    _run_links: RunLinkRepository
    _datasets: DatasetRepository

    def log_inputs(
        self,
        run_id: str,
        datasets: list[DatasetInput] | None = None,
        models: list[LoggedModelInput] | None = None,
    ) -> None:
        """Record the datasets and models that an active run takes in; at most three round trips.

        A dataset is known by experiment, name and digest: of a dataset that is known already, source, schema
        and profile stay as they are, and of one that the run took in already, the input tags do too.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST if there is no such run; INVALID_PARAMETER_VALUE if it
                is deleted, or a dataset or input tag lacks a part or is too long. Then nothing is recorded.
            TypeError: If `datasets` is not a list.
        """
        check_run_id(run_id)
        if datasets is not None and not isinstance(datasets, list):
            msg = f"Argument 'datasets' should be a list, got '{type(datasets)}'"
            raise TypeError(msg)
        check_dataset_inputs(datasets or [])
        head = self._run_links.head(run_id)
        if head is None or head["lifecycle_stage"] != LifecycleStage.ACTIVE:
            raise unusable_run(run_id, head)
        held = dataset_ids([head])
        links: dict[str, tuple[dict[str, Any], Dataset]] = {}
        for dataset_input in datasets or []:
            link = dataset_link(head["experiment_id"], dataset_input)
            if link["dataset_id"] not in held:
                links.setdefault(link["dataset_id"], (link, dataset_input.dataset))
        model_ids = [model.model_id for model in models or []]
        if not links and not model_ids:
            return
        # Datasets first: a link must never lead to nothing.
        self._datasets.use(
            (dataset_to_document(head["experiment_id"], dataset), link.get("context"))
            for link, dataset in links.values()
        )
        if not self._run_links.add_inputs(run_id, [link for link, _ in links.values()], model_ids):
            raise unusable_run(run_id, self._run_links.head(run_id))

    def log_outputs(self, run_id: str, models: list[LoggedModelOutput]) -> None:
        """Record the models that an active run gives out, each at a step; one round trip.

        A model that the run gave out already moves to the new step, where MLflow's SqlAlchemyStore 3.17
        fails: so the call may be repeated when its answer was lost.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST if there is no such run, INVALID_PARAMETER_VALUE if it is
                deleted.
        """
        if not self._run_links.add_outputs(run_id, models):
            raise unusable_run(run_id, self._run_links.head(run_id))

    def record_logged_model(self, run_id: str, mlflow_model: Model) -> None:
        """Note a model in the tag `mlflow.log-model.history` of an active run, as clients before 3.0 ask.

        Two round trips. The very same model again changes nothing.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST if there is no such run, INVALID_PARAMETER_VALUE if it is
                deleted.
            TypeError: If it is not a model.
        """
        from mlflow.models import Model

        if not isinstance(mlflow_model, Model):
            msg = f"Argument 'mlflow_model' should be mlflow.models.Model, got '{type(mlflow_model)}'"
            raise TypeError(msg)

        def read() -> str | None:
            run = self._runs.get(run_id)
            if run is None or run["lifecycle_stage"] != LifecycleStage.ACTIVE:
                raise unusable_run(run_id, run)
            tag: str | None = run["tags"].get(escape(MLFLOW_LOGGED_MODELS))
            return tag

        def replace(before: str | None, after: str) -> bool:
            return self._run_links.replace_tag(run_id, MLFLOW_LOGGED_MODELS, before, after)

        append_to_tag(MLFLOW_LOGGED_MODELS, mlflow_model.get_tags_dict(), read, replace)

    def _search_datasets(self, experiment_ids: Iterable[str]) -> list[DatasetSummary]:
        """Return name, digest and context of the datasets that runs of these experiments took in.

        Up to 1000 of them, each combination once; one round trip.
        """
        found = self._datasets.of_experiments(
            [normal_id(one) for one in experiment_ids], MAX_DATASET_SUMMARIES
        )
        summaries = [
            DatasetSummary(dataset["experiment_id"], dataset["name"], dataset["digest"], context)
            for dataset in found
            for context in dataset["contexts"]
        ]
        return summaries[:MAX_DATASET_SUMMARIES]
