"""search_logged_models finds and orders as MLflow's SQL store does, whatever is asked.

Both stores hold the same crowd of models, drawn by lot from few keys and values: so most questions find some
models, not all, and draws are common.
"""

from __future__ import annotations

import random
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlflow.entities import LoggedModelParameter, LoggedModelTag, Metric
from pymongo import MongoClient

from genesis_flow.testing.clock import hand_clock
from genesis_flow.testing.oracle import SqlStores, borrowed, loan_of
from genesis_flow.testing.plain import plain
from genesis_flow_mongo.connection import clock as our_clock
from genesis_flow_mongo.tracking.store import MongoTrackingStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlflow.store.tracking.abstract_store import AbstractStore

CROWD = 30
POINTS = 10
KEYS = ("loss", "a b.c")
TEXTS = ("ann", "Ann", "bob")
VALUES = (-1.0, 0.0, 0.5, 1.0, float("nan"), float("inf"), float("-inf"))
DATASETS = (("iris", "d1"), ("iris", "d2"), ("wine", "d1"))


def dataset_fields(dataset: tuple[str, ...]) -> dict[str, str]:
    return dict(zip(("dataset_name", "dataset_digest"), dataset, strict=False))


class Twins:
    """Our store and the witness, which are always told the same."""

    def __init__(self, ours: AbstractStore, witness: AbstractStore) -> None:
        self.stores = (ours, witness)

    def do(self, operation: str, *arguments: Any) -> Any:
        ours, witness = self.stores
        answer = getattr(ours, operation)(*arguments)
        with borrowed(loan_of(operation, answer)):
            getattr(witness, operation)(*arguments)
        return answer

    def settle(self, lot: random.Random) -> None:
        """Log the crowd."""
        runs = [self.do("create_run", "0", "ada", 0, [], "run").info.run_id for _ in range(2)]
        with hand_clock(our_clock) as clock:
            for _ in range(CROWD):
                clock.advance(lot.choice([0, 1]))
                model = self.do("create_logged_model", *self._a_model(lot, runs[0]))
                for run_id in runs:
                    self.do("log_batch", run_id, self._points(lot, model.model_id), [], [])
                if lot.random() < 0.1:
                    self.do("delete_logged_model", model.model_id)

    def _a_model(self, lot: random.Random, run_id: str) -> tuple[Any, ...]:
        def pairs(kind: type) -> list[Any]:
            return [kind(key, lot.choice(TEXTS)) for key in KEYS if lot.random() < 0.7]

        source, model_type = lot.choice([None, run_id]), lot.choice([None, *TEXTS])
        return "0", lot.choice(TEXTS), source, pairs(LoggedModelTag), pairs(LoggedModelParameter), model_type

    def _points(self, lot: random.Random, model_id: str) -> list[Metric]:
        # One for each moment: MLflow's SQL store refuses a second value or dataset, where ours keeps both.
        moments = {
            (lot.choice(KEYS), lot.randint(0, 2), lot.randint(-1, 1)) for _ in range(lot.randint(0, 5))
        }
        return [
            Metric(
                key,
                lot.choice(VALUES),
                timestamp,
                step,
                model_id,
                **dataset_fields(lot.choice([(), *DATASETS])),
            )
            for key, timestamp, step in sorted(moments)
        ]


@pytest.fixture(scope="module", params=range(3))
def twins(request: Any, mongo_server_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    """Lend the stores with one of three crowds, on a database of their own: no query changes anything."""
    database = f"test_{uuid.uuid4().hex[:16]}"
    uri = urlsplit(mongo_server_uri)._replace(path=f"/{database}").geturl()
    witness = SqlStores(tmp_path_factory.mktemp("witness"), "/artifacts")
    twins = Twins(MongoTrackingStore(uri, "/artifacts"), witness.stores.tracking)
    twins.settle(random.Random(request.param))
    yield twins
    witness.close()
    with MongoClient[dict[str, Any]](mongo_server_uri) as client:
        client.drop_database(database)


names = st.sampled_from(
    ["name", "model_type", "attributes.name", "params.loss", "params.`a b.c`", "tags.loss", "tags.`a b.c`"]
)
metrics = st.sampled_from(["metrics.loss", "metrics.`a b.c`"])
clauses = st.one_of(
    st.builds(
        "{} {} {}".format,
        metrics,
        st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
        st.sampled_from(["-1", "0", "0.5", "0.7", "1e308"]),
    ),
    st.builds(
        "{} {} '{}'".format,
        names,
        st.sampled_from(["=", "!=", "LIKE", "ILIKE"]),
        st.sampled_from(["ann", "Ann", "a_n", "%N", "%", ""]),
    ),
    st.builds(
        "{} {} ({})".format,
        names,
        st.sampled_from(["IN", "NOT IN"]),
        st.sampled_from(["'ann'", "'ann', 'bob'", "'Ann', 'none'"]),
    ),
)
filters = st.lists(clauses, max_size=2).map(" AND ".join)
datasets = st.sampled_from([("iris",), ("iris", "d1"), ("wine",), ("wine", "d1"), ("absent",)]).map(
    dataset_fields
)
fields = st.sampled_from(
    ["name", "model_type", "source_run_id", "creation_time", "last_updated_timestamp", "model_id"]
)
orders = st.builds(
    lambda field, up: {"field_name": field, "ascending": up}, fields, st.booleans()
) | st.builds(
    lambda key, up, on: {"field_name": f"metrics.{key}", "ascending": up, **on},
    st.sampled_from(KEYS),
    st.booleans(),
    st.just({}) | datasets,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=filters,
    on=st.just([]) | st.lists(datasets, min_size=1, max_size=2),
    order_by=st.lists(orders, max_size=2, unique_by=lambda one: one["field_name"]),
)
def test_same_models_in_the_same_order(
    twins: Twins, text: str, on: list[dict[str, str]], order_by: list[dict[str, Any]]
) -> None:
    ours, witness = (
        [
            plain(model)
            for model in store.search_logged_models(["0"], text or None, on or None, CROWD, order_by or None)
        ]
        for store in twins.stores
    )

    assert [model["name"] for model in ours] == [model["name"] for model in witness]
    assert ours == witness


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=filters,
    order_by=st.lists(orders, max_size=2, unique_by=lambda one: one["field_name"]),
    size=st.integers(3, 20),
)
def test_pages_are_the_whole_in_parts(
    twins: Twins, text: str, order_by: list[dict[str, Any]], size: int
) -> None:
    store = twins.stores[0]
    whole = store.search_logged_models(["0"], text, None, CROWD, order_by)
    pages, token = [], None
    while True:
        page = store.search_logged_models(["0"], text, None, size, order_by, token)
        pages.append([model.model_id for model in page])
        token = page.token
        if token is None:
            break

    ids = [model.model_id for model in whole]
    assert pages == ([ids[start : start + size] for start in range(0, len(ids), size)] or [[]])
