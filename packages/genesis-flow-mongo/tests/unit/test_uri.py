from __future__ import annotations

import pytest
from mlflow.exceptions import MlflowException

from genesis_flow_mongo.connection.profiles import COSMOS_RU, DOCUMENTDB, MONGODB, by_address, by_hello, named
from genesis_flow_mongo.connection.uri import StoreUri


def test_our_options_are_stripped_and_the_driver_keeps_its_own() -> None:
    uri = StoreUri.parse("mongodb://h1:1,h2:2/ml?replicaSet=rs&genesisProfile=cosmos-ru&tls=true")

    assert uri.address == "mongodb://h1:1,h2:2/ml?replicaSet=rs&tls=true"
    assert (uri.database, uri.profile) == ("ml", "cosmos-ru")


def test_an_artifact_root_is_decoded() -> None:
    uri = StoreUri.parse("mongodb://h/ml?genesisArtifactRoot=abfss%3A%2F%2Fa%40b%2Fc%3Fsv%3D1")

    assert (uri.address, uri.artifact_root) == ("mongodb://h/ml", "abfss://a@b/c?sv=1")


@pytest.mark.parametrize("uri", ["mongodb://h", "mongodb://h/", "mongodb+embedded:///some/dir"])
def test_the_database_is_mlflow_unless_the_path_names_one(uri: str) -> None:
    assert StoreUri.parse(uri).database == "mlflow"


def test_a_misspelt_option_of_ours_is_refused_with_those_there_are() -> None:
    with pytest.raises(MlflowException, match=r"genesisProfil .*Known are: genesisProfile") as caught:
        StoreUri.parse("mongodb://me:secret@h/ml?genesisProfil=mongodb")

    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
    assert "secret" not in str(caught.value)


def test_a_password_is_shown_nowhere() -> None:
    uri = StoreUri.parse("mongodb://me:s3cr%40t@h/ml")

    assert "s3cr" not in repr(uri) + str(uri)


@pytest.mark.parametrize(
    ("address", "profile"),
    [
        ("mongodb://a:k@acct.mongo.cosmos.azure.com:10255/?ssl=true", COSMOS_RU),
        ("mongodb+srv://u:p@c.global.mongocluster.cosmos.azure.com/", DOCUMENTDB),
        ("mongodb://localhost/?appName=x.mongo.cosmos.azure.com", None),
    ],
)
def test_a_host_gives_its_engine_away(address: str, profile: object) -> None:
    assert by_address(address) is profile


@pytest.mark.parametrize(
    ("hello", "profile"),
    [
        ({"setName": "globaldb"}, COSMOS_RU),
        ({"msg": "isdbgrid", "internal": {}}, DOCUMENTDB),
        ({"msg": "isdbgrid"}, MONGODB),
        ({"setName": "rs0"}, MONGODB),
    ],
)
def test_a_server_gives_itself_away(hello: dict[str, object], profile: object) -> None:
    assert by_hello(hello) is profile


def test_an_unknown_profile_is_refused_with_those_there_are() -> None:
    with pytest.raises(MlflowException, match="Known are: mongodb, cosmos-ru, documentdb"):
        named("oracle")
