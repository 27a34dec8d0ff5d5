"""Metric history: MLflow's signatures over packed points."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mlflow.entities import Metric
from mlflow.entities.metric import MetricWithRunId
from mlflow.exceptions import MlflowException
from mlflow.store.entities.paged_list import PagedList

from genesis_flow_mongo import collector
from genesis_flow_mongo.documents.points import by_step
from genesis_flow_mongo.documents.sampling import sample
from genesis_flow_mongo.query.tokens import decode_token, encode_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from genesis_flow_mongo.documents.points import Point
    from genesis_flow_mongo.repositories.metric_history import MetricHistoryRepository


class MetricHistoryOps:
    """Metric history of a tracking store. Unknown runs and keys have no points; they are no error."""

    _metric_history: MetricHistoryRepository

    def get_metric_history(
        self,
        run_id: str,
        metric_key: str,
        max_results: int | None = None,
        page_token: str | None = None,
    ) -> PagedList[Metric]:
        """Return the points of one metric, by (timestamp, step, value); a NaN sorts as 0.

        One round trip for a run with few points, else two, and one more per 16 MB (700,000 points).

        Raises:
            MlflowException: INVALID_PARAMETER_VALUE if the token is none of ours.
        """
        position = decode_token(page_token, "after", "since") if page_token else {}
        with collector.paused():
            if max_results is None and not position:
                points = self._metric_history.points([run_id], metric_key).get(run_id, [])
                return PagedList(_metrics(metric_key, points), None)
            limit = sys.maxsize if max_results is None else max_results
            points, since = self._metric_history.page(run_id, metric_key, limit, **position)
            token = None if since is None else encode_token({"after": points[-1], "since": since})
            return PagedList(_metrics(metric_key, points), token)

    def get_metric_history_bulk(
        self, run_ids: Sequence[str], metric_key: str, max_results: int
    ) -> list[MetricWithRunId]:
        """Return up to `max_results` points of several runs, by run id and then as in a single history.

        Two round trips, and one more per 16 MB.
        """
        with collector.paused():
            found = self._metric_history.points(list(run_ids), metric_key)
            rows = [(run_id, point) for run_id in sorted(found) for point in found[run_id]]
        return [_with_run_id(run_id, metric_key, point) for run_id, point in rows[:max_results]]

    def get_metric_history_bulk_interval(
        self,
        run_ids: Sequence[str],
        metric_key: str,
        max_results: int,
        start_step: int | None,
        end_step: int | None,
    ) -> list[MetricWithRunId]:
        """Return up to `max_results` points of each run, evenly spaced by (step, timestamp, value).

        The last point is always among them, and the first when there are two or more. Two round trips, and
        one more per 16 MB.

        Raises:
            MlflowException: INVALID_PARAMETER_VALUE if only one bound of the steps is given.
        """
        if (start_step is None) != (end_step is None):
            raise MlflowException.invalid_parameter_value(
                "Both start_step and end_step must be specified together, or neither may be specified."
            )
        with collector.paused():
            found = self._metric_history.points(list(run_ids), metric_key)
        sampled = []
        for run_id in run_ids:
            points = found.get(run_id, [])
            if start_step is not None and end_step is not None:
                points = [point for point in points if start_step <= point[1] <= end_step]
            kept = sample(sorted(points, key=by_step), max(1, max_results))
            sampled += [_with_run_id(run_id, metric_key, point) for point in kept]
        return sampled

    def get_metric_history_bulk_interval_from_steps(
        self, run_id: str, metric_key: str, steps: Iterable[int], max_results: int
    ) -> list[MetricWithRunId]:
        """Return up to `max_results` points of given steps, by (step, timestamp, value); two round trips."""
        wanted = set(steps)
        points = self._metric_history.points([run_id], metric_key).get(run_id, [])
        chosen = sorted((point for point in points if point[1] in wanted), key=by_step)
        return [_with_run_id(run_id, metric_key, point) for point in chosen[:max_results]]


def _metrics(key: str, points: Iterable[Point]) -> list[Metric]:
    return [Metric(key, value, stamp, step) for stamp, step, value in points]


def _with_run_id(run_id: str, key: str, point: Point) -> MetricWithRunId:
    stamp, step, value = point
    return MetricWithRunId(metric=Metric(key, value, stamp, step), run_id=run_id)
