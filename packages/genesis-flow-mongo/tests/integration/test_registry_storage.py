"""The registry on a real MongoDB: what it costs, what it survives, what it leaves behind."""

from __future__ import annotations

import base64
import json
import pickle
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from mlflow.entities.model_registry import ModelVersionTag
from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent
from mlflow.exceptions import MlflowException, MlflowNotImplementedException

from genesis_flow_mongo.registry.store import MongoRegistryStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def registry(mongo_uri: str) -> MongoRegistryStore:
    return MongoRegistryStore(mongo_uri, mongo_uri)


@pytest.fixture
def model(registry: MongoRegistryStore) -> str:
    """Create a model `m` of three versions."""
    registry.create_registered_model("m")
    for number in range(1, 4):
        registry.create_model_version("m", f"s3://{number}")
    return "m"


def documents(registry: MongoRegistryStore, collection: str) -> Any:
    return registry._model_versions._versions.collection.database[collection]


def numbers(registry: MongoRegistryStore, name: str) -> list[int]:
    found = registry.search_model_versions(f"name = '{name}'", order_by=["version_number"])
    return [int(version.version) for version in found]


def stages_of_plan(plan: Any) -> Iterator[str]:
    if isinstance(plan, dict):
        if isinstance(plan.get("stage"), str):
            yield plan["stage"]
        for name, part in plan.items():
            if name != "rejectedPlans":
                yield from stages_of_plan(part)
    if isinstance(plan, list):
        for part in plan:
            yield from stages_of_plan(part)


def plan_of(registry: MongoRegistryStore, ask: Callable[[], Any]) -> tuple[dict[str, Any], set[str]]:
    """Return the statistics and the stages of the last read that a call sends."""
    database = registry._model_versions._versions.collection.database
    database.command({"profile": 2})
    ask()
    database.command({"profile": 0})
    entry = next(
        iter(
            database["system.profile"]
            .find({"op": {"$in": ["query", "command"]}, "ns": {"$not": {"$regex": "profile"}}})
            .sort("ts", -1)
        )
    )
    command = {
        key: value for key, value in entry["command"].items() if key not in ("lsid", "$db", "$readPreference")
    }
    explained = database.command({"explain": command, "verbosity": "queryPlanner"})
    return entry, set(stages_of_plan(explained))


def test_latest_versions_cost_the_same_however_many_there_are(
    registry: MongoRegistryStore, model: str
) -> None:
    for number in range(200):
        registry.create_model_version("m", f"s3://{number}")
    registry.transition_model_version_stage("m", 7, "Production", archive_existing_versions=False)

    entry, stages = plan_of(registry, lambda: registry.get_latest_versions("m"))

    assert "DISTINCT_SCAN" in stages
    assert entry["docsExamined"] == 2


@pytest.mark.parametrize(
    "search",
    [
        lambda registry: registry.search_model_versions(),
        lambda registry: registry.search_model_versions("name = 'm'", order_by=["version_number DESC"]),
        lambda registry: registry.search_registered_models(order_by=["name"]),
        lambda registry: registry.search_registered_models(order_by=["timestamp DESC"]),
        lambda registry: registry.search_prompts(),
    ],
)
def test_common_searches_read_an_index_in_order(registry: MongoRegistryStore, search: Any) -> None:
    # No models are found, so the search of their latest versions is not sent.
    _, stages = plan_of(registry, partial(search, registry))

    assert "IXSCAN" in stages
    assert not stages & {"SORT", "COLLSCAN"}


def test_the_next_page_reads_an_index_from_where_the_last_one_ended(
    registry: MongoRegistryStore, model: str
) -> None:
    for number in range(50):
        registry.create_model_version("m", f"s3://{number}")
    token = registry.search_model_versions(max_results=40).token

    entry, stages = plan_of(registry, lambda: registry.search_model_versions(max_results=5, page_token=token))

    assert not stages & {"SORT", "COLLSCAN"}
    assert entry["keysExamined"] < 20


def test_a_version_that_cannot_be_stored_gives_its_number_back(
    registry: MongoRegistryStore, model: str
) -> None:
    for impossible in ("\ud800", "x" * 17_000_000):
        with pytest.raises(MlflowException) as caught:
            registry.create_model_version("m", "s3://4", description=impossible)

        assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
    assert registry.create_model_version("m", "s3://4").version == 4


def test_what_a_crash_has_left_behind_is_stepped_over(registry: MongoRegistryStore, model: str) -> None:
    versions = documents(registry, "model_versions")
    versions.insert_one({**versions.find_one({"version": 3}), "_id": "default:m:4", "version": 4})

    assert registry.create_model_version("m", "s3://5").version == 5


def test_a_rename_that_was_cut_short_is_finished_by_the_same_call(
    registry: MongoRegistryStore, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.set_registered_model_alias("m", "champion", 2)
    steps = [
        (registry._registered_models, "add_renamed"),
        (registry._model_versions, "add_all"),
        (registry._model_versions, "delete_all"),
        (registry._registered_models, "delete"),
    ]
    for repository, step in steps:
        with monkeypatch.context() as patch:
            patch.setattr(repository, step, cut)
            with pytest.raises(KeyboardInterrupt):
                registry.rename_registered_model("m", "n")

        assert registry.get_registered_model("m").name == "m"

    renamed = registry.rename_registered_model("m", "n")

    assert (renamed.name, renamed.aliases) == ("n", {"champion": 2})
    assert (numbers(registry, "n"), numbers(registry, "m")) == ([1, 2, 3], [])
    assert registry.create_model_version("n", "s3://4").version == 4


def cut(*args: Any, **kwargs: Any) -> None:
    raise KeyboardInterrupt


def test_a_version_created_during_a_rename_moves_too(
    registry: MongoRegistryStore, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = registry._model_versions
    add_all = repository.add_all
    newcomers = iter(["s3://4"])

    def add_all_late(copies: Any) -> None:
        for source in newcomers:
            registry.create_model_version("m", source)
        add_all(copies)

    monkeypatch.setattr(repository, "add_all", add_all_late)
    registry.rename_registered_model("m", "n")

    assert (numbers(registry, "n"), numbers(registry, "m")) == ([1, 2, 3, 4], [])
    assert registry.create_model_version("n", "s3://5").version == 5


def test_a_finished_rename_is_not_taken_for_an_unfinished_one(
    registry: MongoRegistryStore, model: str
) -> None:
    registry.rename_registered_model("m", "n")
    registry.create_registered_model("m")

    with pytest.raises(MlflowException) as caught:
        registry.rename_registered_model("m", "n")

    assert caught.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_no_version_is_created_during_a_deletion(
    registry: MongoRegistryStore, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(registry._model_versions, "delete_all", cut)
        with pytest.raises(KeyboardInterrupt):
            registry.delete_registered_model("m")

    with pytest.raises(MlflowException, match="not found"):
        registry.create_model_version("m", "s3://late")
    with pytest.raises(MlflowException, match="not found"):
        registry.rename_registered_model("m", "n")
    registry.delete_registered_model("m")

    assert documents(registry, "model_versions").count_documents({}) == 0
    assert documents(registry, "registered_models").count_documents({}) == 0


def test_aliases_pointed_elsewhere_meanwhile_survive_a_deletion(
    registry: MongoRegistryStore, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.set_registered_model_alias("m", "champion", 3)
    repository = registry._registered_models
    delete_aliases = repository.delete_aliases_of

    def delete_aliases_late(document: Any, version: int) -> None:
        registry.set_registered_model_alias("m", "champion", 2)
        delete_aliases(document, version)

    monkeypatch.setattr(repository, "delete_aliases_of", delete_aliases_late)
    registry.delete_model_version("m", 3)

    assert registry.get_registered_model("m").aliases == {"champion": 2}


def test_a_tombstone_tells_neither_source_nor_run(registry: MongoRegistryStore) -> None:
    registry.create_registered_model("m")
    registry.create_model_version(
        "m", "s3://secret", "run", [ModelVersionTag("k", "v")], "https://link", "text"
    )
    registry.delete_model_version("m", 1)
    buried = documents(registry, "model_versions").find_one({})

    assert buried["stage"] == "Deleted_Internal"
    assert (buried["source"], buried["run_id"]) == ("REDACTED-SOURCE-PATH", "REDACTED-RUN-ID")
    assert (buried["run_link"], buried["description"]) == ("REDACTED-RUN-LINK", None)


def test_a_pickled_registry_works_where_it_wakes_up(registry: MongoRegistryStore, model: str) -> None:
    awake = pickle.loads(pickle.dumps(registry))

    assert awake.create_model_version("m", "s3://4").version == 4


@pytest.mark.parametrize(
    "position",
    [
        None,
        5,
        [],
        {"band": 0},
        {"band": 0, "by": [["name", 1]], "after": 5},
        {"band": 0, "by": [["name", 1]], "after": [{"$ne": ""}]},
        {"band": 0, "by": [["name", 1]], "after": []},
        {"band": 0, "by": [["last_updated_time", -1]], "after": ["m"]},
        {"band": 7, "by": [["name", 1]], "after": ["m"]},
        {"band": True, "by": [["name", 1]], "after": ["m"]},
        {"offset": 1},
    ],
)
def test_a_token_that_was_tampered_with_is_refused(registry: MongoRegistryStore, position: Any) -> None:
    token = base64.b64encode(json.dumps(position).encode()).decode()

    with pytest.raises(MlflowException) as caught:
        registry.search_registered_models(page_token=token)

    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_token_of_another_order_is_refused(registry: MongoRegistryStore, model: str) -> None:
    token = registry.search_model_versions(max_results=1, order_by=["name", "version_number"]).token

    with pytest.raises(MlflowException) as caught:
        registry.search_model_versions(
            max_results=1, order_by=["name DESC", "version_number"], page_token=token
        )

    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("size", [0, -1, "10", 1.5])
def test_a_page_of_models_holds_at_least_one(registry: MongoRegistryStore, size: Any) -> None:
    """The SQL store reads a negative size as no limit, and turns pages of none forever."""
    with pytest.raises(MlflowException) as caught:
        registry.search_registered_models(max_results=size)

    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("version", [None, [], 10**30])
def test_what_is_no_version_is_refused_clearly(
    registry: MongoRegistryStore, model: str, version: Any
) -> None:
    with pytest.raises(MlflowException) as caught:
        registry.get_model_version("m", version)

    assert caught.value.error_code in {"INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST"}


def test_webhooks_are_none_and_cannot_be_made(registry: MongoRegistryStore) -> None:
    event = WebhookEvent(WebhookEntity.REGISTERED_MODEL, WebhookAction.CREATED)
    found = registry.list_webhooks_by_event(event, max_results=100)

    assert (list(found), found.token) == ([], None)
    with pytest.raises(MlflowNotImplementedException):
        registry.create_webhook("hook", "https://example.org", [event])


def test_it_does_not_claim_workspaces(registry: MongoRegistryStore) -> None:
    assert registry.supports_workspaces is False
