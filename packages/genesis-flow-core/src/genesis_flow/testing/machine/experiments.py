"""Rules about experiments."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from mlflow.entities import ExperimentTag, ViewType

from genesis_flow.testing.machine import values
from genesis_flow.testing.machine.base import DuelMachine, an_experiment, created, experiments

NAMES = ["n", "N", "n.1", "$n", "Default", ""]
FIELDS = ["name", "experiment_id", "creation_time", "last_update_time", "tags.a"]
TAGS = ["tags.a", "tag.`a.b`"]

some_tags = st.lists(
    st.builds(ExperimentTag, values.keys_or_bad, values.texts), max_size=2, unique_by=lambda tag: tag.key
)
filters = values.filters(
    values.text_comparisons(["name", "attribute.name", *TAGS]),
    values.presence(TAGS),
    values.comparisons(["experiment_id"], values.EQUALITY, st.sampled_from(["'0'", "'1'", "'x'"])),
    values.comparisons(["creation_time", "last_update_time"], values.NUMERIC, st.just("1700000000001")),
    values.comparisons(["name", "tags.a"], values.LISTS, values.lists),
)


class ExperimentRules(DuelMachine):
    """Creates, changes, deletes, restores and searches experiments."""

    @rule(
        target=experiments,
        name=st.sampled_from(NAMES),
        location=st.sampled_from([None, "", "s3://bucket/path", "s3://bucket?sv=1"]),
        tags=some_tags,
    )
    def create_experiment(self, name: str, location: str | None, tags: list[ExperimentTag]) -> Any:
        """Create one; often the name is taken."""
        return created(self.duel.tracking("create_experiment", name, location, tags), str)

    @rule(experiment_id=an_experiment, verb=st.sampled_from(["delete_experiment", "restore_experiment"]))
    def delete_or_restore(self, experiment_id: str, verb: str) -> None:
        """Delete one with its runs, or restore one with all of them."""
        self.duel.tracking(verb, experiment_id)

    @rule(experiment_id=an_experiment, name=st.sampled_from(NAMES))
    def rename_experiment(self, experiment_id: str, name: str) -> None:
        """Rename one; often the name is taken."""
        self.duel.tracking("rename_experiment", experiment_id, name)
        self.duel.tracking("get_experiment_by_name", name)

    @rule(experiment_id=an_experiment, key=values.keys_or_bad, value=st.one_of(st.none(), values.texts))
    def set_or_delete_tag(self, experiment_id: str, key: str, value: str | None) -> None:
        """Set a tag, or delete one that may not be there."""
        if value is None:
            self.duel.tracking("delete_experiment_tag", experiment_id, key)
        else:
            self.duel.tracking("set_experiment_tag", experiment_id, ExperimentTag(key, value))

    @rule(
        view=values.views,
        text=filters,
        order_by=st.one_of(st.none(), values.orders(FIELDS)),
        size=values.sizes,
    )
    def search_experiments(self, view: int, text: str, order_by: list[str] | None, size: int) -> None:
        """Search, page by page."""
        self.duel.pages(
            "tracking",
            "search_experiments",
            view_type=view,
            max_results=size,
            filter_string=text,
            order_by=order_by,
        )

    def compare_everything(self) -> None:
        """Compare every experiment."""
        super().compare_everything()
        self.duel.tracking("search_experiments", ViewType.ALL)
        for name in NAMES:
            self.duel.tracking("get_experiment_by_name", name)
