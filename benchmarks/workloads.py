"""What the operations write: the same content for every candidate, and nothing random."""

from __future__ import annotations

import time
from itertools import count
from typing import TYPE_CHECKING

from mlflow.entities import Metric, Param, RunStatus, RunTag

if TYPE_CHECKING:
    from benchmarks.rivals import Rival

METRICS_PER_RUN = 10
PARAMS_PER_RUN = 10
TAGS_PER_RUN = 5
FILTER = "metrics.metric_0 > 0.2 and params.param_0 = 'value 0' and tags.tag_0 = 'value 0'"
THRESHOLD = 0.2
ORDER = "metrics.metric_0 DESC"
_serial = count()


def now() -> int:
    """Milliseconds since the epoch, as MLflow counts time."""
    return time.time_ns() // 1_000_000


def fresh(prefix: str) -> str:
    """A name not used before in this process."""
    return f"{prefix}-{time.time_ns():x}-{next(_serial)}"


def metrics(number: int, step: int = 0, score: float = 0.5) -> list[Metric]:
    """`number` metrics with keys of their own, at one step."""
    moment = now()
    return [Metric(f"metric_{i}", score + i, moment, step) for i in range(number)]


def params(number: int, salt: int = 0, group: int = 0) -> list[Param]:
    """`number` params; params are write-once, so `salt` makes the keys new."""
    return [Param(f"param_{salt + i}", f"value {group}") for i in range(number)]


def tags(number: int, group: int = 0) -> list[RunTag]:
    """`number` tags; the same keys each time."""
    return [RunTag(f"tag_{i}", f"value {group}") for i in range(number)]


def series(points: int, start: int = 0) -> list[Metric]:
    """`points` consecutive points of one metric, a second apart."""
    first = 1_700_000_000_000
    steps = range(start, start + points)
    return [Metric("loss", 1.0 / (step + 1), first + 1000 * step, step) for step in steps]


def new_experiment(rival: Rival) -> str:
    """Create an experiment and give its id."""
    experiment_id: str = rival.tracking.create_experiment(fresh("experiment"), None, [])
    return experiment_id


def new_run(rival: Rival, experiment_id: str) -> str:
    """Create a run, as `mlflow.start_run` does, and give its id."""
    user_tags = [RunTag("mlflow.user", "bench"), RunTag("mlflow.source.name", "bench.py")]
    run = rival.tracking.create_run(experiment_id, "bench", now(), user_tags, fresh("run"))
    run_id: str = run.info.run_id
    return run_id


def score_of(index: int) -> float:
    """The metric that runs are filtered and ordered by: spread over 0 … 1, far from any order of creation."""
    return index * 7919 % 10007 / 10007


def finished_run(rival: Rival, experiment_id: str, index: int) -> str:
    """A complete training run. Of four groups by `index` one matches both params and tags of FILTER."""
    run_id = new_run(rival, experiment_id)
    rival.tracking.log_batch(
        run_id,
        metrics(METRICS_PER_RUN, score=score_of(index)),
        params(PARAMS_PER_RUN, group=index % 2),
        tags(TAGS_PER_RUN, group=index // 2 % 2),
    )
    rival.tracking.update_run_info(run_id, RunStatus.FINISHED, now(), None)
    return run_id


def small_run(rival: Rival, experiment_id: str) -> None:
    """The life of a small run: create, one batch, end."""
    run_id = new_run(rival, experiment_id)
    rival.tracking.log_batch(run_id, metrics(5), params(5), tags(3))
    rival.tracking.update_run_info(run_id, RunStatus.FINISHED, now(), None)
