"""The collections, declared as data: what each holds, how it is sharded, which index serves which question.

Every root document carries a `workspace`, and so does every index that a search begins with.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Index:
    """One index: fields with 1 (ascending) or -1 (descending), and the question that it answers."""

    keys: tuple[tuple[str, int], ...]
    serves: str

    @property
    def name(self) -> str:
        """The name that MongoDB itself would choose."""
        return "_".join(f"{field}_{direction}" for field, direction in self.keys)


@dataclass(frozen=True)
class Collection:
    """One collection: its documents in a sentence, its shard key, its indexes beside the one on `_id`."""

    name: str
    holds: str
    shard_key: str
    indexes: tuple[Index, ...] = ()


META = Collection("meta", "the schema version, and settings that all clients share", "_id")
COUNTERS = Collection("counters", "the last id given to an experiment", "_id")
EXPERIMENTS = Collection(
    "experiments",
    "experiments, and a document for each name that is taken",
    "_id",
    (
        Index((("workspace", 1), ("name", 1)), "get_experiment_by_name; search by name"),
        Index(
            (("workspace", 1), ("creation_time", -1), ("number", 1)), "search_experiments in default order"
        ),
    ),
)
RUNS = Collection(
    "runs",
    "runs: info, params, tags, the latest value of each metric, inputs and outputs, the newest points",
    "_id",
    (
        Index(
            (("workspace", 1), ("experiment_id", 1), ("lifecycle_stage", 1), ("start_time", -1), ("_id", 1)),
            "search_runs in default order, cascades from an experiment",
        ),
    ),
)
METRICS = Collection(
    "metrics",
    "segments of metric history: packed points of one run, in the order of their arrival",
    "run_id",
    (Index((("run_id", 1), ("first", 1)), "get_metric_history by timestamp, deletion of a run"),),
)
RUN_OVERFLOW = Collection(
    "run_overflow",
    "params, tags and latest metrics that a run's document has no room for",
    "run_id",
    (
        Index((("run_id", 1),), "get_run, deletion of a run"),
        Index((("experiment_id", 1), ("kind", 1), ("key", 1)), "search_runs by a key that overflowed"),
    ),
)
DATASETS = Collection(
    "datasets",
    "datasets that runs took in, with the contexts of their use",
    "_id",
    (Index((("experiment_id", 1), ("name", 1), ("digest", 1)), "dataset summaries of experiments"),),
)
LOGGED_MODELS = Collection(
    "logged_models",
    "logged models: info, params, tags, and a summary of each metric",
    "_id",
    (
        Index(
            (
                ("workspace", 1),
                ("experiment_id", 1),
                ("lifecycle_stage", 1),
                ("creation_timestamp", -1),
                ("_id", 1),
            ),
            "search_logged_models in default order, cascades from an experiment",
        ),
    ),
)
LOGGED_MODEL_METRICS = Collection(
    "logged_model_metrics",
    "every metric value of every logged model",
    "model_id",
    (
        Index((("model_id", 1),), "get_logged_model, deletion of a model"),
        Index((("experiment_id", 1), ("key", 1), ("value", 1)), "search_logged_models by an exact value"),
        Index((("run_id", 1),), "deletion of a run"),
    ),
)
LOGGED_MODEL_SPILL = Collection(
    "logged_model_spill",
    "summaries of metrics that a logged model's document has no room for",
    "model_id",
    (
        Index((("experiment_id", 1), ("path", 1)), "search_logged_models by a metric that has no room"),
        Index((("model_id", 1),), "deletion of a model"),
    ),
)
REGISTERED_MODELS = Collection(
    "registered_models",
    "registered models and prompts: their tags, aliases, and the counter of their versions",
    "_id",
    (
        Index((("workspace", 1), ("prompt", 1), ("name", 1)), "search_registered_models in default order"),
        Index(
            (("workspace", 1), ("prompt", 1), ("last_updated_time", -1), ("name", 1)),
            "search_registered_models, latest update first",
        ),
    ),
)
MODEL_VERSIONS = Collection(
    "model_versions",
    "model versions, tombstones of deleted ones too",
    "name",
    (
        Index((("workspace", 1), ("name", 1), ("version", -1)), "search by name, the latest version of all"),
        Index((("model_stage", 1), ("version", -1)), "the latest version in each stage of many models"),
        Index((("workspace", 1), ("run_id", 1)), "search by run"),
        Index(
            (("workspace", 1), ("prompt", 1), ("last_updated_time", -1), ("name", 1), ("version", -1)),
            "search_model_versions in default order",
        ),
    ),
)

COLLECTIONS: tuple[Collection, ...] = (
    META,
    COUNTERS,
    EXPERIMENTS,
    RUNS,
    METRICS,
    RUN_OVERFLOW,
    DATASETS,
    LOGGED_MODELS,
    LOGGED_MODEL_METRICS,
    LOGGED_MODEL_SPILL,
    REGISTERED_MODELS,
    MODEL_VERSIONS,
)
