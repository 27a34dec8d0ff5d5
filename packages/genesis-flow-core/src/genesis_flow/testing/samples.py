"""Makes the things that tests are about, with defaults for what a test is not about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    Metric,
    Param,
    Run,
    RunTag,
)

if TYPE_CHECKING:
    from genesis_flow.testing.contract import TrackingStore as TrackingBase

ODD_KEYS = ["a.b", "a b", "a/b", "a:b", "_id", "é", "Ünï.côdé", "a.b.", ".a", "0", "x" * 250]
"""Keys that MLflow allows and that databases stumble over."""


def a_run(
    store: TrackingBase, experiment_id: str = "0", *, start_time: int = 0, name: str = "run", **tags: str
) -> Run:
    """Create a run; keywords become its tags."""
    run_tags = [RunTag(key, value) for key, value in tags.items()]
    run: Run = store.create_run(experiment_id, "ada", start_time, run_tags, name)
    return run


def run_id_of(store: TrackingBase, experiment_id: str = "0", **options: Any) -> str:
    """Create a run and return its id."""
    run_id: str = a_run(store, experiment_id, **options).info.run_id
    return run_id


def metric(
    key: str = "loss", value: Any = 1.0, *, step: Any = 0, timestamp: Any = 0, **options: Any
) -> Metric:
    """Make a metric point."""
    return Metric(key, value, timestamp, step, **options)


def params(**values: Any) -> list[Param]:
    """Make params from keywords."""
    return [Param(key, value) for key, value in values.items()]


def a_dataset(
    name: str = "iris", digest: str = "d1", *, context: str | None = None, **fields: Any
) -> DatasetInput:
    """Make a dataset input; with a context it carries MLflow's context tag."""
    described = {"source_type": "local", "source": "/data", "schema": None, "profile": None} | fields
    tags = [InputTag("mlflow.data.context", context)] if context is not None else []
    return DatasetInput(Dataset(name=name, digest=digest, **described), tags)
