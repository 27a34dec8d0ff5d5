"""Runs: creation, reading, lifecycle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities import LifecycleStage

from genesis_flow_mongo.connection.clock import now_ms
from genesis_flow_mongo.documents.runs import WITHOUT_TAIL
from genesis_flow_mongo.query.comparisons import all_of
from genesis_flow_mongo.repositories.overflow_search import OverflowSearch
from genesis_flow_mongo.repositories.paging import search_page
from genesis_flow_mongo.repositories.run_overflow import RunOverflowRepository
from genesis_flow_mongo.schema.collections import RUNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from genesis_flow_mongo.connection.context import StoreContext
    from genesis_flow_mongo.query.ordering import Ordering

Document = dict[str, Any]

# What `run_info` needs.
INFO = dict.fromkeys(
    (
        "run_name",
        "experiment_id",
        "user_id",
        "status",
        "start_time",
        "end_time",
        "lifecycle_stage",
        "artifact_uri",
    ),
    1,
)


class RunRepository:
    """Runs of one workspace, without their history."""

    def __init__(self, context: StoreContext) -> None:
        self._workspace = context.workspace
        self._runs = context.table(RUNS.name)
        self._overflow = RunOverflowRepository(context)
        self._overflow_search = OverflowSearch(context)

    def add(self, document: Document) -> None:
        """Insert a new run; one round trip."""
        self._runs.insert(document)

    def get(self, run_id: str) -> Document | None:
        """Return a run's document, deleted or not, or None; one round trip, two for one that overflowed."""
        document = self._runs.find_one({"_id": run_id, "workspace": self._workspace}, WITHOUT_TAIL)
        if document is not None:
            self._overflow.merge([document])
        return document

    def head(self, run_id: str) -> Document | None:
        """Return a run's `experiment_id` and `lifecycle_stage`, or None; one round trip."""
        fields = {"experiment_id": 1, "lifecycle_stage": 1}
        return self._runs.find_one({"_id": run_id, "workspace": self._workspace}, fields)

    def update_info(self, run_id: str, values: Mapping[str, Any]) -> Document | None:
        """Set fields of an active run and return what its info needs, None when it is not active.

        One round trip. Without values the run is only read.
        """
        query = {"_id": run_id, "workspace": self._workspace, "lifecycle_stage": LifecycleStage.ACTIVE}
        if not values:
            return self._runs.find_one(query, INFO)
        return self._runs.update_and_get(query, {"$set": dict(values)}, INFO)

    def set_lifecycle(self, run_id: str, stage: str) -> bool:
        """Delete or restore a run, whichever it was; False when it does not exist. One round trip."""
        return self._runs.update({"_id": run_id, "workspace": self._workspace}, _lifecycle(stage))

    def set_lifecycle_of_experiment(self, experiment_id: str, stage: str) -> None:
        """Delete or restore all runs of an experiment; one round trip."""
        query = {"workspace": self._workspace, "experiment_id": experiment_id}
        self._runs.update_all(query, _lifecycle(stage))

    def search(
        self,
        experiment_ids: Sequence[str],
        clauses: Sequence[Document],
        ordering: Ordering,
        limit: int | None,
        token: str | None,
    ) -> tuple[list[Document], str | None]:
        """Return a page of the run documents that match all clauses, and the next token.

        One round trip; one more when an ascending order runs over into the runs that lack its key. Where
        runs have overflowed: one more for those on the page, and one for each key that is searched by.
        """
        scope = {"workspace": self._workspace, "experiment_id": {"$in": list(experiment_ids)}}
        query = all_of([scope, *self._overflow_search.clauses(clauses, experiment_ids)])
        prelude = self._overflow_search.prelude(ordering, experiment_ids)
        found, token = search_page(self._runs, query, ordering, limit, token, WITHOUT_TAIL, prelude)
        self._overflow.merge(found)
        return found, token

    def ids_deleted_before(self, deleted_time: int) -> list[str]:
        """Return the ids of runs deleted at or before a time in milliseconds; one round trip."""
        query = {
            "workspace": self._workspace,
            "lifecycle_stage": LifecycleStage.DELETED,
            "deleted_time": {"$lte": deleted_time},
        }
        return [document["_id"] for document in self._runs.find(query, {"_id": 1})]

    def ids_of_experiment(self, experiment_id: str) -> list[str]:
        """Return the ids of all runs of an experiment; one round trip."""
        query = {"workspace": self._workspace, "experiment_id": experiment_id}
        return [document["_id"] for document in self._runs.find(query, {"_id": 1})]

    def purge(self, run_ids: Sequence[str]) -> None:
        """Remove the documents of runs for good; one round trip."""
        self._runs.delete({"_id": {"$in": list(run_ids)}, "workspace": self._workspace})


def _lifecycle(stage: str) -> Document:
    deleted_time = now_ms() if stage == LifecycleStage.DELETED else None
    return {"$set": {"lifecycle_stage": stage, "deleted_time": deleted_time}}
