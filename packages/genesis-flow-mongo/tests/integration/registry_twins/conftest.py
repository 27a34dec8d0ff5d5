"""The registry and MLflow's own SqlAlchemyStore side by side: asked the same, they must answer the same."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.exceptions import MlflowException

from genesis_flow.testing.clock import hand_clock
from genesis_flow.testing.oracle import SqlStores
from genesis_flow.testing.plain import plain
from genesis_flow_mongo.connection import clock as our_clock
from genesis_flow_mongo.connection import retry
from genesis_flow_mongo.registry.store import MongoRegistryStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genesis_flow.testing.clock import HandClock

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


@pytest.fixture(scope="session")
def sql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStores]:
    stores = SqlStores(tmp_path_factory.mktemp("witness"), "/artifacts")
    yield stores
    stores.close()


@pytest.fixture(scope="session")
def ours(mongo_server_uri: str) -> Iterator[MongoRegistryStore]:
    """Lend one registry to all tests of a process: emptying a database is quicker than making one."""
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


@pytest.fixture
def searchable(both: Twins) -> Twins:
    both.create_registered_model("fraud", tags_of(RegisteredModelTag, team="blue", note="100%"))
    both.create_registered_model("Fraud-2", tags_of(RegisteredModelTag, team="Blue"))
    both.create_registered_model("churn_a", tags_of(RegisteredModelTag, team="red"))
    both.create_registered_model("churnXa")
    both.set_registered_model_tag("churnXa", RegisteredModelTag("team", None))
    both.create_prompt("greeting", tags={"team": "blue", "_mlflow_experiment_ids": ",1,22,"})
    both.create_prompt_version("greeting", "Hello {{name}}", tags={"lang": "en"})
    for number, name in enumerate(["fraud", "fraud", "Fraud-2", "churn_a", "fraud", "churn_a"]):
        tags = tags_of(ModelVersionTag, n=str(number), **({"lang": "en"} if number % 2 else {}))
        both.create_model_version(name, f"s3://bucket/{number}%", f"run{number}" if number else None, tags)
    # Equal times, as in a fast program.
    both.clock.advance(-1)
    both.create_model_version("churn_a", "s3://bucket/last", "run1")
    both.delete_model_version("fraud", 2)
    both.transition_model_version_stage("fraud", 1, "Production", archive_existing_versions=False)
    return both


def tags_of(kind: Any, **tags: str) -> list[Any]:
    return [kind(key, value) for key, value in tags.items()]
