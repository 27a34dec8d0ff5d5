"""What a run took in and gave out, as part of its document.

A run's document holds `inputs` (datasets, by id, with the tags of the link), `model_inputs` (model ids) and
`outputs` (models with their step). All three are absent until something is logged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities import (
    DatasetInput,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
    RunInputs,
    RunOutputs,
)
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

from genesis_flow_mongo.schema import ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlflow.entities import Dataset


def dataset_link(experiment_id: str, dataset_input: DatasetInput) -> dict[str, Any]:
    """Return the entry of `inputs` that links a run to a dataset.

    Name, digest and context (the input tag `mlflow.data.context`) stand in it because runs are searched by
    them.
    """
    dataset = dataset_input.dataset
    tags = {tag.key: tag.value for tag in dataset_input.tags}
    link: dict[str, Any] = {
        "dataset_id": ids.dataset_id(experiment_id, dataset.name, dataset.digest),
        "name": dataset.name,
        "digest": dataset.digest,
        # A list of pairs: these keys are never searched for, so they need not be field names.
        "tags": [[key, value] for key, value in tags.items()],
    }
    if MLFLOW_DATASET_CONTEXT in tags:
        link["context"] = tags[MLFLOW_DATASET_CONTEXT]
    return link


def dataset_ids(documents: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the ids of all datasets that these runs took in."""
    return {link["dataset_id"] for document in documents for link in document.get("inputs", ())}


def run_inputs(
    document: Mapping[str, Any], datasets: Mapping[str, Dataset], *, with_models: bool
) -> RunInputs:
    """Return what a run took in, in the order of logging.

    Args:
        document: The run's document.
        datasets: The datasets that it names, by id. One that is missing was removed together with its
            experiment while the run was being read, and is left out.
        with_models: Whether to tell the model inputs too.
    """
    return RunInputs(
        dataset_inputs=[
            DatasetInput(datasets[link["dataset_id"]], [InputTag(key, value) for key, value in link["tags"]])
            for link in document.get("inputs", ())
            if link["dataset_id"] in datasets
        ],
        model_inputs=[LoggedModelInput(model_id) for model_id in document.get("model_inputs", ())]
        if with_models
        else [],
    )


def run_outputs(document: Mapping[str, Any]) -> RunOutputs:
    """Return the models that a run gave out, in the order of logging."""
    return RunOutputs(
        [LoggedModelOutput(output["model_id"], output["step"]) for output in document.get("outputs", ())]
    )
