"""Opening a store: schema, artifact root, and servers that cannot be used."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from mlflow.exceptions import MlflowException
from pymongo import MongoClient

from genesis_flow_mongo.schema.bootstrap import SCHEMA_VERSION
from genesis_flow_mongo.schema.collections import COLLECTIONS
from genesis_flow_mongo.tracking.store import MongoTrackingStore

if TYPE_CHECKING:
    from pathlib import Path


def test_a_new_database_has_every_declared_index_and_the_default_experiment(mongo_uri: str) -> None:
    store = MongoTrackingStore(mongo_uri)

    with MongoClient[dict[str, object]](mongo_uri) as client:
        database = client.get_default_database()
        for collection in COLLECTIONS:
            names = {index["name"] for index in database[collection.name].list_indexes()}
            assert {index.name for index in collection.indexes} <= names
    assert store.get_experiment("0").name == "Default"


def test_the_classic_collections_are_there_as_views(mongo_uri: str) -> None:
    store = MongoTrackingStore(mongo_uri)
    run_id = store.create_run("0", "me", 1, [], "a run").info.run_id

    with MongoClient[dict[str, object]](mongo_uri) as client:
        rows = list(client.get_default_database()["tags"].find({"run_id": run_id}, {"key": 1, "value": 1}))

    assert rows == [{"key": "mlflow%2ErunName", "value": "a run"}]


def test_a_newer_schema_is_refused_with_the_way_out(mongo_uri: str) -> None:
    MongoTrackingStore(mongo_uri)
    with MongoClient[dict[str, object]](mongo_uri) as client:
        client.get_default_database()["meta"].update_one({"_id": "schema"}, {"$inc": {"version": 1}})

    with pytest.raises(MlflowException, match=f"has schema version {SCHEMA_VERSION + 1}.*Upgrade") as caught:
        MongoTrackingStore(mongo_uri)

    assert caught.value.error_code == "INVALID_STATE"


def test_an_unreachable_server_is_named_soon_and_its_password_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENESIS_FLOW_CONNECT_TIMEOUT", "0.3")
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{bound.getsockname()[1]}"

        with pytest.raises(MlflowException, match=f"cannot be reached: {address}.*refused") as caught:
            MongoTrackingStore(f"mongodb://me:s3cret@{address}/ml")

    assert caught.value.error_code == "TEMPORARILY_UNAVAILABLE"
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("uri", ["mongodb://", "mongodb://h:notaport/ml", "mongodb://h:99999/ml"])
def test_an_unusable_uri_is_the_users_mistake(uri: str) -> None:
    with pytest.raises(MlflowException, match="not usable") as caught:
        MongoTrackingStore(uri)

    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


class TestArtifactRoot:
    @pytest.fixture(autouse=True)
    def nowhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("MLFLOW_DEFAULT_ARTIFACT_ROOT", raising=False)

    def location(self, uri: str, artifact_uri: str | None = None) -> str:
        store = MongoTrackingStore(uri, artifact_uri)
        return str(store.get_experiment(store.create_experiment("new")).artifact_location)

    def test_it_is_below_the_working_directory_when_nothing_names_one(
        self, mongo_uri: str, tmp_path: Path
    ) -> None:
        assert self.location(mongo_uri) == f"{tmp_path}/mlartifacts/1"

    def test_the_database_names_one_for_all_its_clients(self, mongo_uri: str) -> None:
        MongoTrackingStore(mongo_uri)
        with MongoClient[dict[str, object]](mongo_uri) as client:
            root = {"$set": {"artifact_root": "s3://shared"}}
            client.get_default_database()["meta"].update_one({"_id": "schema"}, root)

        assert self.location(mongo_uri) == "s3://shared/1"

    def test_the_environment_goes_before_the_database(
        self, mongo_uri: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MLFLOW_DEFAULT_ARTIFACT_ROOT", "s3://environment")

        assert self.location(mongo_uri) == "s3://environment/1"

    def test_the_uri_goes_before_the_environment(
        self, mongo_uri: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MLFLOW_DEFAULT_ARTIFACT_ROOT", "s3://environment")
        joint = "&" if "?" in mongo_uri else "?"

        assert self.location(f"{mongo_uri}{joint}genesisArtifactRoot=s3://uri%3Fsv=1") == "s3://uri/1?sv=1"

    def test_what_mlflow_server_was_given_goes_first(self, mongo_uri: str) -> None:
        assert self.location(mongo_uri, "mlflow-artifacts:/") == "mlflow-artifacts:/1"
