"""Registered models: one document each, with its tags and aliases, changed by single atomic updates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymongo import UpdateOne

from genesis_flow_mongo.compat import IS_PROMPT_TAG_KEY
from genesis_flow_mongo.documents.keys import escape
from genesis_flow_mongo.documents.registered_models import aliases_of
from genesis_flow_mongo.repositories.paging import search_page
from genesis_flow_mongo.schema import ids
from genesis_flow_mongo.schema.collections import REGISTERED_MODELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genesis_flow_mongo.connection.context import StoreContext
    from genesis_flow_mongo.query.ordering import Ordering

Document = dict[str, Any]


class RegisteredModelRepository:
    """Registered models of one workspace."""

    def __init__(self, context: StoreContext) -> None:
        self.workspace = context.workspace
        self._models = context.table(REGISTERED_MODELS.name)

    def add(self, document: Document) -> bool:
        """Insert a model; False when its name is taken. One round trip."""
        return self._models.insert(document)

    def get(self, name: str, *fields: str) -> Document | None:
        """Return the document of a model, or only some fields of it, or None; one round trip."""
        return self._models.find_one(self._named(name), dict.fromkeys(fields, 1) or None)

    def describe(self, name: str, description: str | None, now: int) -> Document | None:
        """Replace the description and return the document, or None without a model; one round trip."""
        return self._change(name, {"$set": {"description": description, "last_updated_time": now}})

    def touch(self, name: str, now: int) -> Document | None:
        """Record that a version has changed and return the document, or None; one round trip."""
        return self._change(name, {"$set": {"last_updated_time": now}})

    def set_tag(self, name: str, key: str, value: str | None) -> bool:
        """Set a tag; False without a model. One round trip."""
        changed: Document = {f"tags.{escape(key)}": value}
        if key == IS_PROMPT_TAG_KEY:
            changed["prompt"] = value == "true"
        return self._models.update(self._named(name), {"$set": changed})

    def delete_tag(self, name: str, key: str) -> bool:
        """Remove a tag, if it is there; False without a model. One round trip."""
        change: Document = {"$unset": {f"tags.{escape(key)}": ""}}
        if key == IS_PROMPT_TAG_KEY:
            change["$set"] = {"prompt": False}
        return self._models.update(self._named(name), change)

    def set_alias(self, name: str, alias: str, version: int) -> bool:
        """Point an alias to a version, away from any other; False without a model. One round trip."""
        return self._models.update(self._named(name), {"$set": {f"aliases.{alias}": version}})

    def delete_alias(self, name: str, alias: str) -> bool:
        """Remove an alias, if it is there; False without a model. One round trip."""
        return self._models.update(self._named(name), {"$unset": {f"aliases.{alias}": ""}})

    def delete_aliases_of(self, document: Mapping[str, Any], version: int) -> None:
        """Remove the aliases that point to a version; one round trip, none when there are none."""
        paths = [f"aliases.{alias}" for alias in aliases_of(document, version)]
        # Not if it was pointed elsewhere since the document was read.
        self._models.write(
            [UpdateOne({"_id": document["_id"], path: version}, {"$unset": {path: ""}}) for path in paths]
        )

    def search(
        self, query: Mapping[str, Any], ordering: Ordering, limit: int, token: str | None
    ) -> tuple[list[Document], str | None]:
        """Return a page of the documents that match a query, and the next token; one round trip."""
        return search_page(self._models, query, ordering, limit, token)

    def add_renamed(self, document: Document) -> bool:
        """Insert a model under its new name, or find it there from an earlier try.

        False when the name belongs to another model. One round trip, two when the name is taken.
        """
        if self._models.insert(document):
            return True
        return self._models.update(
            {"_id": document["_id"], "renamed_from": document["renamed_from"]},
            {"$max": {"last_version": document["last_version"]}},
        )

    def begin_deletion(self, name: str) -> bool:
        """Give no more numbers to versions of a model; False without a model. One round trip."""
        return self._models.update(self._named(name), {"$set": {"deleting": True}})

    def delete(self, name: str, **expected: Any) -> bool:
        """Delete a model, if these fields of it are as expected; one round trip.

        False if it was not deleted, but also when the command was sent twice.
        """
        return self._models.delete({**self._named(name), **expected}) > 0

    def _named(self, name: str) -> Document:
        return {"_id": ids.registered_model_id(self.workspace, name)}

    def _change(self, name: str, change: Mapping[str, Any]) -> Document | None:
        return self._models.update_and_get(self._named(name), change)
