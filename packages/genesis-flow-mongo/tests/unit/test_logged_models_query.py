"""What search_logged_models reads, and the queries and orderings it makes of it."""

from __future__ import annotations

from typing import Any

import pytest
from mlflow.exceptions import MlflowException

from genesis_flow_mongo.documents.logged_model_metrics import dataset_mark, on_dataset
from genesis_flow_mongo.query.logged_model_filter import Clause, parse_filter
from genesis_flow_mongo.query.logged_model_tokens import model_token, position_of
from genesis_flow_mongo.query.logged_models import ModelSearch, Spilled, ordering

NONE_SPILLED = Spilled()


def conditions(text: str, datasets: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    return ModelSearch.parse(text, datasets, None).conditions({}, NONE_SPILLED)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name = 'ann'", Clause("attributes", "name", "=", "ann")),
        ('name = "ann"', Clause("attributes", "name", "=", "ann")),
        ("attributes.name = 'ann'", Clause("attributes", "name", "=", "ann")),
        ("attribute.model_id = 'm-1'", Clause("attributes", "_id", "=", "m-1")),
        ("name like 'a%'", Clause("attributes", "name", "LIKE", "a%")),
        ("name IN ('a', 'b')", Clause("attributes", "name", "IN", ("a", "b"))),
        ("name not in ('a')", Clause("attributes", "name", "NOT IN", ("a",))),
        ("creation_time > 5", Clause("attributes", "creation_timestamp", ">", 5.0)),
        ("last_updated_timestamp <= 5", Clause("attributes", "last_updated_timestamp", "<=", 5.0)),
        ("metrics.loss < -1e-3", Clause("metrics", "loss", "<", -0.001)),
        ("metric.loss < 1", Clause("metrics", "loss", "<", 1.0)),
        ("metrics.`a b.c` != 1", Clause("metrics", "a b.c", "!=", 1.0)),
        ("params.lr = 0.01", Clause("params", "lr", "=", "0.01")),
        ("params.creation_timestamp = '5'", Clause("params", "creation_timestamp", "=", "5")),
        ("tags.`x` = 'it''s'", Clause("tags", "x", "=", "it''s")),
        ("tags.x = ''", Clause("tags", "x", "=", "")),
    ],
)
def test_a_clause_is_read(text: str, expected: Clause) -> None:
    assert parse_filter(text) == (expected,)


@pytest.mark.parametrize("text", [None, "", "  "])
def test_no_filter_has_no_clauses(text: str | None) -> None:
    assert parse_filter(text) == ()


def test_clauses_are_joined_by_and() -> None:
    assert [one.key for one in parse_filter("name = 'a' AND params.p = 'b' and metrics.m > 1")] == [
        "name",
        "p",
        "m",
    ]


@pytest.mark.parametrize(
    ("text", "blamed"),
    [
        ("nonsense", "nonsense"),
        ("nonsense.key = 'x'", "nonsense"),
        ("lifecycle = 'x'", "lifecycle"),
        ("name = 'a' OR name = 'b'", "OR"),
        ("(name = 'a')", r"\(name"),
        ("name = 'a'; name = 'b'", "one expression"),
        ("name > 'a'", ">"),
        ("metrics.loss LIKE '1'", "LIKE"),
        ("metrics.loss IN (1)", "IN"),
        ("metrics.loss > 'high'", "must be a number"),
        ("metrics.loss >", "loss"),
        ("name IN (1, 2)", "quoted texts"),
        ("name IS NULL", "IS NULL"),
    ],
)
def test_a_bad_filter_is_refused_and_says_why(text: str, blamed: str) -> None:
    with pytest.raises(MlflowException, match=blamed) as caught:
        parse_filter(text)

    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_missing_text_matches_nothing() -> None:
    assert conditions("model_type != 'a'") == [{"model_type": {"$nin": ["a", None]}}]
    assert conditions("tags.`a.b` != 'x'") == [{"tags.a%2Eb": {"$nin": ["x", None]}}]


@pytest.mark.parametrize(
    ("comparator", "expected"),
    [
        (">", [{"metrics.loss.hi": {"$gt": 1.0}}]),
        (">=", [{"metrics.loss.hi": {"$gte": 1.0}}]),
        ("<", [{"metrics.loss.lo": {"$lt": 1.0}}]),
        ("<=", [{"metrics.loss.lo": {"$lte": 1.0}}]),
        ("!=", [{"metrics.loss.lo": {"$lt": 1.0}}, {"metrics.loss.hi": {"$gt": 1.0}}]),
    ],
)
def test_some_value_compares_when_a_bound_does(comparator: str, expected: list[dict[str, Any]]) -> None:
    assert conditions(f"metrics.loss {comparator} 1") == [{"$or": expected}]


def test_an_exact_value_is_asked_of_the_rows() -> None:
    search = ModelSearch.parse("metrics.loss = 1 AND metrics.acc > 1", None, None)
    (exact,) = search.exact_metrics()

    assert search.summary_paths() == {"metrics.acc"}
    assert search.conditions({exact: ["m-1"]}, NONE_SPILLED)[0] == {"_id": {"$in": ["m-1"]}}


def test_datasets_narrow_metrics_or_ask_for_any() -> None:
    datasets = [{"dataset_name": "iris"}, {"dataset_name": "wine", "dataset_digest": "d1"}]
    narrowed = [
        {f"{on_dataset('iris')}.loss.hi": {"$gt": 1.0}},
        {f"{on_dataset('wine', 'd1')}.loss.hi": {"$gt": 1.0}},
    ]
    marks = [dataset_mark("iris"), dataset_mark("wine", "d1")]

    assert conditions("metrics.loss > 1", datasets) == [{"$or": narrowed}]
    assert conditions("", datasets) == [{"datasets": {"$in": marks}}]


def test_no_digest_means_any_digest() -> None:
    """MLflow's server sends None where its client leaves the key out."""
    given = [{"dataset_name": "iris", "dataset_digest": None}]

    assert conditions("", given) == conditions("", [{"dataset_name": "iris"}])


def test_a_status_is_asked_for_by_name() -> None:
    assert conditions("status = 'READY'") == [{"status": {"$in": [2]}}]
    assert conditions("status != 'READY'") == [{"status": {"$in": [0, 1, 3]}}]
    assert conditions("status IN ('READY', 'FAILED')") == [{"status": {"$in": [2, 3]}}]


def test_what_spilled_is_searched_too() -> None:
    summary = {"lo": 0.0, "hi": 2.0, "last": {"v": 1.0}}
    spilled = Spilled({"metrics.loss": {"m-1": summary}})
    found = ModelSearch.parse("metrics.loss > 1", None, None).conditions({}, spilled)
    missed = ModelSearch.parse("metrics.loss > 2", None, None).conditions({}, spilled)

    assert found == [{"$or": [{"metrics.loss.hi": {"$gt": 1.0}}, {"_id": {"$in": ["m-1"]}}]}]
    assert missed == [{"$or": [{"metrics.loss.hi": {"$gt": 2.0}}]}]


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        ([], [("creation_timestamp", -1), ("_id", 1)]),
        ([{"field_name": "name"}], [("name", 1), ("creation_timestamp", -1), ("_id", 1)]),
        (
            [{"field_name": "model_id", "ascending": False}],
            [("_id", -1), ("creation_timestamp", -1)],
        ),
        (
            [{"field_name": "creation_time"}, {"field_name": "metrics.a.b"}],
            [("creation_timestamp", 1), ("metrics.a%2Eb.last.v", 1), ("_id", 1)],
        ),
    ],
)
def test_an_order_ends_with_creation_and_id(
    order_by: list[dict[str, Any]], expected: list[tuple[str, int]]
) -> None:
    assert [(key.path, key.direction) for key in ordering(order_by).keys] == expected


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"field_name": "nonsense"},
        {"field_name": "params.p"},
        {"field_name": "metrics.m", "dataset_digest": "d1"},
    ],
    ids=str,
)
def test_a_bad_order_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(MlflowException) as caught:
        ordering([bad])

    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_token_leads_back_to_its_position() -> None:
    asked: tuple[Any, ...] = (["1", "2"], "name = 'a'", [{"field_name": "name"}])

    assert position_of(model_token("here", *asked), *asked) == "here"
    assert model_token(None, *asked) is None
    assert position_of(None, *asked) is None


@pytest.mark.parametrize("token", ["nonsense", "bm9uc2Vuc2U=", "e30=", b"\xff"])
def test_a_foreign_token_is_refused(token: Any) -> None:
    with pytest.raises(MlflowException) as caught:
        position_of(token, ["1"], None, None)

    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize(
    "asked", [(["2"], None, None), (["1"], "name = 'a'", None), (["1"], None, [{"field_name": "name"}])]
)
def test_a_token_of_another_search_is_refused(asked: tuple[Any, ...]) -> None:
    with pytest.raises(MlflowException, match=r"do(es)? not match") as caught:
        position_of(model_token("here", ["1"], None, None), *asked)

    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
