"""Models, versions, stages and aliases, beside MLflow's SqlAlchemyStore."""

from __future__ import annotations

from typing import Any

import pytest
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.exceptions import MlflowException
from mlflow.protos.model_registry_pb2 import ModelVersionTag as ProtoVersionTag
from mlflow.protos.model_registry_pb2 import RegisteredModelTag as ProtoModelTag
from mlflow.protos.model_registry_pb2 import SearchModelVersions


def model_tags(**tags: Any) -> list[RegisteredModelTag]:
    return [RegisteredModelTag(key, value) for key, value in tags.items()]


def version_tags(**tags: Any) -> list[ModelVersionTag]:
    return [ModelVersionTag(key, value) for key, value in tags.items()]


@pytest.mark.parametrize(
    "name",
    [
        "fraud",
        "a.b$c",
        "with space",
        "Ünïcode ✓",
        "%2E",
        "x" * 300,
        "",
        "  ",
        None,
        "a/b",
        "a:b",
        "..",
        "a//b",
        ".",
    ],
)
def test_names(both: Any, name: Any) -> None:
    both.create_registered_model(name)
    both.create_registered_model(name)
    both.get_registered_model(name)
    both.create_model_version(name, "s3://x")
    both.get_model_version(name, 1)
    both.get_latest_versions(name)
    both.set_registered_model_alias(name, "champion", 1)
    both.get_model_version_by_alias(name, "champion")
    both.search_registered_models()
    both.search_model_versions()
    both.rename_registered_model(name, "another")
    both.rename_registered_model("another", name)
    both.get_registered_model(name)
    both.delete_registered_model(name)
    both.get_registered_model(name)


@pytest.mark.parametrize("description", [None, "", "a text", "x" * 6000])
def test_descriptions(both: Any, description: Any) -> None:
    both.create_registered_model("m", description=description)
    both.create_model_version("m", "s3://x", description=description)
    both.get_registered_model("m")
    both.get_model_version("m", 1)
    both.update_registered_model("m", "other")
    both.update_model_version("m", 1, "other")
    both.update_registered_model("m", description)
    both.update_model_version("m", "1", description)
    both.update_registered_model("missing", "other")
    both.update_model_version("m", 2, "other")
    both.update_model_version("missing", 1, "other")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("team", "blue"),
        ("a.b", ""),
        ("$key", "v"),
        ("a b", "v"),
        ("a/b", "v"),
        ("a:b", "v"),
        ("%", "v"),
        ("é", "ü"),
        ("k" * 250, "v"),
        ("k" * 251, "v"),
        ("k", "v" * 100_000),
        ("k", "v" * 100_001),
        ("k", None),
        (None, "v"),
        ("", "v"),
        ("a//b", "v"),
        ("..", "v"),
    ],
)
def test_tags(both: Any, key: Any, value: Any) -> None:
    both.create_registered_model("m")
    both.create_model_version("m", "s3://x")
    both.set_registered_model_tag("m", RegisteredModelTag(key, value))
    both.set_model_version_tag("m", "1", ModelVersionTag(key, value))
    both.create_registered_model("n", [RegisteredModelTag(key, "first"), RegisteredModelTag(key, value)])
    both.create_model_version("n", "s3://x", tags=[ModelVersionTag(key, value)])
    for name in ("m", "n"):
        both.get_registered_model(name)
        both.get_model_version(name, 1)
        both.delete_registered_model_tag(name, key)
        both.delete_registered_model_tag(name, key)
        both.delete_model_version_tag(name, 1, key)
        both.delete_model_version_tag(name, 1, key)
        both.get_registered_model(name)
        both.get_model_version(name, 1)


def test_tags_of_what_is_missing(both: Any) -> None:
    both.create_registered_model("m")

    assert both.set_registered_model_tag("x", RegisteredModelTag("k", "v")) == "RESOURCE_DOES_NOT_EXIST"
    assert both.delete_registered_model_tag("x", "k") == "RESOURCE_DOES_NOT_EXIST"
    assert both.set_model_version_tag("m", 1, ModelVersionTag("k", "v")) == "RESOURCE_DOES_NOT_EXIST"
    assert both.delete_model_version_tag("m", 1, "k") == "RESOURCE_DOES_NOT_EXIST"
    assert both.set_model_version_tag("m", "one", ModelVersionTag("k", "v")) == "INVALID_PARAMETER_VALUE"


def test_versions_are_numbered_past_tombstones(both: Any) -> None:
    both.create_registered_model("m")
    for number in range(1, 4):
        both.create_model_version(
            "m", f"s3://{number}", run_id=f"run{number}", run_link="https://run", model_id=None
        )
    both.delete_model_version("m", 3)
    both.delete_model_version("m", "1")

    assert both.create_model_version("m", "s3://4").version == 4

    for number in range(6):
        both.get_model_version("m", number)
        both.get_model_version_download_uri("m", number)
        both.delete_model_version("m", number)
    both.get_registered_model("m")
    both.search_model_versions("name = 'm'")


def test_a_new_model_counts_from_one_again(both: Any) -> None:
    both.create_registered_model("m", model_tags(a="b"))
    both.create_model_version("m", "s3://1")
    both.set_registered_model_alias("m", "champion", 1)
    both.delete_registered_model("m")

    assert both.delete_registered_model("m") == "RESOURCE_DOES_NOT_EXIST"

    both.search_model_versions()
    both.create_registered_model("m")
    both.get_registered_model("m")

    assert both.create_model_version("m", "s3://1").version == 1


@pytest.mark.parametrize("version", ["one", "", "1.5", "-1", 0, 99, "99"])
def test_versions_that_are_none(both: Any, version: Any) -> None:
    both.create_registered_model("m")
    both.create_model_version("m", "s3://1")
    both.update_model_version("m", version, "text")
    both.get_model_version_download_uri("m", version)
    both.set_registered_model_alias("m", "champion", version)
    both.transition_model_version_stage("m", version, "Production", archive_existing_versions=False)
    both.delete_model_version_tag("m", version, "k")
    both.get_model_version("m", version)
    both.delete_model_version("m", version)


@pytest.mark.parametrize(
    "stage", ["None", "staging", "PRODUCTION", "Archived", "archived", "bogus", "", "Deleted_Internal"]
)
@pytest.mark.parametrize("archive", [True, False])
def test_stages(both: Any, stage: str, archive: bool) -> None:
    both.create_registered_model("m")
    for number in range(4):
        both.create_model_version("m", f"s3://{number}")
    for number in (1, "3", 2, 2, 9):
        both.transition_model_version_stage("m", number, stage, archive_existing_versions=archive)
        both.get_registered_model("m")
        both.get_latest_versions("m")
    both.transition_model_version_stage("none", 1, stage, archive_existing_versions=archive)
    both.search_registered_models()
    both.search_model_versions()


def test_latest_versions(both: Any) -> None:
    both.create_registered_model("m")

    assert both.get_latest_versions("m") == []

    for number in range(1, 8):
        both.create_model_version("m", f"s3://{number}", tags=version_tags(number=str(number)))
    for number, stage in {2: "Staging", 5: "Staging", 3: "Production", 4: "Archived"}.items():
        both.transition_model_version_stage("m", number, stage, archive_existing_versions=False)
    both.set_registered_model_alias("m", "champion", 5)
    both.set_registered_model_alias("m", "best", 5)

    for stages in (
        None,
        [],
        ["Staging"],
        ["staging", "PRODUCTION"],
        ["None"],
        ["bogus"],
        ["Staging", "staging"],
    ):
        both.get_latest_versions("m", stages)
    both.delete_model_version("m", 5)
    both.delete_model_version("m", 7)
    both.get_latest_versions("m")
    both.get_registered_model("m")
    both.search_registered_models()

    assert both.get_latest_versions("missing") == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.parametrize(
    "alias",
    [
        "champion",
        "a-b_c",
        "é",
        "0",
        "v1",
        "V22",
        "v",
        "v1a",
        "latest",
        "Latest",
        "",
        None,
        "a.b",
        "a b",
        "x" * 255,
        "x" * 256,
    ],
)
def test_aliases(both: Any, alias: Any) -> None:
    both.create_registered_model("m")
    both.get_model_version_by_alias("m", alias)
    for number in range(1, 4):
        both.create_model_version("m", f"s3://{number}")
    both.delete_model_version("m", 3)
    both.set_registered_model_alias("m", alias, 1)
    both.set_registered_model_alias("m", alias, "2")
    both.set_registered_model_alias("m", "zeta", 2)
    both.get_model_version_by_alias("m", alias)
    both.get_model_version("m", 1)
    both.get_model_version("m", 2)
    both.get_registered_model("m")
    both.set_registered_model_alias("m", alias, 3)
    both.set_registered_model_alias("none", alias, 1)
    both.get_model_version_by_alias("none", alias)
    both.delete_registered_model_alias("none", alias)
    both.delete_model_version("m", 2)
    both.get_model_version_by_alias("m", alias)
    both.get_registered_model("m")
    both.delete_registered_model_alias("m", alias)
    both.delete_registered_model_alias("m", alias)
    both.get_registered_model("m")


def test_renaming(both: Any) -> None:
    both.create_registered_model("m", model_tags(a="b"), "text")
    both.create_registered_model("taken")
    for number in range(1, 4):
        both.create_model_version("m", f"s3://{number}", tags=version_tags(n=str(number)))
    both.delete_model_version("m", 2)
    both.set_registered_model_alias("m", "champion", 1)
    both.transition_model_version_stage("m", 1, "Production", archive_existing_versions=True)

    assert both.rename_registered_model("m", "taken") == "RESOURCE_ALREADY_EXISTS"
    assert both.rename_registered_model("missing", "new") == "RESOURCE_DOES_NOT_EXIST"
    assert both.rename_registered_model("m", "a/b") == "INVALID_PARAMETER_VALUE"
    assert both.rename_registered_model("m", None) == "INVALID_PARAMETER_VALUE"

    both.rename_registered_model("m", "m")
    both.rename_registered_model("m", "new")
    both.get_registered_model("m")
    both.get_registered_model("new")
    both.get_model_version_by_alias("new", "champion")
    both.get_model_version("m", 1)
    both.search_model_versions()
    both.create_model_version("new", "s3://4")
    both.create_registered_model("m")
    both.create_model_version("m", "s3://1")

    assert both.rename_registered_model("m", "new") == "RESOURCE_ALREADY_EXISTS"


def test_names_taken_by_the_other_kind(both: Any) -> None:
    both.create_registered_model("model")
    both.create_prompt("prompt")

    for name in ("model", "prompt"):
        assert both.create_registered_model(name) == "RESOURCE_ALREADY_EXISTS"
        assert both.create_prompt(name) == "RESOURCE_ALREADY_EXISTS"
        assert message_of(both.ours.create_registered_model, name) == message_of(
            both.witness.create_registered_model, name
        )
        assert message_of(both.ours.create_prompt, name) == message_of(both.witness.create_prompt, name)


def message_of(operation: Any, *args: Any) -> str:
    with pytest.raises(MlflowException) as caught:
        operation(*args)
    return caught.value.message


def test_sources_that_are_other_versions(both: Any) -> None:
    both.create_registered_model("m")
    both.create_registered_model("n")
    both.create_model_version("m", "s3://origin", run_id="run1", tags=version_tags(a="b"), description="text")
    both.create_model_version("n", "models:/m/1")
    both.create_model_version("n", "models:/n/1")
    both.get_model_version_download_uri("n", 2)
    both.create_model_version("n", "models:/n/9")
    both.create_model_version("n", "models:/missing/1")
    both.create_model_version("n", "models:/n@champion")
    both.create_model_version("n", "models:/n/Production")
    both.create_model_version("n", "models:no")
    both.create_model_version("n", "models://host/n/1")
    both.create_model_version("missing", "s3://x")
    both.get_registered_model("n")


def test_copies(both: Any) -> None:
    both.create_registered_model("m")
    both.create_model_version("m", "s3://1", "run1", version_tags(a="b"), "https://run", "text")
    both.set_registered_model_alias("m", "champion", 1)
    both.transition_model_version_stage("m", 1, "Production", archive_existing_versions=True)
    source = both.get_model_version("m", 1)
    both.copy_model_version(source, "copy")
    both.copy_model_version(source, "copy")
    both.copy_model_version(source, "a/b")
    both.get_registered_model("copy")
    both.get_model_version_download_uri("copy", 2)


def test_what_a_server_hands_over(both: Any) -> None:
    """Protobuf containers and messages, and empty strings for nothing."""
    tags = [ProtoModelTag(key="a.b", value="1"), ProtoModelTag(key="c", value="")]
    request = SearchModelVersions(order_by=["name DESC", "version_number"])
    both.create_registered_model("m", tags, "")
    version_messages = [ProtoVersionTag(key="a", value="1")]
    both.create_model_version("m", "s3://x", "", version_messages, "", "", model_id="")
    both.get_model_version("m", "1")
    both.get_registered_model("m")
    both.search_model_versions("", 10, request.order_by, "")
    both.search_registered_models("", 10, SearchModelVersions(order_by=["name DESC"]).order_by, "")
    both.get_latest_versions("m", SearchModelVersions(order_by=["None"]).order_by)
