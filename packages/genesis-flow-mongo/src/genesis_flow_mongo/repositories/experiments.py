"""Experiments: documents, reserved names, and the counter of their ids, in two collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities import LifecycleStage

from genesis_flow_mongo.connection.clock import now_ms
from genesis_flow_mongo.documents.experiments import experiment_to_document
from genesis_flow_mongo.documents.keys import escape
from genesis_flow_mongo.query.comparisons import all_of
from genesis_flow_mongo.repositories.paging import search_page
from genesis_flow_mongo.schema import ids
from genesis_flow_mongo.schema.collections import COUNTERS, EXPERIMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlflow.entities import ExperimentTag

    from genesis_flow_mongo.connection.context import StoreContext
    from genesis_flow_mongo.query.ordering import Ordering

Document = dict[str, Any]

DEFAULT_EXPERIMENT_ID = "0"
DEFAULT_EXPERIMENT_NAME = "Default"

# How long a reserved name without an experiment is believed to belong to somebody still creating it.
_RESERVATION_MS = 30_000


class ExperimentRepository:
    """Experiments of one workspace.

    A name is reserved by a document of its own, since uniqueness rests on `_id` alone. It is inserted with
    its experiment in one ordered command, name first: who finds the name taken inserts nothing.
    """

    def __init__(self, context: StoreContext) -> None:
        self._workspace = context.workspace
        self._experiments = context.table(EXPERIMENTS.name)
        self._counters = context.table(COUNTERS.name)

    def next_id(self) -> str:
        """Return the next experiment id, digits as text; one round trip.

        Ids count up from 1 and are never given twice. A creation that fails leaves a gap.
        """
        counter = self._counters.update_and_get({"_id": "experiment"}, {"$inc": {"last": 1}}, upsert=True)
        assert counter is not None  # noqa: S101 - an upsert always answers with a document
        return str(counter["last"])

    def add(
        self, experiment_id: str, name: str, artifact_location: str, tags: Sequence[ExperimentTag] = ()
    ) -> bool:
        """Insert an active experiment; False when its name is taken. One round trip, three if it is taken."""
        now = now_ms()
        name_document = self._name_document(name, experiment_id, now)
        document = experiment_to_document(experiment_id, self._workspace, name, artifact_location, tags, now)
        if self._experiments.insert_all([name_document, document], ordered=True):
            return True
        if not self._take_over(name_document):
            return False
        # The id was given to nobody else: if it is there already, a retried command put it there.
        self._experiments.insert(document)
        return True

    def get(self, experiment_id: str) -> Document | None:
        """Return the document of an experiment, deleted or not, or None; one round trip."""
        return self._experiments.find_one({"_id": experiment_id, "workspace": self._workspace})

    def get_by_name(self, name: str) -> Document | None:
        """Return the document of the experiment of a name, deleted or not, or None; one round trip."""
        return self._experiments.find_one({"workspace": self._workspace, "name": name})

    def search(
        self, clauses: Sequence[Document], ordering: Ordering, limit: int, token: str | None
    ) -> tuple[list[Document], str | None]:
        """Return a page of the documents that match all clauses, and the next token; one round trip."""
        # A document that reserves a name has no workspace, and so is never found.
        query = all_of([{"workspace": self._workspace}, *clauses])
        return search_page(self._experiments, query, ordering, limit, token)

    def set_lifecycle(self, experiment_id: str, stage: str) -> bool:
        """Delete an active experiment or restore a deleted one; False when it is not in the other stage."""
        other = LifecycleStage.DELETED if stage == LifecycleStage.ACTIVE else LifecycleStage.ACTIVE
        return self._experiments.update(
            {**self._existing(experiment_id), "lifecycle_stage": other},
            {"$set": {"lifecycle_stage": stage, "last_update_time": now_ms()}},
        )

    def rename(self, experiment_id: str, old_name: str, new_name: str) -> bool:
        """Rename an active experiment; False when the new name is taken or it is no longer active.

        Three round trips: the new name is reserved, the experiment renamed, the old name released. Whoever
        dies between them leaves a name reserved, which `add` takes over later.
        """
        name_document = self._name_document(new_name, experiment_id, now_ms())
        if not self._experiments.insert(name_document) and not self._take_over(name_document):
            return False
        renamed = self._experiments.update(
            {**self._existing(experiment_id), "lifecycle_stage": LifecycleStage.ACTIVE},
            {"$set": {"name": new_name, "last_update_time": now_ms()}},
        )
        self._release(old_name if renamed else new_name, experiment_id)
        return renamed

    def touch(self, experiment_id: str) -> None:
        """Record that an experiment was changed just now; one round trip."""
        self._experiments.update(self._existing(experiment_id), {"$set": {"last_update_time": now_ms()}})

    def set_tag(self, experiment_id: str, key: str, value: str) -> bool:
        """Set a tag of an active experiment; False when it is missing or deleted. One round trip."""
        return self._experiments.update(
            {**self._existing(experiment_id), "lifecycle_stage": LifecycleStage.ACTIVE},
            {"$set": {f"tags.{escape(key)}": value}},
        )

    def delete_tag(self, experiment_id: str, key: str) -> bool:
        """Remove a tag of an active experiment; False when there is no such tag. One round trip."""
        path = f"tags.{escape(key)}"
        return self._experiments.update(
            {
                **self._existing(experiment_id),
                "lifecycle_stage": LifecycleStage.ACTIVE,
                path: {"$exists": True},
            },
            {"$unset": {path: ""}},
        )

    def purge(self, experiment_id: str, name: str) -> None:
        """Remove a deleted experiment for good, and then its name; two round trips."""
        self._experiments.delete({**self._existing(experiment_id), "lifecycle_stage": LifecycleStage.DELETED})
        self._release(name, experiment_id)

    def ensure_default(self, artifact_location: str) -> None:
        """Create the experiment `0`, named `Default`, unless it is there."""
        if self.get(DEFAULT_EXPERIMENT_ID) is None:
            self.add(DEFAULT_EXPERIMENT_ID, DEFAULT_EXPERIMENT_NAME, artifact_location)

    def _existing(self, experiment_id: str) -> Document:
        return {"_id": experiment_id, "workspace": self._workspace}

    def _name_document(self, name: str, experiment_id: str, now: int) -> Document:
        return {
            "_id": ids.experiment_name_id(self._workspace, name),
            "experiment_id": experiment_id,
            "reserved": now,
        }

    def _take_over(self, name_document: Document) -> bool:
        """Take a name whose holder died before the experiment had it; two or three round trips."""
        holder = self._experiments.find_one({"_id": name_document["_id"]})
        if holder is None:
            return self._experiments.insert(name_document)
        if holder["experiment_id"] == name_document["experiment_id"]:
            return True
        named = self._experiments.find_one({"_id": holder["experiment_id"]}, {"name": 1, "workspace": 1})
        in_use = named is not None and (
            ids.experiment_name_id(named["workspace"], named["name"]) == holder["_id"]
        )
        if in_use or now_ms() - holder["reserved"] < _RESERVATION_MS:
            return False
        return self._experiments.update(holder, {"$set": name_document})

    def _release(self, name: str, experiment_id: str) -> None:
        self._experiments.delete(
            {"_id": ids.experiment_name_id(self._workspace, name), "experiment_id": experiment_id}
        )
