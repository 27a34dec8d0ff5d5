"""What a tracking store promises about log_batch: limits, order, all or nothing where MLflow has it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from mlflow.entities import Param, RunTag

from genesis_flow.testing.expect import BAD_VALUE, MISSING, refused
from genesis_flow.testing.samples import metric, run_id_of

if TYPE_CHECKING:
    from genesis_flow.testing.contract import TrackingStore as TrackingBase


class BatchesSuite:
    """`log_batch`, and the queue of the asynchronous verbs in front of it."""

    def test_everything_of_a_full_batch_is_stored(self, store: TrackingBase) -> None:
        """800 metrics, 100 params, 100 tags: the most that fits."""
        run_id = run_id_of(store)
        store.log_batch(
            run_id,
            [metric(f"m{i}", float(i)) for i in range(800)],
            [Param(f"p{i}", str(i)) for i in range(100)],
            [RunTag(f"t{i}", str(i)) for i in range(100)],
        )
        data = store.get_run(run_id).data

        assert data.metrics == {f"m{i}": float(i) for i in range(800)}
        assert data.params == {f"p{i}": str(i) for i in range(100)}
        assert data.tags == {f"t{i}": str(i) for i in range(100)} | {"mlflow.runName": "run"}

    def test_thousand_points_of_one_metric(self, store: TrackingBase) -> None:
        """All in the history, one the latest."""
        run_id = run_id_of(store)
        store.log_batch(run_id, [metric(value=float(i), step=i, timestamp=i) for i in range(1000)], [], [])

        assert store.get_run(run_id).data.metrics == {"loss": 999.0}
        assert [point.step for point in store.get_metric_history(run_id, "loss")] == list(range(1000))

    @pytest.mark.parametrize(
        ("metrics", "params", "tags"),
        [(1001, 0, 0), (0, 101, 0), (0, 0, 101), (900, 50, 51), (1000, 1, 0)],
    )
    def test_too_much_is_refused(self, store: TrackingBase, metrics: int, params: int, tags: int) -> None:
        """1,000 metrics, 100 params, 100 tags, 1,000 in all; nothing is stored."""
        run_id = run_id_of(store)

        with refused(BAD_VALUE, "at most"):
            store.log_batch(
                run_id,
                [metric(f"m{i}") for i in range(metrics)],
                [Param(f"p{i}", "1") for i in range(params)],
                [RunTag(f"t{i}", "1") for i in range(tags)],
            )

        data = store.get_run(run_id).data
        assert (data.metrics, data.params, data.tags) == ({}, {}, {"mlflow.runName": "run"})

    @pytest.mark.parametrize("values", [("1", "1"), ("1", "2")])
    def test_param_given_twice_is_refused(self, store: TrackingBase, values: tuple[str, str]) -> None:
        """Even with the same value."""
        run_id = run_id_of(store)

        with refused(BAD_VALUE, "Duplicate parameter keys"):
            store.log_batch(run_id, [], [Param("p", value) for value in values], [])
        assert store.get_run(run_id).data.params == {}

    def test_param_conflict_comes_before_any_effect(self, store: TrackingBase) -> None:
        """New params, metrics and tags of the same batch are not stored either."""
        run_id = run_id_of(store)
        store.log_param(run_id, Param("p", "1"))

        with refused(BAD_VALUE, "Changing param values"):
            store.log_batch(run_id, [metric()], [Param("new", "1"), Param("p", "2")], [RunTag("t", "1")])

        data = store.get_run(run_id).data
        assert (data.metrics, data.params, data.tags) == ({}, {"p": "1"}, {"mlflow.runName": "run"})
        assert list(store.get_metric_history(run_id, "loss")) == []

    def test_known_params_beside_new_ones_are_fine(self, store: TrackingBase) -> None:
        """Only another value is a conflict."""
        run_id = run_id_of(store)
        store.log_param(run_id, Param("p", "1"))
        store.log_batch(run_id, [], [Param("p", "1"), Param("q", "2")], [])

        assert store.get_run(run_id).data.params == {"p": "1", "q": "2"}

    def test_equal_metrics_in_a_batch_are_one(self, store: TrackingBase) -> None:
        """NaN equals NaN here."""
        run_id = run_id_of(store)
        store.log_batch(run_id, [metric(value=value) for value in (1.0, 1.0, math.nan, math.nan)], [], [])

        assert len(store.get_metric_history(run_id, "loss")) == 2

    def test_empty_batch_is_fine(self, store: TrackingBase) -> None:
        """It changes nothing."""
        run_id = run_id_of(store)
        before = store.get_run(run_id).to_dictionary()
        store.log_batch(run_id, [], [], [])

        assert store.get_run(run_id).to_dictionary() == before

    @pytest.mark.parametrize(("run_id", "code"), [("0" * 32, MISSING), ("", BAD_VALUE), ("a/b", BAD_VALUE)])
    def test_bad_run_is_refused(self, store: TrackingBase, run_id: str, code: str) -> None:
        """An impossible id is told from an unknown one."""
        with refused(code):
            store.log_batch(run_id, [metric()], [], [])

    def test_arguments_are_not_changed(self, store: TrackingBase) -> None:
        """The caller's lists stay the caller's."""
        metrics, params, tags = [metric()], [Param("p", "x" * 6001)], [RunTag("t", "x" * 8001)]
        given: list[list[Any]] = [metrics, params, tags]
        before = [[dict(item) for item in items] for items in given]
        store.log_batch(run_id_of(store), metrics, params, tags)

        assert [[dict(item) for item in items] for items in given] == before

    def test_asynchronous_writes_arrive(self, store: TrackingBase) -> None:
        """Metrics, params and tags that were queued are there once the queue says so."""
        run_id = run_id_of(store)
        operations = [
            store.log_metric_async(run_id, metric(step=step, value=float(step))) for step in range(20)
        ]
        operations.append(store.log_param_async(run_id, Param("p", "1")))
        operations.append(store.set_tag_async(run_id, RunTag("t", "1")))
        for operation in operations:
            operation.wait()
        store.end_async_logging()
        data = store.get_run(run_id).data

        assert (data.metrics, data.params, data.tags["t"]) == ({"loss": 19.0}, {"p": "1"}, "1")
        assert len(store.get_metric_history(run_id, "loss")) == 20
