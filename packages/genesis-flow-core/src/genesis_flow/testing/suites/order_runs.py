"""What a tracking store promises about search_runs: order and pages."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from mlflow.entities import Param, Run, RunStatus, RunTag, ViewType

from genesis_flow.testing.expect import BAD_VALUE, INTERNAL, refused
from genesis_flow.testing.samples import metric, run_id_of

if TYPE_CHECKING:
    from genesis_flow.testing.contract import TrackingStore as TrackingBase


def names(store: TrackingBase, experiment_id: str, *order_by: str) -> list[str]:
    """Return the names of an experiment's runs in the order asked for."""
    runs = store.search_runs([experiment_id], None, ViewType.ACTIVE_ONLY, order_by=list(order_by))
    return [run.info.run_name for run in runs]


class OrderRunsSuite:
    """In which order runs are found."""

    def test_newest_start_comes_first(self, store: TrackingBase) -> None:
        """Without any wish; on a draw the smaller id."""
        experiment_id = store.create_experiment("e", None, [])
        ids = {run_id_of(store, experiment_id, start_time=5) for _ in range(5)}
        first = run_id_of(store, experiment_id, start_time=6)
        last = run_id_of(store, experiment_id, start_time=4)
        runs = store.search_runs([experiment_id], None, ViewType.ALL)

        assert [run.info.run_id for run in runs] == [first, *sorted(ids), last]

    @pytest.mark.parametrize(
        ("order", "expected"),
        [
            ("metrics.m ASC", ["low", "one", "high", "nan2", "nan", "none2", "none"]),
            ("metrics.m DESC", ["high", "one", "low", "nan2", "nan", "none2", "none"]),
            ("metrics.m", ["low", "one", "high", "nan2", "nan", "none2", "none"]),
            ("metric.`m` desc", ["high", "one", "low", "nan2", "nan", "none2", "none"]),
        ],
    )
    def test_metrics_numbers_then_nan_then_missing(
        self, store: TrackingBase, order: str, expected: list[str]
    ) -> None:
        """In both directions; draws by start time, newest first."""
        experiment_id = store.create_experiment("e", None, [])
        values = {"nan": math.nan, "high": math.inf, "none": None, "one": 1.0, "low": -math.inf}
        for start, (name, value) in enumerate([*values.items(), ("none2", None), ("nan2", math.nan)]):
            run_id = run_id_of(store, experiment_id, name=name, start_time=start)
            if value is not None:
                store.log_metric(run_id, metric("m", value))

        assert names(store, experiment_id, order) == expected

    @pytest.mark.parametrize("kind", ["params", "tags"])
    def test_texts_as_texts_then_missing(self, store: TrackingBase, kind: str) -> None:
        """By code point: digits, capitals, small letters, the rest; missing last in both directions."""
        experiment_id = store.create_experiment("e", None, [])
        for start, value in enumerate(["b", "10", "9", "B", "é", "", None]):
            run_id = run_id_of(store, experiment_id, name=repr(value), start_time=start)
            if value is not None:
                store.log_batch(run_id, [], [Param("k", value)], [RunTag("k", value)])
        expected = ["''", "'10'", "'9'", "'B'", "'b'", "'é'"]

        assert names(store, experiment_id, f"{kind}.k ASC") == [*expected, "None"]
        assert names(store, experiment_id, f"{kind}.k DESC") == [*reversed(expected), "None"]

    def test_attributes(self, store: TrackingBase) -> None:
        """Each that MLflow can order by; an end that is not there comes last."""
        experiment_id = store.create_experiment("e", None, [])
        for name, start, status, end in [
            ("b", 1, "FAILED", 9),
            ("a", 3, "RUNNING", None),
            ("c", 2, "KILLED", 8),
        ]:
            run_id = run_id_of(store, experiment_id, name=name, start_time=start)
            store.update_run_info(run_id, RunStatus.from_string(status), end, None)
        table = {
            "start_time ASC": "bca",
            "attributes.start_time DESC": "acb",
            "created": "bca",
            "Created DESC": "acb",
            "end_time ASC": "cba",
            "end_time DESC": "bca",
            "status": "bca",
            "run_name DESC": "cba",
            "attribute.`run_name`": "abc",
            "user_id": "acb",
        }

        assert {order: "".join(names(store, experiment_id, order)) for order in table} == table

    def test_wishes_count_in_their_order(self, store: TrackingBase) -> None:
        """The second breaks the draws of the first."""
        experiment_id = store.create_experiment("e", None, [])
        for name, kind, value in [("a", "x", 1.0), ("b", "y", 2.0), ("c", "x", 3.0), ("d", None, 0.0)]:
            run_id = run_id_of(store, experiment_id, name=name)
            store.log_metric(run_id, metric("m", value))
            if kind:
                store.log_param(run_id, Param("kind", kind))

        assert names(store, experiment_id, "params.kind DESC", "metrics.m DESC") == ["b", "c", "a", "d"]
        assert names(store, experiment_id, "params.kind", "run_name DESC") == ["c", "a", "b", "d"]

    def test_keys_with_odd_signs(self, store: TrackingBase) -> None:
        """In backticks or double quotes."""
        experiment_id = store.create_experiment("e", None, [])
        for name, value in [("two", 2.0), ("one", 1.0)]:
            store.log_metric(run_id_of(store, experiment_id, name=name), metric("a.b c/d", value))

        assert names(store, experiment_id, "metrics.`a.b c/d`") == ["one", "two"]
        assert names(store, experiment_id, 'metrics."a.b c/d" DESC') == ["two", "one"]

    @pytest.mark.parametrize(
        ("order_by", "code"),
        [
            (["nonsense"], BAD_VALUE),
            (["nonsense.key"], BAD_VALUE),
            (["metrics.m SIDEWAYS"], BAD_VALUE),
            (["datasets.name"], BAD_VALUE),
            (["start_time", "start_time DESC"], INTERNAL),
            (["metrics.m", "metric.m DESC"], INTERNAL),
        ],
        ids=str,
    )
    def test_bad_wish_is_refused(self, store: TrackingBase, order_by: list[str], code: str) -> None:
        """With the code that MLflow's SQL store answers."""
        with refused(code):
            store.search_runs(["0"], None, ViewType.ALL, order_by=order_by)


class RunPagesSuite:
    """Pages: every run once, in one order, whatever the order is."""

    @pytest.mark.parametrize(
        "order_by",
        [[], ["metrics.m DESC"], ["params.p"], ["end_time"], ["tags.t DESC", "metrics.m"]],
        ids=str,
    )
    @pytest.mark.parametrize("size", [1, 3, 4, 11, 12])
    def test_pages_add_up(self, store: TrackingBase, order_by: list[str], size: int) -> None:
        """Draws, NaN and missing values do not make a page lose a run or show it twice."""
        experiment_id = store.create_experiment("e", None, [])
        for index in range(11):
            run_id = run_id_of(store, experiment_id, start_time=index // 4)
            value = [1.0, math.nan, None, 2.0][index % 4]
            tags = [RunTag("t", str(index % 2))] if index % 3 else []
            params = [Param("p", "same")] if index % 2 else []
            store.log_batch(run_id, [] if value is None else [metric("m", value)], params, tags)
            if index > 7:
                store.update_run_info(run_id, None, 7, None)
        whole = store.search_runs([experiment_id], None, ViewType.ALL, order_by=order_by)
        pages = self._pages(store, [experiment_id], size, order_by)

        assert [len(page) for page in pages] == [size] * (11 // size) + ([11 % size] if 11 % size else [])
        assert [run.info.run_id for page in pages for run in page] == [run.info.run_id for run in whole]

    @staticmethod
    def _pages(
        store: TrackingBase, experiment_ids: list[str], size: int, order_by: list[str]
    ) -> list[list[Run]]:
        pages, token = [], None
        while True:
            page = store.search_runs(experiment_ids, "", ViewType.ALL, size, order_by, token)
            pages.append(list(page))
            token = page.token
            if token is None:
                return pages

    def test_page_of_a_filtered_search(self, store: TrackingBase) -> None:
        """The filter holds on every page."""
        experiment_id = store.create_experiment("e", None, [])
        for index in range(6):
            store.log_metric(run_id_of(store, experiment_id, start_time=index), metric("m", float(index)))
        first = store.search_runs([experiment_id], "metrics.m < 4", ViewType.ALL, 3)
        second = store.search_runs([experiment_id], "metrics.m < 4", ViewType.ALL, 3, None, first.token)

        assert [run.info.start_time for run in [*first, *second]] == [3, 2, 1, 0]
        assert second.token is None

    def test_empty_result_has_no_token(self, store: TrackingBase) -> None:
        """There is nothing behind it."""
        found = store.search_runs(["0"], None, ViewType.ALL)

        assert (list(found), found.token) == ([], None)

    @pytest.mark.parametrize("size", [0, -1, 50001])
    def test_bad_size_is_refused(self, store: TrackingBase, size: int) -> None:
        """1 to 50,000."""
        with refused(BAD_VALUE):
            store.search_runs(["0"], None, ViewType.ALL, max_results=size)

    @pytest.mark.parametrize("token", ["nonsense", "e30="])
    def test_bad_token_is_refused(self, store: TrackingBase, token: str) -> None:
        """It cannot have come from here."""
        with refused(BAD_VALUE):
            store.search_runs(["0"], None, ViewType.ALL, page_token=token)
