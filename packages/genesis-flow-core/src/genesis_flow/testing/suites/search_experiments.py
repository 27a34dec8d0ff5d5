"""What a tracking store promises about search_experiments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mlflow.entities import ExperimentTag, ViewType

from genesis_flow.testing.expect import BAD_VALUE, refused

if TYPE_CHECKING:
    from genesis_flow.testing.contract import TrackingStore as TrackingBase

FILTERS = {
    "name = 'Ann'": ("Ann",),
    "name != 'Ann'": ("Default", "ann", "b_b"),
    "attribute.name = 'Ann'": ("Ann",),
    "attribute.name LIKE 'A%'": ("Ann",),
    "name ILIKE 'a%'": ("Ann", "ann"),
    "name LIKE 'b\\_b'": (),
    "name LIKE 'b_b'": ("b_b",),
    "tags.team = 'x'": ("Ann",),
    "tags.team != 'x'": ("ann",),  # an experiment without the tag is out
    "tag.team LIKE 'X%'": ("ann",),
    "tags.team ILIKE 'x%'": ("Ann", "ann"),
    "tags.team IS NULL": ("Default", "b_b"),
    "tags.team IS NOT NULL": ("Ann", "ann"),
    "tags.`a.b c` = '1'": ("b_b",),
    "name LIKE '%n%' AND tags.team = 'x'": ("Ann",),
    "tags.team = 'x' AND tags.other = 'y'": ("Ann",),
    "creation_time > 0": ("Ann", "Default", "ann", "b_b"),
    "creation_time <= 0": (),
    "last_update_time >= 1000000000000 AND creation_time != 5": ("Ann", "Default", "ann", "b_b"),
    "experiment_id = '0'": ("Default",),
    "experiment_id != '0'": ("Ann", "ann", "b_b"),
    "experiment_id IN ('0', '4711')": ("Default",),
    "experiment_id NOT IN ('0')": ("Ann", "ann", "b_b"),
    "": ("Ann", "Default", "ann", "b_b"),
}

REFUSED = [
    "nonsense = 'x'",
    "attribute.nonsense = 'x'",
    "params.p = 'x'",
    "attr.name = 'x'",
    "name > 'a'",
    "name IN ('a')",
    "name = 5",
    "tags.team > 'x'",
    "tags.team IN ('x')",
    "creation_time LIKE '1'",
    "creation_time = 'x'",
    "creation_time > 1.5",
    "experiment_id = 'x'",
    "experiment_id > '1'",
    "experiment_id LIKE '1'",
    "name IS NULL",
    "name = 'a' OR name = 'b'",
    "name =",
]


def three_experiments(store: TrackingBase) -> None:
    """Create Ann, ann and b_b beside the default one."""
    store.create_experiment("Ann", None, [ExperimentTag("team", "x"), ExperimentTag("other", "y")])
    store.create_experiment("ann", None, [ExperimentTag("team", "Xy")])
    store.create_experiment("b_b", None, [ExperimentTag("a.b c", "1")])


class FilterExperimentsSuite:
    """Which experiments a filter finds."""

    def test_filters_find(self, store: TrackingBase) -> None:
        """Every comparator of every attribute."""
        three_experiments(store)

        def found(text: str) -> tuple[str, ...]:
            return tuple(
                sorted(experiment.name for experiment in store.search_experiments(filter_string=text))
            )

        assert {text: found(text) for text in FILTERS} == FILTERS

    def test_bad_filters_are_refused(self, store: TrackingBase) -> None:
        """Each with the same code."""
        for text in REFUSED:
            with refused(BAD_VALUE):
                store.search_experiments(filter_string=text)

    @pytest.mark.parametrize(
        ("view", "names"),
        [
            (ViewType.ACTIVE_ONLY, ["Default", "active"]),
            (ViewType.DELETED_ONLY, ["deleted"]),
            (ViewType.ALL, ["Default", "active", "deleted"]),
        ],
    )
    def test_view_types(self, store: TrackingBase, view: str, names: list[str]) -> None:
        """Deleted experiments are shown on request only."""
        store.create_experiment("active", None, [])
        store.delete_experiment(store.create_experiment("deleted", None, []))

        assert sorted(experiment.name for experiment in store.search_experiments(view)) == names

    def test_found_experiment_is_a_whole_one(self, store: TrackingBase) -> None:
        """As get_experiment returns it."""
        three_experiments(store)

        for experiment in store.search_experiments(ViewType.ALL):
            assert dict(experiment) == dict(store.get_experiment(experiment.experiment_id))


class OrderExperimentsSuite:
    """In which order and on which pages experiments are found."""

    def test_default_order_is_newest_first(self, store: TrackingBase) -> None:
        """By creation, and on a draw the smaller number."""
        three_experiments(store)
        found = store.search_experiments()

        assert [experiment.experiment_id for experiment in found] == [
            experiment.experiment_id
            for experiment in sorted(found, key=lambda one: (-one.creation_time, int(one.experiment_id)))
        ]

    def test_orders(self, store: TrackingBase) -> None:
        """By each attribute, in both directions, numbers as numbers."""
        ids = [store.create_experiment(name, None, []) for name in ["b", "B", "a", "é", *"cdefghij"]]
        by_id = ["0", *ids]
        by_name = ["Default", *sorted(store.get_experiment(one).name for one in ids)]
        by_name.sort()

        def order(*order_by: str) -> list[str]:
            return [
                experiment.experiment_id for experiment in store.search_experiments(order_by=list(order_by))
            ]

        def names(*order_by: str) -> list[str]:
            return [experiment.name for experiment in store.search_experiments(order_by=list(order_by))]

        assert order("experiment_id ASC") == by_id
        assert order("experiment_id DESC") == by_id[::-1]
        assert names("name") == by_name
        assert names("attribute.name DESC") == by_name[::-1]
        assert order("last_update_time ASC", "experiment_id ASC") == by_id

    def test_draws_go_to_the_larger_number(self, store: TrackingBase) -> None:
        """Where an order is given and leaves a draw."""
        for name in "abc":
            store.create_experiment(name, None, [])
        found = store.search_experiments(order_by=["last_update_time DESC"])
        keys = [(one.last_update_time, int(one.experiment_id)) for one in found]

        assert keys == sorted(keys, reverse=True)

    @pytest.mark.parametrize("order_by", ["nonsense", "tags.team", "name SIDEWAYS", "params.p"])
    def test_bad_order_is_refused(self, store: TrackingBase, order_by: str) -> None:
        """Attributes only, ASC or DESC."""
        with refused(BAD_VALUE):
            store.search_experiments(order_by=[order_by])

    @pytest.mark.parametrize("size", [1, 2, 3, 6, 7])
    @pytest.mark.parametrize("order_by", [None, ["name DESC"], ["creation_time"]], ids=str)
    def test_pages_add_up(self, store: TrackingBase, size: int, order_by: list[str] | None) -> None:
        """Each experiment once, the token None exactly at the end."""
        for name in "abcde":
            store.create_experiment(name, None, [])
        pages, token = [], None
        while True:
            page = store.search_experiments(max_results=size, order_by=order_by, page_token=token)
            pages.append(page)
            token = page.token
            if token is None:
                break
        whole = store.search_experiments(order_by=order_by)

        assert [len(page) for page in pages] == [size] * (6 // size) + ([6 % size] if 6 % size else [])
        assert [one.name for page in pages for one in page] == [one.name for one in whole]

    @pytest.mark.parametrize("size", [None, 0, -1, 50001])
    def test_bad_size_is_refused(self, store: TrackingBase, size: int) -> None:
        """1 to 50,000."""
        with refused(BAD_VALUE):
            store.search_experiments(max_results=size)

    def test_bad_token_is_refused(self, store: TrackingBase) -> None:
        """It cannot have come from here."""
        with refused(BAD_VALUE):
            store.search_experiments(page_token="nonsense")
