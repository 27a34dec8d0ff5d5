"""The registry beside MLflow's own SqlAlchemyStore: the same calls, the same answers and refusals."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.exceptions import MlflowException
from mlflow.protos.model_registry_pb2 import ModelVersionTag as ProtoVersionTag
from mlflow.protos.model_registry_pb2 import RegisteredModelTag as ProtoModelTag
from mlflow.protos.model_registry_pb2 import SearchModelVersions

from genesis_flow.testing.clock import hand_clock
from genesis_flow.testing.oracle import SqlStores
from genesis_flow.testing.plain import plain
from genesis_flow_mongo.connection import clock as our_clock
from genesis_flow_mongo.connection import retry
from genesis_flow_mongo.registry.store import MongoRegistryStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genesis_flow.testing.clock import HandClock

PROMPT = "mlflow.prompt.is_prompt"
IS_PROMPT = f"tags.`{PROMPT}` = 'true'"

FAILED = {"failed": "with an error of Python's"}
"""What the SQL store answers to some bad values; a clear refusal is better."""


class Twins:
    """Asks both registries the same, and compares what they answer field by field, times included."""

    def __init__(self, ours: MongoRegistryStore, witness: Any, clock: HandClock) -> None:
        self.ours, self.witness, self.clock = ours, witness, clock

    def __getattr__(self, operation: str) -> Any:
        def ask(*args: Any, **kwargs: Any) -> Any:
            self.clock.advance(1)
            answer, ours = outcome(self.ours, operation, args, kwargs)
            _, theirs = outcome(self.witness, operation, args, kwargs)

            if theirs != FAILED:
                assert ours == theirs, f"{operation} {args} {kwargs}"
            else:
                assert ours == {"refused": "INVALID_PARAMETER_VALUE"}, f"{operation} {args} {kwargs}"

            return ours.get("refused", answer)

        return ask

    def all_pages(self, operation: str, **kwargs: Any) -> list[Any]:
        """Turn the pages of a search in both stores, each with its own tokens, and compare page by page."""
        tokens: tuple[Any, Any] = (None, None)
        found: list[Any] = []
        while True:
            ours = getattr(self.ours, operation)(**kwargs, page_token=tokens[0])
            theirs = getattr(self.witness, operation)(**kwargs, page_token=tokens[1])

            assert plain(ours) == plain(theirs)

            found += ours
            tokens = (ours.token, theirs.token)
            if not ours.token:
                return found


def outcome(store: Any, operation: str, args: Any, kwargs: Any) -> tuple[Any, dict[str, Any]]:
    try:
        answer = getattr(store, operation)(*args, **kwargs)
    except MlflowException as exc:
        return None, {"refused": exc.error_code}
    except (TypeError, ValueError):
        return None, FAILED
    # The order of these is nowhere promised: the SQL store's follows from the ids of rows.
    said = plain(answer)
    return answer, {"answer": sorted(said, key=repr) if operation == "get_latest_versions" else said}


@pytest.fixture(scope="module")
def sql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStores]:
    stores = SqlStores(tmp_path_factory.mktemp("witness"), "/artifacts")
    yield stores
    stores.close()


@pytest.fixture(scope="module")
def ours(mongo_server_uri: str) -> Iterator[MongoRegistryStore]:
    """Lend one registry to all tests here: emptying a database is quicker than making one."""
    uri = urlsplit(mongo_server_uri)._replace(path=f"/twins_{os.getpid()}").geturl()
    store = MongoRegistryStore(uri)
    yield store
    database = store._model_versions._versions.collection.database
    database.client.drop_database(database.name)


@pytest.fixture(params=["sent once", "sent twice"])
def both(
    request: pytest.FixtureRequest,
    ours: MongoRegistryStore,
    sql: SqlStores,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Twins]:
    """Lend both registries, empty. Every command of ours may be sent twice, as when an answer is lost."""
    sql.empty()
    ours._registered_models._models.delete({})
    ours._model_versions._versions.delete({})
    if request.param == "sent twice":
        monkeypatch.setattr(retry, "call", sent_twice)
    with hand_clock(our_clock) as clock:
        yield Twins(ours, sql.stores.registry, clock)


def sent_twice(command: Any, *args: Any, **kwargs: Any) -> Any:
    command(*args, **kwargs)
    return command(*args, **kwargs)


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
def test_names(both: Twins, name: Any) -> None:
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
def test_descriptions(both: Twins, description: Any) -> None:
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
def test_tags(both: Twins, key: Any, value: Any) -> None:
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


def test_tags_of_what_is_missing(both: Twins) -> None:
    both.create_registered_model("m")

    assert both.set_registered_model_tag("x", RegisteredModelTag("k", "v")) == "RESOURCE_DOES_NOT_EXIST"
    assert both.delete_registered_model_tag("x", "k") == "RESOURCE_DOES_NOT_EXIST"
    assert both.set_model_version_tag("m", 1, ModelVersionTag("k", "v")) == "RESOURCE_DOES_NOT_EXIST"
    assert both.delete_model_version_tag("m", 1, "k") == "RESOURCE_DOES_NOT_EXIST"
    assert both.set_model_version_tag("m", "one", ModelVersionTag("k", "v")) == "INVALID_PARAMETER_VALUE"


def test_versions_are_numbered_past_tombstones(both: Twins) -> None:
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


def test_a_new_model_counts_from_one_again(both: Twins) -> None:
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
def test_versions_that_are_none(both: Twins, version: Any) -> None:
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
def test_stages(both: Twins, stage: str, archive: bool) -> None:
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


def test_latest_versions(both: Twins) -> None:
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
def test_aliases(both: Twins, alias: Any) -> None:
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


def test_renaming(both: Twins) -> None:
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


def test_names_taken_by_the_other_kind(both: Twins) -> None:
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


def test_sources_that_are_other_versions(both: Twins) -> None:
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


def test_copies(both: Twins) -> None:
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


def test_what_a_server_hands_over(both: Twins) -> None:
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


@pytest.fixture
def searchable(both: Twins) -> Twins:
    both.create_registered_model("fraud", model_tags(team="blue", note="100%"))
    both.create_registered_model("Fraud-2", model_tags(team="Blue"))
    both.create_registered_model("churn_a", model_tags(team="red"))
    both.create_registered_model("churnXa")
    both.set_registered_model_tag("churnXa", RegisteredModelTag("team", None))
    both.create_prompt("greeting", tags={"team": "blue", "_mlflow_experiment_ids": ",1,22,"})
    both.create_prompt_version("greeting", "Hello {{name}}", tags={"lang": "en"})
    for number, name in enumerate(["fraud", "fraud", "Fraud-2", "churn_a", "fraud", "churn_a"]):
        tags = version_tags(n=str(number), **({"lang": "en"} if number % 2 else {}))
        both.create_model_version(name, f"s3://bucket/{number}%", f"run{number}" if number else None, tags)
    # Equal times, as in a fast program.
    both.clock.advance(-1)
    both.create_model_version("churn_a", "s3://bucket/last", "run1")
    both.delete_model_version("fraud", 2)
    both.transition_model_version_stage("fraud", 1, "Production", archive_existing_versions=False)
    return both


MODEL_FILTERS = [
    None,
    "",
    "name = 'fraud'",
    'name = "fraud"',
    "name != 'fraud'",
    "name LIKE 'churn_%'",
    "name LIKE 'churn_a'",
    "name LIKE '%RAUD%'",
    "name ILIKE '%RAUD%'",
    "name ILIKE 'fraud'",
    "name IN ('fraud', 'churn_a')",
    "name NOT IN ('fraud', 'churn_a')",
    "name IN ('fraud')",
    "name LIKE 'churn%' AND name != 'churn_a'",
    "tags.team = 'blue'",
    "tag.team != 'blue'",
    "tags.team LIKE 'b%'",
    "tags.team ILIKE 'b%'",
    "tags.note LIKE '100%'",
    "tags.`team` = 'red' AND name = 'churn_a'",
    "tags.team != 'blue' AND tags.team != 'Blue'",
    "tags.missing != 'x'",
    "attribute.name = 'fraud'",
    IS_PROMPT,
    f"tags.`{PROMPT}` != 'true'",
    f"tags.`{PROMPT}` = 'false'",
    f"tags.`{PROMPT}` != 'false'",
    f"tags.`{PROMPT}` = 'TRUE'",
    f"tags.`{PROMPT}` != 'FALSE'",
    f"tags.`{PROMPT}` LIKE '%'",
    f"{IS_PROMPT} AND tags.team = 'blue'",
    f"name = 'fraud' AND tags.`{PROMPT}` != 'true'",
    f"{IS_PROMPT} AND tags._mlflow_experiment_ids LIKE '%,22,%'",
    f"{IS_PROMPT} AND tags._mlflow_experiment_ids LIKE '%,2,%'",
    "name > 'a'",
    "name = 5",
    "name = fraud",
    "tags.team IN ('blue')",
    "tags.team = 5",
    "tags.team > 'a'",
    "version_number = 1",
    "run_id = 'run1'",
    "metrics.x = '1'",
    "name = 'fraud' OR name = 'churn_a'",
    "NOT name = 'fraud'",
    "(name = 'fraud')",
    "name = 'fraud'; name = 'x'",
    "name",
    "= 'fraud'",
    "name IS NULL",
    "name IN ()",
    "name IN (1, 2)",
]


def test_filters_of_models(searchable: Twins) -> None:
    for filter_string in MODEL_FILTERS:
        searchable.search_registered_models(filter_string)


VERSION_FILTERS = [
    None,
    "name = 'fraud'",
    "name != 'fraud'",
    "name LIKE '%raud%'",
    "name ILIKE '%raud%'",
    "name IN ('fraud', 'churn_a')",
    "name NOT IN ('fraud')",
    "run_id = 'run1'",
    "run_id != 'run1'",
    "run_id IN ('run1', 'run4')",
    "run_id NOT IN ('run1', 'run4')",
    "run_id LIKE 'run%'",
    "source_path = 's3://bucket/0%'",
    "source_path LIKE '%/_%'",
    "source_path IN ('a')",
    "version_number = 1",
    "version_number = '1'",
    "version_number != 1",
    "version_number > 1",
    "version_number >= 2",
    "version_number < 2",
    "version_number <= 1",
    "version_number > 1.5",
    "version_number = 'x'",
    "version_number LIKE '1'",
    "version_number IN ('1')",
    "version_number < 99999999999",
    "name > 'a'",
    "name = 5",
    "creation_timestamp > 0",
    "tags.n = '0'",
    "tags.lang = 'en'",
    "tags.lang != 'en'",
    "tags.lang LIKE 'e_'",
    "tags.lang ILIKE 'E%' AND name = 'fraud'",
    "tags.lang IN ('en')",
    f"tag.`{PROMPT}` = 'true'",
    f"tag.`{PROMPT}` != 'true'",
    f"tag.`{PROMPT}` != 'false'",
    f"name = 'greeting' AND tag.`{PROMPT}` = 'true'",
    "name = 'greeting'",
    "stage = 'Production'",
    "name = 'fraud' OR name = 'x'",
    "params.x = '1'",
]


def test_filters_of_versions(searchable: Twins) -> None:
    for filter_string in VERSION_FILTERS:
        searchable.search_model_versions(filter_string)


MODEL_ORDERS: list[Any] = [
    None,
    [],
    ["name"],
    ["name DESC"],
    ["timestamp"],
    ["timestamp DESC"],
    ["last_updated_timestamp ASC"],
    ["last_updated_timestamp desc", "name DESC"],
    ["timestamp", "last_updated_timestamp"],
    ["name", "name DESC"],
    ["creation_timestamp"],
    ["bogus"],
    ["name sideways"],
    ["name '"],
    ["tags.x"],
    "name",
]


def test_orders_of_models(searchable: Twins) -> None:
    for order_by in MODEL_ORDERS:
        answer = searchable.search_registered_models(order_by=order_by)
        if not isinstance(answer, str):
            for size in (1, 3):
                searchable.all_pages("search_registered_models", order_by=order_by, max_results=size)


VERSION_ORDERS: list[Any] = [
    None,
    [],
    ["name"],
    ["name DESC"],
    ["version_number"],
    ["version_number DESC", "name DESC"],
    ["creation_timestamp"],
    ["creation_timestamp DESC"],
    ["last_updated_timestamp"],
    ["last_updated_timestamp DESC", "version_number ASC"],
    ["name", "name"],
    ["timestamp"],
    ["run_id"],
    ["bogus"],
]


def test_orders_of_versions(searchable: Twins) -> None:
    for order_by in VERSION_ORDERS:
        answer = searchable.search_model_versions(order_by=order_by)
        if not isinstance(answer, str):
            for size in (1, 4):
                searchable.all_pages("search_model_versions", order_by=order_by, max_results=size)


def test_page_sizes(searchable: Twins) -> None:
    for size in (None, 1, 2, 1000, 1001):
        searchable.search_registered_models(max_results=size)
    for size in (None, -1, 0, 1, "10", 1.5, 200_000, 200_001):
        searchable.search_model_versions(max_results=size)


@pytest.mark.parametrize("token", ["nonsense", "bm9uc2Vuc2U=", "e30=", b"e30="])
def test_tokens_that_are_none(both: Twins, token: Any) -> None:
    assert both.search_registered_models(page_token=token) == "INVALID_PARAMETER_VALUE"
    assert both.search_model_versions(page_token=token) == "INVALID_PARAMETER_VALUE"


def test_prompts(both: Twins) -> None:
    both.create_prompt("p", "text", {"team": "blue"})
    both.create_registered_model("model")
    both.create_model_version("model", "s3://x")
    both.create_prompt_version("p", "Hello {{name}}", "first", {"lang": "en"})
    both.create_prompt_version(
        "p", [{"role": "user", "content": "{{question}}"}], response_format={"type": "object"}
    )
    both.create_prompt_version("p", "Bye", model_config={"model_name": "small", "temperature": 0.5})
    both.set_prompt_alias("p", "champion", 1)
    for version in (1, "2", 3, 4, "champion", "latest", "missing", "a b"):
        both.get_prompt_version("p", version)
        both.get_prompt_version("model", version)
        both.get_prompt_version("none", version)
    both.get_prompt_version_by_alias("p", "champion")
    both.get_prompt("p")
    both.get_prompt("model")
    both.get_prompt("none")
    both.set_prompt_tag("p", "color", "red")
    both.delete_prompt_tag("p", "team")
    both.set_prompt_version_tag("p", "1", "quality", "good")
    both.delete_prompt_version_tag("p", 1, "lang")
    both.get_prompt("p")
    both.get_prompt_version("p", 1)
    both.search_prompts()
    both.search_prompts("name = 'p'")
    both.search_prompt_versions("p")
    both.all_pages("search_prompt_versions", name="p", max_results=1)
    both.search_prompt_versions("model")
    both.search_registered_models()
    both.search_model_versions()
    both.delete_prompt_version("p", "3")
    both.delete_prompt_alias("p", "champion")
    both.search_prompt_versions("p")
    both.get_prompt_version("p", "latest")
    both.delete_prompt("p")
    both.search_prompts()


def test_prompts_of_an_experiment(searchable: Twins) -> None:
    for experiment_id in ("1", "22", "2", "x"):
        searchable.search_prompts(f"experiment_id = '{experiment_id}'")


def test_one_prompt_among_versions_hides_the_model(both: Twins) -> None:
    """MLflow leaves out every version of a model of which any version has the tag of a prompt."""
    both.create_registered_model("m")
    both.create_registered_model("n")
    for name in ("m", "m", "n"):
        both.create_model_version(name, "s3://x")

    def look() -> None:
        both.search_model_versions()
        both.search_model_versions("name = 'm'")
        both.search_model_versions(f"tag.`{PROMPT}` = 'true'")
        both.search_registered_models()

    both.set_model_version_tag("m", 2, ModelVersionTag(PROMPT, "true"))
    look()
    both.create_model_version("m", "s3://later")
    look()
    both.delete_model_version("m", 2)
    look()
    both.create_model_version("n", "s3://x", tags=[ModelVersionTag(PROMPT, "true")])
    look()
    both.set_model_version_tag("n", 2, ModelVersionTag(PROMPT, "false"))
    look()
    both.set_registered_model_tag("n", RegisteredModelTag(PROMPT, "true"))
    look()
    both.delete_registered_model_tag("n", PROMPT)
    both.rename_registered_model("m", "renamed")
    look()
