"""Search indexes: made on demand, used by searches, bounded in number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from mlflow.exceptions import MlflowException
from pymongo import MongoClient

from genesis_flow_mongo.commands import index
from genesis_flow_mongo.query.runs import ordering
from genesis_flow_mongo.repositories.database import open_database
from genesis_flow_mongo.repositories.search_indexes import MOST_INDEXES, SearchIndexRepository

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def indexes(mongo_uri: str) -> SearchIndexRepository:
    return SearchIndexRepository(open_database(mongo_uri))


def _stages(plan: dict[str, Any]) -> Iterator[str]:
    yield plan["stage"]
    for child in [*plan.get("inputStages", []), *([plan["inputStage"]] if "inputStage" in plan else [])]:
        yield from _stages(child)


@pytest.mark.parametrize(
    "order_by", ["metrics.acc DESC", "metrics.`a.b` ASC", "params.lr DESC", "end_time ASC"]
)
def test_a_search_in_an_indexed_order_sorts_nothing(
    mongo_uri: str, indexes: SearchIndexRepository, order_by: str
) -> None:
    indexes.add(order_by)
    band = ordering([order_by]).bands()[0]
    query = {"workspace": "default", "experiment_id": {"$in": ["0"]}, "lifecycle_stage": {"$in": ["active"]}}

    with MongoClient[dict[str, Any]](mongo_uri) as client:
        runs = client.get_default_database()["runs"]
        plan = runs.find({"$and": [query, band.query]} if band.query else query, sort=band.sort).explain()

    stages = list(_stages(plan["queryPlanner"]["winningPlan"]))
    assert "SORT" not in stages
    assert "IXSCAN" in stages


def test_an_index_is_known_by_its_clause(indexes: SearchIndexRepository) -> None:
    assert indexes.add("metrics.`val.acc` DESC") == indexes.add("metric.`val.acc`  desc")

    assert indexes.names() == ["metrics.val.acc DESC"]
    indexes.drop("metrics.`val.acc` DESC")
    assert indexes.names() == []


def test_what_is_no_order_is_refused(indexes: SearchIndexRepository) -> None:
    with pytest.raises(MlflowException) as caught:
        indexes.add("nonsense.x DESC")

    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


def test_their_number_is_bounded(indexes: SearchIndexRepository) -> None:
    for number in range(MOST_INDEXES):
        indexes.add(f"metrics.m{number} DESC")

    with pytest.raises(MlflowException, match=r"Drop one first: metrics\.m0 DESC"):
        indexes.add("metrics.one_more DESC")

    indexes.add("metrics.m0 DESC")


def test_people_manage_them_by_command(mongo_uri: str) -> None:
    def run(*words: str) -> str:
        result = CliRunner().invoke(index, [*words, "--uri", mongo_uri], catch_exceptions=False)
        assert result.exit_code == 0
        return result.output

    assert run("list") == "No order has an index of its own.\n"
    assert run("add", "metrics.acc DESC") == "Indexed: metrics.acc DESC\n"
    assert run("list") == "metrics.acc DESC\n"
    assert run("drop", "metrics.acc DESC") == "Dropped: metrics.acc DESC\n"
