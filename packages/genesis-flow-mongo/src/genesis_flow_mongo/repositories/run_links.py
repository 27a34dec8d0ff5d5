"""What runs took in and gave out: lists in their documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities import LifecycleStage
from pymongo import UpdateOne

from genesis_flow_mongo.documents.keys import escape
from genesis_flow_mongo.repositories.run_overflow import RunOverflowRepository
from genesis_flow_mongo.schema.collections import RUNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlflow.entities import LoggedModelOutput

    from genesis_flow_mongo.connection.context import StoreContext

Document = dict[str, Any]


class RunLinkRepository:
    """Links from runs to datasets and logged models.

    Links of one call are sent as one batch of updates, each of which says in its filter that the run is
    active and the link is not there yet. The last one of a batch adds nothing, and so matches exactly when
    the run is active: that is how a refusal is told from links that are there already.
    """

    def __init__(self, context: StoreContext) -> None:
        self._workspace = context.workspace
        self._runs = context.table(RUNS.name)
        self._overflow = RunOverflowRepository(context)

    def head(self, run_id: str) -> Document | None:
        """Return a run's experiment, lifecycle stage and linked dataset ids, or None; one round trip."""
        return self._runs.find_one(
            {"_id": run_id, "workspace": self._workspace},
            {"experiment_id": 1, "lifecycle_stage": 1, "inputs.dataset_id": 1},
        )

    def add_inputs(self, run_id: str, datasets: Iterable[Document], model_ids: Sequence[str]) -> bool:
        """Link an active run to datasets and models it took in; False when it is not active. One round trip.

        A dataset that is linked already keeps its tags.
        """
        active = self._active(run_id)
        pushes = [
            UpdateOne(
                {**active, "inputs.dataset_id": {"$ne": link["dataset_id"]}}, {"$push": {"inputs": link}}
            )
            for link in datasets
        ]
        models = UpdateOne(active, {"$addToSet": {"model_inputs": {"$each": list(model_ids)}}})
        return self._runs.write([*pushes, models]) > 0

    def add_outputs(self, run_id: str, outputs: Iterable[LoggedModelOutput]) -> bool:
        """Link an active run to models it gave out; False when it is not active. One round trip.

        A model that is linked already gets the new step.
        """
        active = self._active(run_id)
        updates = []
        for output in outputs:
            link = {"model_id": output.model_id, "step": output.step}
            is_model = {"outputs.model_id": output.model_id}
            updates += [
                UpdateOne(
                    {**active, "outputs.model_id": {"$ne": output.model_id}}, {"$push": {"outputs": link}}
                ),
                UpdateOne({**active, **is_model}, {"$set": {"outputs.$.step": output.step}}),
            ]
        nothing = UpdateOne(active, {"$push": {"outputs": {"$each": []}}})
        return self._runs.write([*updates, nothing]) > 0

    def replace_tag(self, run_id: str, key: str, before: str | None, after: str) -> bool:
        """Set a tag of an active run if it is (still) `before`, None for missing; False otherwise."""
        path = f"tags.{escape(key)}"
        in_place = self._runs.update({**self._active(run_id), path: before}, {"$set": {path: after}})
        return in_place or self._overflow.replace_tag(run_id, key, before, after)

    def _active(self, run_id: str) -> Document:
        return {"_id": run_id, "workspace": self._workspace, "lifecycle_stage": LifecycleStage.ACTIVE}
