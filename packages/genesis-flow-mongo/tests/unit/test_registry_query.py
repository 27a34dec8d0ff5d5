"""Filters and orders of the registry as queries, and its documents as entities; no database."""

from __future__ import annotations

from typing import Any

import pytest
from mlflow.exceptions import MlflowException

from genesis_flow_mongo.documents.model_versions import (
    model_version_draft,
    model_version_from_document,
    numbered,
    renamed_version,
    staged,
    tombstone,
)
from genesis_flow_mongo.documents.registered_models import (
    aliases_of,
    registered_model_from_document,
    registered_model_to_document,
    renamed_model,
)
from genesis_flow_mongo.query.registry import (
    model_versions_ordering,
    model_versions_query,
    registered_models_ordering,
    registered_models_query,
)

TAGS = {"a.b": "1", "$key": "", "%2E": "x"}


def clauses_of(query: dict[str, Any]) -> list[dict[str, Any]]:
    clauses: list[dict[str, Any]] = query["$and"]
    return clauses[1:]


def test_prompts_are_left_out_of_plain_searches() -> None:
    assert clauses_of(registered_models_query("default", None)) == [{"prompt": False}]
    assert clauses_of(model_versions_query("default", "")) == [{"prompt": False}]


def test_a_filter_that_asks_for_prompts_is_kept_and_indexed() -> None:
    clauses = clauses_of(registered_models_query("default", "tags.`mlflow.prompt.is_prompt` = 'true'"))

    assert clauses == [{"prompt": True}, {"tags.mlflow%2Eprompt%2Eis_prompt": {"$eq": "true"}}]


def test_a_filter_that_asks_for_no_prompts_is_not_taken_literally() -> None:
    clauses = clauses_of(model_versions_query("default", "tags.`mlflow.prompt.is_prompt` != 'true'"))

    assert clauses == [{"prompt": False}]


def test_keys_of_tags_are_escaped() -> None:
    clauses = clauses_of(registered_models_query("default", "tags.`$a.b` = '$gt'"))

    assert clauses[1:] == [{"tags.%24a%2Eb": {"$eq": "$gt"}}]


@pytest.mark.parametrize("filter_string", ["name = ('a', 'b')", "name IN 'a'", "name LIKE ('a')"])
def test_lists_go_with_in_only(filter_string: str) -> None:
    for query in (registered_models_query, model_versions_query):
        with pytest.raises(MlflowException) as caught:
            query("default", filter_string)

        assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


def test_orders_end_with_what_is_unique() -> None:
    models = registered_models_ordering(["timestamp DESC"])
    versions = model_versions_ordering(["creation_timestamp ASC"])

    assert [(key.path, key.direction) for key in models.keys] == [("last_updated_time", -1), ("name", 1)]
    assert [(key.path, key.direction) for key in versions.keys] == [
        ("creation_time", 1),
        ("name", 1),
        ("version", -1),
    ]


def test_the_default_order_of_versions_is_latest_update_first() -> None:
    assert model_versions_ordering(None) == model_versions_ordering(["last_updated_timestamp DESC"])


def a_version(**fields: Any) -> dict[str, Any]:
    draft = model_version_draft("m", "s3://x", 5, tags=TAGS, **fields)
    return numbered(draft, "default", 3, prompt=False)


def test_a_version_comes_back_as_it_was() -> None:
    entity = model_version_from_document(a_version(run_id="r", run_link="l", description="d"), ["champion"])

    assert (entity.name, entity.version, entity.source, entity.run_id) == ("m", 3, "s3://x", "r")
    assert (entity.run_link, entity.description, entity.status) == ("l", "d", "READY")
    assert (entity.creation_timestamp, entity.last_updated_timestamp) == (5, 5)
    assert (entity.current_stage, entity.tags, entity.aliases) == ("None", TAGS, ["champion"])


def test_a_stage_is_told_twice_alike() -> None:
    assert staged("default", "m", "Production") == {
        "stage": "Production",
        "model_stage": "default:m:Production",
    }
    assert tombstone("default", "m", 9)["model_stage"] == "default:m:Deleted_Internal"


def test_a_renamed_version_is_the_same_under_the_new_name() -> None:
    before, after = a_version(), renamed_version(a_version(), "n", 9)

    changed = {key for key, value in after.items() if before[key] != value}
    assert changed == {"_id", "name", "model_stage", "last_updated_time"}
    assert (after["_id"], after["model_stage"]) == ("default:n:3", "default:n:None")


def test_a_model_comes_back_as_it_was() -> None:
    document = registered_model_to_document("default", "m", TAGS, "d", 5)
    document["aliases"] = {"b": 3, "a": 3, "c": 1}
    entity = registered_model_from_document(document, [a_version()])

    assert (entity.name, entity.description, entity.tags) == ("m", "d", TAGS)
    assert (entity.creation_timestamp, entity.last_updated_timestamp) == (5, 5)
    assert [version.version for version in entity.latest_versions] == [3]
    assert entity.aliases == {"b": 3, "a": 3, "c": 1}
    assert aliases_of(document, 3) == ["a", "b"]


def test_a_renamed_model_knows_which_it_was() -> None:
    document = renamed_model(registered_model_to_document("default", "m", {}, None, 5), "n", 9)

    assert (document["_id"], document["name"], document["last_updated_time"]) == ("default:n", "n", 9)
    assert document["renamed_from"] == {"name": "m", "creation_time": 5}
