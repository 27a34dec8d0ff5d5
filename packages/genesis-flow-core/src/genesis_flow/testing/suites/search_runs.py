"""What a tracking store promises about search_runs: filters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from mlflow.entities import Param, RunStatus, RunTag, ViewType

from genesis_flow.testing.expect import BAD_VALUE, refused
from genesis_flow.testing.samples import ODD_KEYS, a_dataset, a_run, metric, run_id_of

if TYPE_CHECKING:
    from genesis_flow.testing.contract import TrackingStore as TrackingBase

METRICS: dict[str, tuple[str, ...]] = {
    "metrics.loss = 1.5": ("ann",),
    "metrics.loss != 1.5": ("bob", "cat"),  # NaN differs from every number; a run without the metric is out
    "metrics.loss < 2": ("ann",),
    "metrics.loss <= 2": ("ann", "bob"),
    "metrics.loss > 1.5": ("bob",),
    "metrics.loss >= 1.5": ("ann", "bob"),
    "metrics.loss > -1 AND metrics.loss < 2": ("ann",),
    "metrics.loss > -1e300": ("ann", "bob"),  # the placeholder of NaN never matches
    "metric.loss = 2": ("bob",),
    "metrics.`loss` = 2": ("bob",),
    'metrics."loss" = 2': ("bob",),
    "metrics.big > 1e308": ("bob",),
    "metrics.big = 1.7976931348623157e308": ("bob",),
    "metrics.absent > 0": (),
    "metrics.absent != 0": (),
}

TEXTS: dict[str, tuple[str, ...]] = {
    "params.depth = '3'": ("ann",),
    "params.depth = '03'": (),
    "params.depth != '3'": ("bob",),
    "params.depth LIKE '1%'": ("bob",),
    "params.depth LIKE '_'": ("ann",),
    "params.depth IS NULL": ("cat", "dan"),
    "params.depth IS NOT NULL": ("ann", "bob"),
    'params.depth = "3"': ("ann",),
    "param.depth = '3' and parameters.depth = '3' AND parameter.depth = '3'": ("ann",),
    "params.depth = '3' AND params.depth = '10'": (),
    "tags.stage = 'Train'": ("ann",),
    "tags.stage = 'train'": ("bob",),
    "tags.stage != 'Train'": ("bob", "cat"),
    "tags.stage LIKE 'Tr%'": ("ann",),
    "tags.stage ILIKE 'tR%'": ("ann", "bob"),
    "tags.stage ILIKE '%N'": ("ann", "bob"),
    "tags.stage LIKE '%'": ("ann", "bob", "cat"),
    "tags.stage LIKE 'rain'": (),
    "tags.stage LIKE '100._%'": (),
    "tags.stage LIKE '100%.%'": ("cat",),
    "tags.stage LIKE '1__%(x)*'": ("cat",),
    "tags.stage LIKE '%\\d%'": (),
    "tags.stage = '100%. (x)*'": ("cat",),
    "tags.stage IS NULL": ("dan",),
    "tag.stage IS NOT NULL": ("ann", "bob", "cat"),
    "tags.lines LIKE 'one%two'": ("dan",),
    "tags.lines LIKE 'one_two'": ("dan",),
    "tags.absent != 'x'": (),
}

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "status = 'FINISHED'": ("ann",),
    "attributes.status != 'FINISHED'": ("bob", "cat", "dan"),
    "attribute.status LIKE 'R%'": ("cat", "dan"),
    "attr.status ILIKE 'run%'": ("cat", "dan"),
    "run_name = 'bob'": ("bob",),
    "attributes.run_name LIKE '_a%'": ("cat", "dan"),
    "`run name` = 'ann'": ("ann",),
    "attributes.`Run name` != 'ann'": ("bob", "cat", "dan"),
    "tags.mlflow.runName = 'ann'": ("ann",),
    "user_id = 'ada'": ("ann", "bob", "cat", "dan"),
    "start_time > 10": ("bob", "cat", "dan"),
    "start_time >= 10 AND start_time < 30": ("ann", "bob"),
    "attributes.created = 20": ("bob",),
    "Created != 20": ("ann", "cat", "dan"),
    "end_time > 0": ("ann", "bob"),
    "end_time != 99": ("bob",),  # a run that has not ended has no end to differ
    "artifact_uri LIKE '%/artifacts'": ("ann", "bob", "cat", "dan"),
    "status = 'FINISHED' AND metrics.loss < 2 AND params.depth = '3' AND tags.stage = 'Train'": ("ann",),
    "status = 'FINISHED' AND metrics.loss > 2": (),
    "": ("ann", "bob", "cat", "dan"),
}

DATASETS: dict[str, tuple[str, ...]] = {
    "dataset.name = 'iris'": ("ann", "bob"),
    "datasets.name != 'iris'": ("bob",),  # bob has another one beside it
    "dataset.name LIKE 'ir%'": ("ann", "bob"),
    "dataset.name ILIKE 'IR%'": ("ann", "bob"),
    "dataset.name IN ('iris', 'x')": ("ann", "bob"),
    "dataset.name NOT IN ('iris')": ("bob",),
    "dataset.digest = 'd2'": ("bob",),
    "dataset.digest IN ('d1', 'd2')": ("ann", "bob"),
    "dataset.context = 'train'": ("ann",),
    "dataset.context != 'train'": ("bob",),
    "dataset.context IN ('train', 'test')": ("ann", "bob"),
    "dataset.name = 'wine' AND dataset.context = 'test'": ("bob",),
    "dataset.name = 'iris' AND dataset.digest = 'd2'": ("bob",),  # each clause may be met by another dataset
    "dataset.name = 'none'": (),
}

REFUSED = [
    "metrics.loss LIKE '1'",
    "metrics.loss = '1'",
    "metrics.loss IS NULL",
    "params.depth > '3'",
    "params.depth = 3",
    "params.depth IN ('3')",
    "params.depth RLIKE '3'",
    "tags.stage < 'a'",
    "tags.stage = train",
    "status IN ('FINISHED')",
    "status > 'A'",
    "status IS NULL",
    "start_time LIKE '1'",
    "start_time = '1'",
    "end_time IS NULL",
    "nonsense = 'x'",
    "attributes.nonsense = 'x'",
    "attributes.experiment_id = '0'",
    "nonsense.key = 'x'",
    "dataset.source = 'x'",
    "dataset.name > 'x'",
    "metrics.loss > 1 OR metrics.loss < 0",
    "NOT metrics.loss > 1",
    "(metrics.loss > 1)",
    "metrics.loss >",
    "metrics.loss",
    "1 = 1",
    "metrics.loss > 1; metrics.loss > 2",
    "!@#",
]


def four_runs(store: TrackingBase) -> str:
    """Create an experiment with four runs, ann to dan, that differ in everything; return its id."""
    experiment_id: str = store.create_experiment("four", None, [])
    ids = {
        name: run_id_of(store, experiment_id, name=name, start_time=start)
        for name, start in [("ann", 10), ("bob", 20), ("cat", 30), ("dan", 40)]
    }
    store.log_batch(ids["ann"], [metric(value=9.0), metric(value=1.5, step=1)], [Param("depth", "3")], [])
    store.log_batch(ids["bob"], [metric(value=2.0), metric("big", math.inf)], [Param("depth", "10")], [])
    store.log_batch(ids["cat"], [metric(value=math.nan)], [Param("rate", "0.1")], [])
    for name, key, value in [
        ("ann", "stage", "Train"),
        ("bob", "stage", "train"),
        ("cat", "stage", "100%. (x)*"),
        ("dan", "lines", "one\ntwo"),
    ]:
        store.set_tag(ids[name], RunTag(key, value))
    store.update_run_info(ids["ann"], RunStatus.FINISHED, 99, None)
    store.update_run_info(ids["bob"], RunStatus.FAILED, 98, None)
    store.log_inputs(ids["ann"], [a_dataset("iris", context="train")], [])
    store.log_inputs(ids["bob"], [a_dataset("iris"), a_dataset("wine", "d2", context="test")], [])
    return experiment_id


def found(store: TrackingBase, experiment_id: str, filter_string: str | None) -> tuple[str, ...]:
    """Return the names of the runs that a filter finds, sorted."""
    runs = store.search_runs([experiment_id], filter_string, ViewType.ACTIVE_ONLY)
    return tuple(sorted(run.info.run_name for run in runs))


class FilterRunsSuite:
    """Which runs a filter finds."""

    @pytest.mark.parametrize(
        "table", [METRICS, TEXTS, ATTRIBUTES, DATASETS], ids=["metrics", "texts", "attributes", "datasets"]
    )
    def test_filters_find(self, store: TrackingBase, table: dict[str, tuple[str, ...]]) -> None:
        """Every comparator of every entity, in every spelling that MLflow takes."""
        experiment_id = four_runs(store)

        assert {text: found(store, experiment_id, text) for text in table} == table

    def test_bad_filters_are_refused(self, store: TrackingBase) -> None:
        """Each with the same code, whatever is wrong with it."""
        experiment_id = four_runs(store)

        for text in REFUSED:
            with refused(BAD_VALUE):
                found(store, experiment_id, text)

    def test_run_ids_can_be_listed(self, store: TrackingBase) -> None:
        """The one attribute that takes a list."""
        experiment_id = store.create_experiment("e", None, [])
        first, second = (run_id_of(store, experiment_id, name=name) for name in ("first", "second"))

        assert found(store, experiment_id, f"run_id = '{first}'") == ("first",)
        assert found(store, experiment_id, f"run_id != '{first}'") == ("second",)
        assert found(store, experiment_id, f"attributes.run_id IN ('{first}', '{second}')") == (
            "first",
            "second",
        )
        assert found(store, experiment_id, f"run_id NOT IN ('{first}', 'x')") == ("second",)
        assert found(store, experiment_id, f"run_id LIKE '{first[:31]}_'") == ("first",)

    @pytest.mark.parametrize("key", ODD_KEYS)
    def test_any_key_can_be_searched(self, store: TrackingBase, key: str) -> None:
        """Written in backticks or double quotes."""
        experiment_id = store.create_experiment("e", None, [])
        run_id = run_id_of(store, experiment_id, name="it")
        run_id_of(store, experiment_id, name="other")
        store.log_batch(run_id, [metric(key, 5.0)], [Param(key, "5")], [RunTag(key, "5")])

        for quote in ("`", '"'):
            name = f"{quote}{key}{quote}"
            assert found(store, experiment_id, f"metrics.{name} > 4") == ("it",)
            assert found(store, experiment_id, f"params.{name} = '5'") == ("it",)
            assert found(store, experiment_id, f"tags.{name} LIKE '5'") == ("it",)
            assert found(store, experiment_id, f"tags.{name} IS NULL") == ("other",)

    @pytest.mark.parametrize(
        "value", ["", "é", "x" * 6000, "$where", "a`b", 'double"quote', "back\\slash"], ids=repr
    )
    def test_any_value_can_be_searched(self, store: TrackingBase, value: str) -> None:
        """Literally: no sign has a second meaning in `=`."""
        experiment_id = store.create_experiment("e", None, [])
        run_id = run_id_of(store, experiment_id, name="it")
        store.log_batch(run_id, [], [Param("p", value)], [RunTag("t", value)])

        assert found(store, experiment_id, f"params.p = '{value}'") == ("it",)
        assert found(store, experiment_id, f"tags.t = '{value}'") == ("it",)
        assert found(store, experiment_id, f"tags.t LIKE '{value}'") == ("it",)

    def test_renamed_run_is_found_by_its_new_name(self, store: TrackingBase) -> None:
        """The filter looks at the tag; a run whose name tag is deleted is not found by name."""
        experiment_id = store.create_experiment("e", None, [])
        run_id = run_id_of(store, experiment_id, name="old")
        store.update_run_info(run_id, None, None, "new")
        assert found(store, experiment_id, "run_name = 'new'") == ("new",)
        assert found(store, experiment_id, "run_name = 'old'") == ()

        store.delete_tag(run_id, "mlflow.runName")
        assert found(store, experiment_id, "run_name = 'new'") == ()

    @pytest.mark.parametrize(
        ("view", "names"),
        [
            (ViewType.ACTIVE_ONLY, ["active"]),
            (ViewType.DELETED_ONLY, ["deleted"]),
            (ViewType.ALL, ["active", "deleted"]),
        ],
    )
    def test_view_types(self, store: TrackingBase, view: str, names: list[str]) -> None:
        """Deleted runs are shown on request only."""
        experiment_id = store.create_experiment("e", None, [])
        run_id_of(store, experiment_id, name="active")
        store.delete_run(run_id_of(store, experiment_id, name="deleted"))

        assert sorted(run.info.run_name for run in store.search_runs([experiment_id], "", view)) == names

    def test_experiments_are_searched_together(self, store: TrackingBase) -> None:
        """Those that are asked for and no other; none at all finds nothing."""
        ids = [store.create_experiment(name, None, []) for name in "abc"]
        for experiment_id in ids:
            run_id_of(store, experiment_id, name=f"in {experiment_id}")

        def names(experiment_ids: list[Any]) -> list[str]:
            return sorted(run.info.run_name for run in store.search_runs(experiment_ids, None, ViewType.ALL))

        assert names(ids[:2]) == [f"in {experiment_id}" for experiment_id in ids[:2]]
        assert names([ids[2], ids[2]]) == [f"in {ids[2]}"]
        assert names(["4711"]) == []
        assert names([]) == []

    def test_found_run_is_a_whole_run(self, store: TrackingBase) -> None:
        """As get_run returns it, but for its model inputs, which MLflow's search leaves out."""
        experiment_id = store.create_experiment("e", None, [])
        run_id = a_run(store, experiment_id, k="v").info.run_id
        store.log_batch(run_id, [metric(step=4, timestamp=5)], [Param("p", "1")], [])
        store.log_inputs(run_id, [a_dataset("iris", context="train")], [])
        found_run = store.search_runs([experiment_id], None, ViewType.ALL)[0]

        assert found_run.to_dictionary() == store.get_run(run_id).to_dictionary()
        assert [dict(point) for point in found_run.data._metric_objs] == [
            dict(point) for point in store.get_run(run_id).data._metric_objs
        ]
