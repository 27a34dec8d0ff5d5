"""What a tracking store promises about search_logged_models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from mlflow.entities import LoggedModelParameter, LoggedModelTag

from genesis_flow.testing.expect import BAD_VALUE, refused
from genesis_flow.testing.samples import metric, run_id_of
from genesis_flow.testing.suites.logged_models import a_model

if TYPE_CHECKING:
    from genesis_flow.testing.contract import TrackingStore as TrackingBase

FILTERS: dict[str, tuple[str, ...]] = {
    "name = 'ann'": ("ann",),
    "name != 'ann'": ("bob", "cat"),
    "name LIKE '%a%'": ("ann", "cat"),
    "name ILIKE 'ANN'": ("ann",),
    "name IN ('ann', 'cat')": ("ann", "cat"),
    "name NOT IN ('ann')": ("bob", "cat"),
    "attributes.name = 'ann'": ("ann",),
    "model_type = 'sklearn'": ("ann",),
    "model_type != 'sklearn'": ("bob",),  # cat has none
    "creation_timestamp > 0": ("ann", "bob", "cat"),
    "creation_time <= 0": (),
    "last_updated_timestamp >= 1000000000000": ("ann", "bob", "cat"),
    "metrics.loss > 1": ("ann", "bob"),
    "metrics.loss < 1": ("ann",),  # any point counts, not only the latest
    "metrics.loss > 1 AND metrics.loss < 1": ("ann",),  # each clause may be met by another point
    "metrics.loss = 0.5": ("ann",),
    "metrics.loss != 0.5": ("ann", "bob"),
    "metrics.absent > 0": (),
    "params.depth = '3'": ("ann",),
    "params.depth != '3'": ("bob",),
    "params.`depth` LIKE '1%'": ("bob",),
    "params.depth IN ('3', '10')": ("ann", "bob"),
    "tags.stage = 'Train'": ("ann",),
    "tags.stage ILIKE 'train'": ("ann", "bob"),
    "tags.stage like 'T%'": ("ann",),
    "tags.stage NOT IN ('Train')": ("bob",),
    "name = 'ann' AND metrics.loss > 1 AND params.depth = '3' AND tags.stage = 'Train'": ("ann",),
    "": ("ann", "bob", "cat"),
}

REFUSED = [
    "nonsense.key = 'x'",
    "metrics.loss LIKE '1'",
    "metrics.loss IN (1)",
    "params.depth > '3'",
    "tags.stage < 'x'",
    "name > 'a'",
    "creation_timestamp LIKE '1'",
    "name = 'a' OR name = 'b'",
    "nonsense",
]

DATASETS: list[tuple[str, list[dict[str, str]], tuple[str, ...]]] = [
    ("", [{"dataset_name": "iris"}], ("ann", "bob")),
    ("", [{"dataset_name": "iris", "dataset_digest": "d1"}], ("ann",)),
    ("", [{"dataset_name": "wine"}, {"dataset_name": "iris", "dataset_digest": "d2"}], ("bob",)),
    ("", [{"dataset_name": "wine"}], ()),
    ("metrics.loss > 1", [{"dataset_name": "iris", "dataset_digest": "d1"}], ("ann",)),
    ("metrics.loss < 1", [{"dataset_name": "iris"}], ()),  # that point is on no dataset
]


def three_models(store: TrackingBase) -> str:
    """Create the models ann, bob and cat in an experiment of their own; return its id."""
    experiment_id: str = store.create_experiment("models", None, [])
    run_id = run_id_of(store, experiment_id)
    ann = a_model(
        store,
        experiment_id,
        "ann",
        source_run_id=run_id,
        model_type="sklearn",
        params=[LoggedModelParameter("depth", "3")],
        tags=[LoggedModelTag("stage", "Train")],
    )
    bob = a_model(
        store,
        experiment_id,
        "bob",
        model_type="torch",
        params=[LoggedModelParameter("depth", "10")],
        tags=[LoggedModelTag("stage", "train")],
    )
    a_model(store, experiment_id, "cat")
    for model, value, step, digest in [(ann, 2.0, 1, "d1"), (ann, 0.5, 0, None), (bob, 3.0, 0, "d2")]:
        dataset = {"dataset_name": "iris", "dataset_digest": digest} if digest else {}
        store.log_metric(run_id, metric(value=value, step=step, model_id=model.model_id, **dataset))
    return experiment_id


def found(store: TrackingBase, experiment_id: str, text: str | None, **options: Any) -> tuple[str, ...]:
    """Return the names of the models that a filter finds, sorted."""
    return tuple(sorted(model.name for model in store.search_logged_models([experiment_id], text, **options)))


class FilterLoggedModelsSuite:
    """Which logged models a filter finds."""

    def test_filters_find(self, store: TrackingBase) -> None:
        """Every comparator of every entity."""
        experiment_id = three_models(store)

        assert {text: found(store, experiment_id, text) for text in FILTERS} == FILTERS

    def test_bad_filters_are_refused(self, store: TrackingBase) -> None:
        """Each with the same code."""
        for text in REFUSED:
            with refused(BAD_VALUE):
                found(store, "0", text)

    def test_datasets_narrow_the_metrics(self, store: TrackingBase) -> None:
        """Without a metric clause: any metric on one of the datasets."""
        experiment_id = three_models(store)

        for text, datasets, expected in DATASETS:
            assert found(store, experiment_id, text, datasets=datasets) == expected, (text, datasets)

    def test_dataset_needs_a_name(self, store: TrackingBase) -> None:
        """A digest alone says nothing."""
        with refused(BAD_VALUE):
            found(store, "0", None, datasets=[{"dataset_digest": "d1"}])

    def test_ids_can_be_searched(self, store: TrackingBase) -> None:
        """Of the model and of its run."""
        experiment_id = three_models(store)
        ann = store.search_logged_models([experiment_id], "name = 'ann'")[0]

        assert found(store, experiment_id, f"model_id = '{ann.model_id}'") == ("ann",)
        assert found(store, experiment_id, f"source_run_id = '{ann.source_run_id}'") == ("ann",)
        assert found(store, experiment_id, f"source_run_id != '{ann.source_run_id}'") == ()

    def test_deleted_models_are_never_found(self, store: TrackingBase) -> None:
        """There is no view type here."""
        experiment_id = three_models(store)
        store.delete_logged_model(store.search_logged_models([experiment_id], "name = 'ann'")[0].model_id)

        assert found(store, experiment_id, None) == ("bob", "cat")

    def test_experiments_are_searched_together(self, store: TrackingBase) -> None:
        """Those that are asked for and no other."""
        experiment_id = three_models(store)
        a_model(store, "0", "elsewhere")
        both = store.search_logged_models([experiment_id, "0"])

        assert sorted(model.name for model in both) == ["ann", "bob", "cat", "elsewhere"]
        assert list(store.search_logged_models([])) == []

    def test_found_model_is_a_whole_one(self, store: TrackingBase) -> None:
        """As get_logged_model returns it."""
        experiment_id = three_models(store)

        for model in store.search_logged_models([experiment_id]):
            read = store.get_logged_model(model.model_id)
            assert model.to_dictionary() | {"metrics": None} == read.to_dictionary() | {"metrics": None}
            assert len(model.metrics or []) == len(read.metrics or [])


class OrderLoggedModelsSuite:
    """In which order and on which pages logged models are found."""

    @pytest.mark.parametrize(
        ("order_by", "expected"),
        [
            ([{"field_name": "name"}], "ann bob cat"),
            ([{"field_name": "name", "ascending": False}], "cat bob ann"),
            ([{"field_name": "model_type"}], "ann bob cat"),
            ([{"field_name": "model_type", "ascending": False}], "bob ann cat"),
            ([{"field_name": "metrics.loss"}], "ann bob cat"),  # ann's latest point is that of step 1
            ([{"field_name": "metrics.loss", "ascending": False}], "bob ann cat"),
            (
                [
                    {"field_name": "metrics.loss", "dataset_name": "iris", "dataset_digest": "d2"},
                    {"field_name": "name"},
                ],
                "bob ann cat",
            ),
        ],
        ids=str,
    )
    def test_orders(self, store: TrackingBase, order_by: list[dict[str, Any]], expected: str) -> None:
        """Missing values last in both directions."""
        experiment_id = three_models(store)
        names = [model.name for model in store.search_logged_models([experiment_id], order_by=order_by)]

        assert names == expected.split()

    def test_newest_comes_first(self, store: TrackingBase) -> None:
        """Without any wish; on a draw the smaller id."""
        for _ in range(5):
            a_model(store)
        models = list(store.search_logged_models(["0"]))

        assert models == sorted(models, key=lambda one: (-one.creation_timestamp, one.model_id))

    @pytest.mark.parametrize("field", ["nonsense", "params.depth", "tags.t"])
    def test_bad_order_is_refused(self, store: TrackingBase, field: str) -> None:
        """Attributes and metrics only."""
        with refused(BAD_VALUE):
            store.search_logged_models(["0"], order_by=[{"field_name": field}])

    @pytest.mark.parametrize("size", [1, 2, 3, 6, 7])
    @pytest.mark.parametrize("order_by", [None, [{"field_name": "metrics.loss"}]], ids=str)
    def test_pages_add_up(
        self, store: TrackingBase, size: int, order_by: list[dict[str, Any]] | None
    ) -> None:
        """Each model once, the token None exactly at the end."""
        run_id = run_id_of(store)
        for index in range(6):
            model = a_model(store)
            if index % 2:
                store.log_metric(run_id, metric(value=float(index % 3), model_id=model.model_id))
        pages, token = [], None
        while True:
            page = store.search_logged_models(["0"], None, None, size, order_by, token)
            pages.append(page)
            token = page.token
            if token is None:
                break
        whole = store.search_logged_models(["0"], order_by=order_by)

        assert [len(page) for page in pages] == [size] * (6 // size) + ([6 % size] if 6 % size else [])
        assert [one.model_id for page in pages for one in page] == [one.model_id for one in whole]

    def test_token_belongs_to_its_query(self, store: TrackingBase) -> None:
        """With another filter, order or experiment it is refused."""
        for _ in range(2):
            a_model(store)
        token = store.search_logged_models(["0"], "name = 'net'", max_results=1).token

        with refused(BAD_VALUE):
            store.search_logged_models(["0"], "name = 'other'", max_results=1, page_token=token)
        with refused(BAD_VALUE):
            store.search_logged_models(["1"], "name = 'net'", max_results=1, page_token=token)
        with refused(BAD_VALUE):
            store.search_logged_models(
                ["0"], "name = 'net'", None, 1, [{"field_name": "name"}], page_token=token
            )
