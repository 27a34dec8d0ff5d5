"""Model versions: one document each; their numbers come from a counter in the model's document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities.model_registry.model_version_stages import (
    ALL_STAGES,
    STAGE_ARCHIVED,
    STAGE_DELETED_INTERNAL,
)
from pymongo import UpdateMany, UpdateOne
from pymongo import errors as driver

from genesis_flow_mongo.compat import IS_PROMPT_TAG_KEY
from genesis_flow_mongo.connection.errors import FOREIGN
from genesis_flow_mongo.documents.keys import escape
from genesis_flow_mongo.documents.model_versions import (
    PROMPT_TAG,
    model_stage,
    numbered,
    staged,
    tombstone,
)
from genesis_flow_mongo.repositories.paging import search_page
from genesis_flow_mongo.schema import ids
from genesis_flow_mongo.schema.collections import MODEL_VERSIONS, REGISTERED_MODELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from genesis_flow_mongo.connection.context import StoreContext
    from genesis_flow_mongo.query.ordering import Ordering

Document = dict[str, Any]


class ModelVersionRepository:
    """Model versions of one workspace. A deleted one is a tombstone, which only `all_of` returns."""

    def __init__(self, context: StoreContext) -> None:
        self.workspace = context.workspace
        self._models = context.table(REGISTERED_MODELS.name)
        self._versions = context.table(MODEL_VERSIONS.name)

    def add(self, draft: Document) -> Document | None:
        """Insert a version under the next number and return its document, or None without a model.

        Two round trips: the model's counter is raised, which gives this number to nobody else; then the
        version is inserted. A version that cannot be stored gives its number back.
        """
        is_prompt = draft["tags"].get(escape(IS_PROMPT_TAG_KEY)) == "true"
        while True:
            model = self._claim_number(draft, is_prompt=is_prompt)
            if model is None:
                return None
            prompt = is_prompt or model["prompt_versions"]
            document = numbered(draft, self.workspace, model["last_version"] + 1, prompt=prompt)
            try:
                inserted = self._versions.insert(document)
            except FOREIGN as exc:
                if not isinstance(exc, driver.ConnectionFailure):
                    self._give_back(document)
                raise
            # Taken: by this very insert, whose answer was lost; or by what a crash has left behind.
            if not inserted and self._versions.find_one({"_id": document["_id"]}) != document:
                continue
            if is_prompt and model["last_version"] and not model["prompt_versions"]:
                self._mark_prompts(draft["name"], prompt=True)
            return document

    def get(self, name: str, version: int, *fields: str) -> Document | None:
        """Return the document of a version, or only some fields of it, or None; one round trip."""
        return self._versions.find_one(self._living(name, version), dict.fromkeys(fields, 1) or None)

    def newest(self, name: str) -> Document | None:
        """Return the document of a model's version with the highest number, or None; one round trip."""
        query = {"workspace": self.workspace, "name": name, "stage": {"$ne": STAGE_DELETED_INTERNAL}}
        found = self._versions.find(query, sort=[("version", -1)], limit=1)
        return found[0] if found else None

    def latest(self, names: Iterable[str], stages: Iterable[str] = ALL_STAGES) -> dict[str, list[Document]]:
        """Return each model's versions with the highest number in each stage, lowest first.

        One round trip. The server steps from stage to stage in an index, so the number of versions does not
        matter.
        """
        latest: dict[str, list[Document]] = {name: [] for name in names}
        wanted = [model_stage(self.workspace, name, stage) for name in latest for stage in stages]
        if not wanted:
            return latest
        found = self._versions.aggregate(
            [
                {"$match": {"model_stage": {"$in": wanted}}},
                {"$sort": {"model_stage": 1, "version": -1}},
                {"$group": {"_id": "$model_stage", "version": {"$first": "$$ROOT"}}},
            ]
        )
        for document in sorted((group["version"] for group in found), key=lambda found: found["version"]):
            latest[document["name"]].append(document)
        return latest

    def describe(self, name: str, version: int, description: str | None, now: int) -> Document | None:
        """Replace the description and return the document, or None without a version; one round trip."""
        return self._versions.update_and_get(
            self._living(name, version), {"$set": {"description": description, "last_updated_time": now}}
        )

    def put_in_stage(self, name: str, version: int, stage: str, now: int) -> Document | None:
        """Put a version in a stage and return the document, or None without a version; one round trip."""
        change = {**staged(self.workspace, name, stage), "last_updated_time": now}
        return self._versions.update_and_get(self._living(name, version), {"$set": change})

    def put_alone_in_stage(self, name: str, version: int, stage: str, now: int) -> Document | None:
        """Archive whatever is in a stage, put a version there and return its document, or None.

        Two round trips. The others leave first: where two callers meet, the stage may end with both of their
        versions, as in a SQL store, but never with none.
        """
        document = self.get(name, version)
        if document is None:
            return None
        change = {**staged(self.workspace, name, stage), "last_updated_time": now}
        archived = {**staged(self.workspace, name, STAGE_ARCHIVED), "last_updated_time": now}
        others = {"name": name, "model_stage": change["model_stage"], "version": {"$ne": version}}
        alone = UpdateOne(self._living(name, version), {"$set": change})
        self._versions.write([UpdateMany(others, {"$set": archived}), alone], ordered=True)
        return {**document, **change}

    def bury(self, name: str, version: int, now: int) -> bool:
        """Turn a version into a tombstone; False without a version. One round trip."""
        call = ids.random_hex()
        # Sent twice, this finds its own tombstone.
        unburied = {"$or": [{"stage": {"$ne": STAGE_DELETED_INTERNAL}}, {"call": call}]}
        query = {"_id": ids.model_version_id(self.workspace, name, version), "name": name, **unburied}
        return self._versions.update(query, {"$set": {**tombstone(self.workspace, name, now), "call": call}})

    def set_tag(self, name: str, version: int, key: str, value: str) -> bool:
        """Set a tag; False without a version. One round trip, more for the tag that makes it a prompt."""
        found = self._versions.update(self._living(name, version), {"$set": {f"tags.{escape(key)}": value}})
        if found and key == IS_PROMPT_TAG_KEY:
            self._look_for_prompts(name)
        return found

    def delete_tag(self, name: str, version: int, key: str) -> bool:
        """Remove a tag, if it is there; False without a version. Round trips as `set_tag`."""
        found = self._versions.update(self._living(name, version), {"$unset": {f"tags.{escape(key)}": ""}})
        if found and key == IS_PROMPT_TAG_KEY:
            self._look_for_prompts(name)
        return found

    def search(
        self, query: Mapping[str, Any], ordering: Ordering, limit: int, token: str | None
    ) -> tuple[list[Document], str | None]:
        """Return a page of the documents that match a query, and the next token; one round trip."""
        return search_page(self._versions, query, ordering, limit, token)

    def all_of(self, name: str) -> list[Document]:
        """Return the documents of all versions of a model, tombstones too; one round trip."""
        return self._versions.find({"workspace": self.workspace, "name": name})

    def touch_all(self, name: str, now: int) -> None:
        """Record that all versions of a model have changed; one round trip."""
        query = {"workspace": self.workspace, "name": name}
        self._versions.update_all(query, {"$set": {"last_updated_time": now}})

    def add_all(self, documents: Sequence[Document]) -> None:
        """Insert documents, unless they are there; one round trip, none for no documents."""
        if documents:
            self._versions.insert_all(documents)

    def delete_all(self, name: str, **expected: Any) -> None:
        """Delete the versions of a model whose fields are as expected, for good; one round trip."""
        self._versions.delete({"workspace": self.workspace, "name": name, **expected})

    def _living(self, name: str, version: int) -> Document:
        # The name is implied by the id. It is the shard key: with it the server knows where to look.
        return {
            "_id": ids.model_version_id(self.workspace, name, version),
            "name": name,
            "stage": {"$ne": STAGE_DELETED_INTERNAL},
        }

    def _claim_number(self, draft: Mapping[str, Any], *, is_prompt: bool) -> Document | None:
        """Raise the model's counter; returns what was in the model's document before, None without a model.

        One round trip, two without a model: then it may be that the counter was raised by this very command,
        sent twice.
        """
        call = ids.random_hex()
        model = {"_id": ids.registered_model_id(self.workspace, draft["name"]), "deleting": None}
        changed: Document = {"last_updated_time": draft["creation_time"], "call": call}
        if is_prompt:
            changed["prompt_versions"] = True
        fields = {"last_version": 1, "prompt_versions": 1}
        change = {"$inc": {"last_version": 1}, "$set": changed}
        before = self._models.update_and_get({**model, "call": {"$ne": call}}, change, fields, before=True)
        if before is not None:
            return before
        after = self._models.find_one({**model, "call": call}, fields)
        if after is None:
            return None
        # Whether there were prompts before can no longer be seen: then they are marked once more.
        return {
            "last_version": after["last_version"] - 1,
            "prompt_versions": after["prompt_versions"] and not is_prompt,
        }

    def _give_back(self, document: Mapping[str, Any]) -> None:
        """Lower the model's counter again, unless somebody was given the next number meanwhile."""
        self._models.update(
            {
                "_id": ids.registered_model_id(self.workspace, document["name"]),
                "last_version": document["version"],
            },
            {"$inc": {"last_version": -1}},
        )

    def _look_for_prompts(self, name: str) -> None:
        """Record whether any version of a model is a prompt; three round trips."""
        query = {"workspace": self.workspace, "name": name, PROMPT_TAG: "true"}
        self._mark_prompts(name, prompt=self._versions.find_one(query, {"_id": 1}) is not None)

    def _mark_prompts(self, name: str, *, prompt: bool) -> None:
        model = {"_id": ids.registered_model_id(self.workspace, name)}
        self._models.update(model, {"$set": {"prompt_versions": prompt}})
        self._versions.update_all({"workspace": self.workspace, "name": name}, {"$set": {"prompt": prompt}})
