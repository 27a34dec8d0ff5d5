"""What every operation of the registry sends, command by command: each is one network latency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.exceptions import MlflowException

from genesis_flow_mongo.registry.store import MongoRegistryStore

if TYPE_CHECKING:
    from conftest import Recorder


MODEL, VERSION = "registered_models", "model_versions"

# In the order of sending. `x` is a model without versions, `p` a prompt.
PROMISED: list[tuple[str, tuple[Any, ...], list[str]]] = [
    ("create_registered_model", ("n",), [f"insert {MODEL}"]),
    ("create_registered_model", ("m",), [f"insert {MODEL}", f"find {MODEL}"]),
    ("get_registered_model", ("m",), [f"find {MODEL}", f"aggregate {VERSION}"]),
    ("get_registered_model", ("missing",), [f"find {MODEL}"]),
    ("update_registered_model", ("m", "text"), [f"findAndModify {MODEL}", f"aggregate {VERSION}"]),
    ("search_registered_models", (), [f"find {MODEL}", f"aggregate {VERSION}"]),
    ("search_registered_models", ("name = 'none'",), [f"find {MODEL}"]),
    ("get_latest_versions", ("m",), [f"find {MODEL}", f"aggregate {VERSION}"]),
    ("set_registered_model_tag", ("m", RegisteredModelTag("k", "v")), [f"update {MODEL}"]),
    ("delete_registered_model_tag", ("m", "k"), [f"update {MODEL}"]),
    ("create_model_version", ("m", "s3://x"), [f"findAndModify {MODEL}", f"insert {VERSION}"]),
    (
        "create_model_version",
        ("m", "models:/m/1"),
        [f"find {VERSION}", f"findAndModify {MODEL}", f"insert {VERSION}"],
    ),
    ("create_model_version", ("missing", "s3://x"), [f"findAndModify {MODEL}", f"find {MODEL}"]),
    ("get_model_version", ("m", 1), [f"find {VERSION}", f"find {MODEL}"]),
    ("get_model_version", ("m", 99), [f"find {VERSION}"]),
    ("get_model_version_download_uri", ("m", 1), [f"find {VERSION}"]),
    ("update_model_version", ("m", 1, "text"), [f"findAndModify {VERSION}", f"find {MODEL}"]),
    ("set_model_version_tag", ("m", 1, ModelVersionTag("k", "v")), [f"update {VERSION}"]),
    ("delete_model_version_tag", ("m", 1, "k"), [f"update {VERSION}"]),
    ("search_model_versions", (), [f"find {VERSION}"]),
    (
        "transition_model_version_stage",
        ("m", 1, "Staging", False),
        [f"findAndModify {VERSION}", f"findAndModify {MODEL}"],
    ),
    (
        "transition_model_version_stage",
        ("m", 1, "Production", True),
        [f"find {VERSION}", f"update {VERSION}", f"findAndModify {MODEL}"],
    ),
    ("set_registered_model_alias", ("m", "champion", 2), [f"find {VERSION}", f"update {MODEL}"]),
    ("get_model_version_by_alias", ("m", "champion"), [f"find {MODEL}", f"find {VERSION}"]),
    ("get_model_version_by_alias", ("m", "latest"), [f"find {MODEL}", f"find {VERSION}"]),
    ("get_model_version_by_alias", ("m", "none"), [f"find {MODEL}"]),
    ("delete_registered_model_alias", ("m", "none"), [f"update {MODEL}"]),
    ("delete_model_version", ("m", 1), [f"update {VERSION}", f"findAndModify {MODEL}"]),
    (
        "delete_model_version",
        ("m", 2),
        [f"update {VERSION}", f"findAndModify {MODEL}", f"update {MODEL}"],
    ),
    (
        "rename_registered_model",
        ("m", "renamed"),
        [
            f"find {MODEL}",
            f"insert {MODEL}",
            f"find {VERSION}",
            f"insert {VERSION}",
            f"delete {VERSION}",
            f"delete {MODEL}",
            f"aggregate {VERSION}",
        ],
    ),
    ("delete_registered_model", ("m",), [f"update {MODEL}", f"delete {VERSION}", f"delete {MODEL}"]),
    ("create_prompt", ("q",), [f"insert {MODEL}"]),
    ("get_prompt_version", ("p", 1), [f"find {MODEL}", f"find {VERSION}"]),
    ("get_prompt_version", ("p", "champion"), [f"find {MODEL}", f"find {VERSION}"]),
    ("search_prompts", (), [f"find {MODEL}", f"aggregate {VERSION}"]),
]


def test_each_operation_sends_the_promised_commands(recorder: Recorder, mongo_uri: str) -> None:
    registry = MongoRegistryStore(mongo_uri)
    collections = registry._model_versions._versions.collection.database

    for operation, arguments, promised in PROMISED:
        for collection in (MODEL, VERSION):
            collections[collection].delete_many({})
        registry.create_registered_model("m")
        registry.create_model_version("m", "s3://1")
        registry.create_model_version("m", "s3://2")
        registry.set_registered_model_alias("m", "champion", 2)
        registry.create_prompt("p")
        registry.create_prompt_version("p", "Hello")
        registry.set_prompt_alias("p", "champion", 1)
        recorder.clear()
        try:
            getattr(registry, operation)(*arguments)
        except MlflowException as exc:
            assert exc.error_code in {  # noqa: PT017 - a refusal, too, has its cost
                "RESOURCE_DOES_NOT_EXIST",
                "RESOURCE_ALREADY_EXISTS",
                "INVALID_PARAMETER_VALUE",
            }

        assert recorder.targets == promised, f"{operation} {arguments}"
