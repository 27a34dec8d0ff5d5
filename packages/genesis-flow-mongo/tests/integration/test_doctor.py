"""What the doctor finds in a real database, whole and damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from pymongo import MongoClient

from genesis_flow.cli import main
from genesis_flow.diagnosis import Check, examine
from genesis_flow_mongo.doctor import probe
from genesis_flow_mongo.schema.collections import COLLECTIONS
from genesis_flow_mongo.tracking.store import MongoTrackingStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymongo.database import Database


@pytest.fixture
def database(mongo_uri: str) -> Iterator[Database[dict[str, Any]]]:
    """The database under test, as the driver sees it, made by a store's first start."""
    MongoTrackingStore(mongo_uri)
    with MongoClient[dict[str, Any]](mongo_uri) as client:
        yield client.get_default_database()


def _by_name(checks: list[Check]) -> dict[str, Check]:
    assert len({check.name for check in checks}) == len(checks)
    return {check.name: check for check in checks}


def test_a_healthy_store_is_well(mongo_uri: str, database: Database[dict[str, Any]], tmp_path: Path) -> None:
    found = _by_name(probe(f"{mongo_uri}{'&' if '?' in mongo_uri else '?'}genesisArtifactRoot={tmp_path}"))

    assert list(found) == ["server", "ping", "durable write", "schema", "indexes", "artifact root"]
    assert {check.status for check in found.values()} == {"ok"}
    assert database.client.server_info()["version"] in found["server"].detail
    assert "profile mongodb, replica set" in found["server"].detail
    assert found["ping"].detail.endswith(" ms (median of 7)")
    assert found["schema"].detail == "version 1"
    assert str(tmp_path) in found["artifact root"].detail


def test_every_check_is_in_the_docs(mongo_uri: str, database: Database[dict[str, Any]]) -> None:
    page = (Path(__file__).parents[4] / "docs" / "doctor.md").read_text()

    for name in _by_name(probe(mongo_uri)):
        assert f"\n| `{name}` |" in page


def test_the_store_is_left_as_it_was(mongo_uri: str, database: Database[dict[str, Any]]) -> None:
    before = {name: list(database[name].find()) for name in database.list_collection_names()}

    probe(mongo_uri)

    assert {name: list(database[name].find()) for name in database.list_collection_names()} == before


def test_a_new_database_is_named_and_not_made(mongo_uri: str) -> None:
    found = _by_name(probe(mongo_uri))

    assert found["schema"].status == "warn"
    assert "indexes" not in found
    with MongoClient[dict[str, Any]](mongo_uri) as client:
        database = client.get_default_database()
        assert set(database.list_collection_names()) <= {"meta"}
        assert database["meta"].count_documents({}) == 0


def test_a_missing_index_is_found_and_the_remedy_heals(
    mongo_uri: str, database: Database[dict[str, Any]]
) -> None:
    index = next(c for c in COLLECTIONS if c.name == "runs").indexes[0]
    database["runs"].drop_index(index.name)

    check = _by_name(probe(mongo_uri))["indexes"]

    assert (check.status, check.detail) == ("fail", f"missing: runs.{index.name}")
    # What mongosh would do with it:
    keys = json.loads(check.remedy.removeprefix("mongosh: db.runs.createIndex(").removesuffix(")"))
    database["runs"].create_index(list(keys.items()))
    assert _by_name(probe(mongo_uri))["indexes"].status == "ok"


@pytest.mark.parametrize(("version", "status"), [(0.5, "warn"), (999, "fail")])
def test_another_schema_version_is_found(
    mongo_uri: str, database: Database[dict[str, Any]], version: float, status: str
) -> None:
    database["meta"].update_one({"_id": "schema"}, {"$set": {"version": version}})

    check = _by_name(probe(mongo_uri))["schema"]

    assert check.status == status
    assert str(version) in check.detail


def test_a_relaxed_write_concern_is_a_warning(mongo_uri: str) -> None:
    check = _by_name(probe(f"{mongo_uri}{'&' if '?' in mongo_uri else '?'}w=1"))["durable write"]

    assert check.status == "warn"
    assert "w=1" in check.detail


def test_a_server_that_is_not_there_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENESIS_FLOW_CONNECT_TIMEOUT", "0.2")

    (check,) = probe("mongodb://ann:hunter2@localhost:1/ml")

    assert (check.name, check.status) == ("server", "fail")
    assert "localhost:1" in check.detail
    assert "hunter2" not in repr(check)


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://localhost/?genesisProfile=oracle",
        "mongodb://local:host:x/",
        "mongodb://",
        "mongodb+embedded://",
    ],
)
def test_a_uri_that_cannot_be_used_is_a_finding(uri: str) -> None:
    (check,) = probe(uri)

    assert (check.name, check.status) == ("server", "fail")


def test_a_refused_write_tells_the_role_that_is_needed(
    mongo_uri: str, database: Database[dict[str, Any]]
) -> None:
    """A view in place of the collection: it can be read, not written. So the examination goes on a while."""
    database["meta"].rename("other")
    database.command({"create": "meta", "viewOn": "other", "pipeline": []})

    found = _by_name(probe(mongo_uri))

    assert found["durable write"].status == "fail"
    assert f"readWrite on the database '{database.name}'" in found["durable write"].remedy
    assert found["schema"].status == "ok"
    # A view has no indexes to ask for.
    assert list(found)[-1] == "further checks"


@pytest.mark.parametrize("scheme", ["mongodb", "mongodb+srv", "mongodb+embedded"])
def test_the_core_finds_the_probe(scheme: str) -> None:
    from importlib.metadata import entry_points

    (found,) = entry_points(group="genesis_flow.doctor", name=scheme)

    assert found.load() is probe


def test_the_command_examines_the_store_of_the_environment(
    mongo_uri: str, database: Database[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mongo_uri)

    result = CliRunner().invoke(main, ["doctor", "--json"])

    assert result.exit_code == 0, result.output
    names = [check["name"] for check in json.loads(result.output)["checks"]]
    assert names[-6:] == ["server", "ping", "durable write", "schema", "indexes", "artifact root"]


def test_an_embedded_server_is_started_and_examined(tmp_path: Path) -> None:
    report = examine(f"mongodb+embedded://{tmp_path}/data")

    assert report.ok, report
    assert any(check.name == "server" for check in report.checks)
