"""Rules about logged models, and about what goes into runs and comes out of them."""

from __future__ import annotations

from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, multiple, rule
from mlflow.entities import (
    LoggedModelInput,
    LoggedModelOutput,
    LoggedModelParameter,
    LoggedModelStatus,
    LoggedModelTag,
    Metric,
)

from genesis_flow.testing.deviations import Refusal
from genesis_flow.testing.machine import values
from genesis_flow.testing.machine.base import (
    DuelMachine,
    a_model,
    a_run,
    an_experiment,
    created,
    experiments,
    models,
)
from genesis_flow.testing.samples import a_dataset

NAMES = [None, "x", "X", "xy", "", "a/b"]
TYPES = [None, "x", "1"]
DATASETS = [None, ("x", "1"), ("x", "2"), ("xy", "1")]

some_tags = values.distinct_by_key(st.builds(LoggedModelTag, values.keys, values.texts), 2)
some_params = values.distinct_by_key(st.builds(LoggedModelParameter, values.keys, values.texts), 2)

TEXTS = [
    "name",
    "model_type",
    "attributes.name",
    *(f"{kind}.{values.quoted(key)}" for kind in ("tags", "params") for key in values.KEYS),
]
METRICS = [f"metrics.{values.quoted(key)}" for key in values.KEYS]
filters = values.filters(
    values.text_comparisons(TEXTS),
    values.comparisons(TEXTS, values.LISTS, values.lists),
    values.comparisons(METRICS, values.NUMERIC, values.numbers),
    values.comparisons(["creation_timestamp"], values.NUMERIC, st.just("1700000000001")),
)
dataset_filters = st.lists(
    st.sampled_from(
        [{"dataset_name": "x"}, {"dataset_name": "x", "dataset_digest": "1"}, {"dataset_name": "xy"}]
    ),
    max_size=2,
)
wishes = st.fixed_dictionaries(
    {
        "field_name": st.sampled_from(
            [
                "name",
                "model_type",
                "creation_timestamp",
                "model_id",
                *(f"metrics.{key}" for key in values.KEYS),
                "nonsense",
            ]
        ),
        "ascending": st.booleans(),
    }
)


class LoggedModelRules(DuelMachine):
    """Creates, changes, deletes and searches logged models."""

    def __init__(self) -> None:
        super().__init__()
        # MLflow's SQL store knows one value of a model's metric per run, time and step; a second one breaks
        # its integrity. So no two points share a time.
        self._times = count()
        self._model_ids: list[str] = []

    @initialize(target=models)
    def two_models(self) -> Any:
        """Begin with two models of one name."""
        return multiple(*(self.create_logged_model("0", "x", [], [], None) for _ in range(2)))

    @rule(
        target=models,
        experiment_id=an_experiment,
        name=st.sampled_from(NAMES),
        tags=some_tags,
        params=some_params,
        model_type=st.sampled_from(TYPES),
    )
    def create_logged_model(
        self,
        experiment_id: str,
        name: str | None,
        tags: list[LoggedModelTag],
        params: list[LoggedModelParameter],
        model_type: str | None,
    ) -> Any:
        """Create one; its source run may be unknown."""
        answer = self.duel.tracking(
            "create_logged_model", experiment_id, name, None, tags, params, model_type
        )
        if not isinstance(answer, Refusal):
            self._model_ids.append(answer.model_id)
        return created(answer, lambda model: model.model_id)

    @rule(model_id=a_model, status=st.sampled_from([LoggedModelStatus.READY, LoggedModelStatus.FAILED]))
    def finalize_logged_model(self, model_id: str, status: LoggedModelStatus) -> None:
        """Finish one."""
        self.duel.tracking("finalize_logged_model", model_id, status)

    @rule(model_id=a_model)
    def delete_logged_model(self, model_id: str) -> None:
        """Delete one."""
        self.duel.tracking("delete_logged_model", model_id)

    @rule(model_id=a_model, tags=st.lists(st.builds(LoggedModelTag, values.keys, values.texts), max_size=3))
    def set_logged_model_tags(self, model_id: str, tags: list[LoggedModelTag]) -> None:
        """Set tags."""
        self.duel.tracking("set_logged_model_tags", model_id, tags)

    @rule(model_id=a_model, key=values.keys)
    def delete_logged_model_tag(self, model_id: str, key: str) -> None:
        """Delete a tag that may not be there."""
        self.duel.tracking("delete_logged_model_tag", model_id, key)

    @rule(model_id=a_model, params=some_params)
    def log_logged_model_params(self, model_id: str, params: list[LoggedModelParameter]) -> None:
        """Log params; those that are known are refused."""
        self.duel.tracking("log_logged_model_params", model_id, params)

    @rule(
        run_id=a_run,
        model_id=models,
        key=values.keys,
        value=st.sampled_from(values.METRIC_VALUES),
        dataset=st.sampled_from(DATASETS),
        in_batch=st.booleans(),
        times=st.integers(1, 2),
    )
    def log_model_metric(
        self,
        run_id: str,
        model_id: str,
        key: str,
        value: float,
        dataset: tuple[str, str] | None,
        times: int,
        *,
        in_batch: bool,
    ) -> None:
        """Log a point of a run that names a model, perhaps on a dataset, perhaps twice."""
        name, digest = dataset or (None, None)
        point = Metric(key, value, next(self._times), 0, model_id, name, digest)
        for _ in range(times):
            if in_batch:
                self.duel.tracking("log_batch", run_id, [point], [], [])
            else:
                self.duel.tracking("log_metric", run_id, point)
        self.duel.tracking("get_logged_model", model_id, allow_deleted=True)

    @rule(
        experiment_ids=st.lists(experiments, max_size=2, unique=True),
        text=filters,
        datasets=st.one_of(st.none(), dataset_filters),
        size=values.sizes,
        order_by=st.lists(wishes, max_size=2, unique_by=lambda wish: wish["field_name"]),
    )
    def search_logged_models(
        self,
        experiment_ids: list[str],
        text: str,
        datasets: list[dict[str, str]] | None,
        size: int,
        order_by: list[dict[str, Any]],
    ) -> None:
        """Search, page by page; an empty filter or order is None, since MLflow's tokens do not match it."""
        query = (experiment_ids, text or None, datasets, size, order_by or None)
        self.duel.pages("tracking", "search_logged_models", *query)

    def compare_everything(self) -> None:
        """Compare every model."""
        super().compare_everything()
        for model_id in self._model_ids:
            self.duel.tracking("get_logged_model", model_id)
            self.duel.tracking("get_logged_model", model_id, allow_deleted=True)
        self.duel.tracking("_get_deleted_logged_models")


class LinkRules(DuelMachine):
    """Logs datasets and models as inputs and outputs of runs."""

    @rule(
        run_id=a_run,
        datasets=st.lists(
            st.builds(
                a_dataset,
                st.sampled_from(["x", "xy"]),
                st.sampled_from(["1", "2"]),
                context=st.sampled_from([None, "x", "1"]),
                schema=st.sampled_from([None, "s"]),
            ),
            max_size=3,
        ),
        model_ids=st.lists(a_model, max_size=2, unique=True),
    )
    def log_inputs(self, run_id: str, datasets: list[Any], model_ids: list[str]) -> None:
        """Log inputs; many are known already."""
        self.duel.tracking("log_inputs", run_id, datasets, [LoggedModelInput(one) for one in model_ids])
        self.duel.tracking("get_run", run_id)

    @rule(run_id=a_run, model_id=a_model, step=values.steps)
    def log_outputs(self, run_id: str, model_id: str, step: int) -> None:
        """Log an output that is not known yet; MLflow's SQL store does not take one twice."""
        run = self.duel.tracking("get_run", run_id)
        known = [] if isinstance(run, Refusal) else [one.model_id for one in run.outputs.model_outputs]
        if model_id not in known:
            self.duel.tracking("log_outputs", run_id, [LoggedModelOutput(model_id, step)])

    @rule(experiment_ids=st.lists(experiments, max_size=3, unique=True))
    def summarize_datasets(self, experiment_ids: list[str]) -> None:
        """Ask for the datasets of experiments."""
        self.duel.tracking("_search_datasets", experiment_ids)
