"""Rules about the model registry."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from mlflow.entities.model_registry import ModelVersion, ModelVersionTag, RegisteredModelTag

from genesis_flow.testing.deviations import Refusal
from genesis_flow.testing.machine import values
from genesis_flow.testing.machine.base import DuelMachine, or_unknown

NAMES = ["m", "M", "n.1"]
ALIASES = ["a", "A", "x-1", "latest", "v1", "a b"]
STAGES = ["None", "staging", "Production", "Archived", "nonsense"]
SOURCES = ["s3://b", "x", "models:/m/1", "models:/M/2", "models:/nobody/1"]
PROMPT = "tags.`mlflow.prompt.is_prompt`"
TAGS = ["tags.a", "tags.`a.b`"]

names = or_unknown(st.sampled_from(["m", *NAMES]), "nobody", "a/b")
numbers = st.sampled_from([1, 1, 2, 2, 3, "1", "x"])
aliases = st.sampled_from(ALIASES)
descriptions = st.sampled_from([None, "", "x"])
prompts_only = st.sampled_from(
    [f"{PROMPT} {comparison}" for comparison in ("= 'true'", "!= 'true'", "= 'false'")]
)

model_filters = values.filters(
    values.text_comparisons(["name", *TAGS]),
    values.comparisons(["name"], values.LISTS, values.lists),
    prompts_only,
)
version_filters = values.filters(
    values.text_comparisons(["name", "run_id", "source_path", *TAGS]),
    values.comparisons(["name"], values.EQUALITY, st.sampled_from([f"'{name}'" for name in NAMES])),
    values.comparisons(["name", "run_id", "source_path"], values.LISTS, values.lists),
    values.comparisons(["version_number"], values.NUMERIC, st.sampled_from(["1", "2"])),
    prompts_only,
)


class RegistryRules(DuelMachine):
    """Creates, changes, deletes and searches registered models, versions, aliases and prompts."""

    @initialize()
    def two_versions(self) -> None:
        """Begin with a model of two versions."""
        self.create_registered_model("m", [], None)
        self.create_model_version("m", "s3://b", None, [], None, 2)

    @rule(
        name=names,
        tags=st.lists(st.builds(RegisteredModelTag, values.keys, values.texts), max_size=2),
        about=descriptions,
    )
    def create_registered_model(self, name: str, tags: list[RegisteredModelTag], about: str | None) -> None:
        """Create one; often the name is taken."""
        self.duel.registry("create_registered_model", name, tags, about)

    @rule(name=names, about=descriptions)
    def update_registered_model(self, name: str, about: str | None) -> None:
        """Describe one."""
        self.duel.registry("update_registered_model", name, about)

    @rule(name=names, new_name=names)
    def rename_registered_model(self, name: str, new_name: str) -> None:
        """Rename one; often the name is taken."""
        self.duel.registry("rename_registered_model", name, new_name)

    @rule(name=names)
    def delete_registered_model(self, name: str) -> None:
        """Delete one with all that it has."""
        self.duel.registry("delete_registered_model", name)

    @rule(name=names, key=values.keys_or_bad, value=values.texts)
    def set_registered_model_tag(self, name: str, key: str, value: str) -> None:
        """Set a tag."""
        self.duel.registry("set_registered_model_tag", name, RegisteredModelTag(key, value))

    @rule(name=names, key=values.keys)
    def delete_registered_model_tag(self, name: str, key: str) -> None:
        """Delete a tag that may not be there."""
        self.duel.registry("delete_registered_model_tag", name, key)

    @rule(
        name=names,
        source=st.sampled_from(SOURCES),
        run_id=st.sampled_from([None, "1", "x"]),
        tags=st.lists(st.builds(ModelVersionTag, values.keys, values.texts), max_size=2),
        about=descriptions,
        times=st.integers(1, 2),
    )
    def create_model_version(
        self,
        name: str,
        source: str,
        run_id: str | None,
        tags: list[ModelVersionTag],
        about: str | None,
        times: int,
    ) -> None:
        """Create one or two; the source may be another version, or one that is not there."""
        for _ in range(times):
            self.duel.registry("create_model_version", name, source, run_id, tags, None, about)

    @rule(name=names, version=numbers, about=descriptions)
    def update_model_version(self, name: str, version: Any, about: str | None) -> None:
        """Describe one."""
        self.duel.registry("update_model_version", name, version, about)

    @rule(name=names, version=numbers, stage=st.sampled_from(STAGES), archive=st.booleans())
    def transition_model_version_stage(self, name: str, version: Any, stage: str, *, archive: bool) -> None:
        """Move one to a stage, and perhaps the others out of it."""
        self.duel.registry("transition_model_version_stage", name, version, stage, archive)

    @rule(name=names, version=numbers)
    def delete_model_version(self, name: str, version: Any) -> None:
        """Delete one."""
        self.duel.registry("delete_model_version", name, version)

    @rule(name=names, version=numbers, key=values.keys_or_bad, value=st.one_of(values.texts, st.none()))
    def set_model_version_tag(self, name: str, version: Any, key: str, value: Any) -> None:
        """Set a tag."""
        self.duel.registry("set_model_version_tag", name, version, ModelVersionTag(key, value))

    @rule(name=names, version=numbers, key=values.keys)
    def delete_model_version_tag(self, name: str, version: Any, key: str) -> None:
        """Delete a tag that may not be there."""
        self.duel.registry("delete_model_version_tag", name, version, key)

    @rule(name=names, alias=aliases, version=numbers)
    def set_registered_model_alias(self, name: str, alias: str, version: Any) -> None:
        """Point an alias at a version."""
        self.duel.registry("set_registered_model_alias", name, alias, version)

    @rule(name=names, alias=aliases)
    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        """Delete an alias that may not be there."""
        self.duel.registry("delete_registered_model_alias", name, alias)

    @rule(name=names, onto=st.sampled_from(NAMES))
    def copy_model_version(self, name: str, onto: str) -> None:
        """Copy version 1, where there is one."""
        source = self.duel.registry("get_model_version", name, 1)
        if isinstance(source, ModelVersion):
            self.duel.registry("copy_model_version", source, onto)

    @rule(name=st.sampled_from(NAMES), text=values.texts)
    def create_prompt(self, name: str, text: str) -> None:
        """Create a prompt, or give one a version."""
        self.duel.registry("create_prompt", name, None, {"a": text})
        if not isinstance(self.duel.registry("get_registered_model", name), Refusal):
            self.duel.registry("create_prompt_version", name, text)


class RegistrySearchRules(RegistryRules):
    """Searches the registry, and reads it in every other way."""

    @rule(name=names, stages=st.one_of(st.none(), st.lists(st.sampled_from(STAGES), max_size=2)))
    def get_latest_versions(self, name: str, stages: list[str] | None) -> None:
        """Read the latest version of stages."""
        self.duel.registry("get_latest_versions", name, stages)

    @rule(name=names, alias=aliases)
    def get_model_version_by_alias(self, name: str, alias: str) -> None:
        """Follow an alias."""
        self.duel.registry("get_model_version_by_alias", name, alias)

    @rule(name=names, version=numbers)
    def get_model_version(self, name: str, version: Any) -> None:
        """Read one, as a version and as a prompt's, and where its files are."""
        self.duel.registry("get_model_version", name, version)
        self.duel.registry("get_model_version_download_uri", name, version)
        self.duel.registry("get_prompt_version", name, version)

    @rule(
        text=model_filters,
        size=values.sizes,
        order_by=values.orders(["name", "timestamp", "last_updated_timestamp"]),
    )
    def search_registered_models(self, text: str, size: int, order_by: list[str]) -> None:
        """Search, page by page."""
        self.duel.pages("registry", "search_registered_models", text, size, order_by)

    @rule(
        text=version_filters,
        size=values.sizes,
        order_by=values.orders(["name", "version_number", "creation_timestamp", "last_updated_timestamp"]),
    )
    def search_model_versions(self, text: str, size: int, order_by: list[str]) -> None:
        """Search, page by page."""
        self.duel.pages("registry", "search_model_versions", text, size, order_by)

    @rule(text=values.filters(values.text_comparisons(["name", "tags.a"])), size=values.sizes)
    def search_prompts(self, text: str, size: int) -> None:
        """Search prompts, page by page."""
        self.duel.pages("registry", "search_prompts", text, size)

    def compare_everything(self) -> None:
        """Compare every model and every version."""
        super().compare_everything()
        for name in NAMES:
            self.duel.registry("get_registered_model", name)
            self.duel.registry("get_prompt", name)
        for text in ("", f"{PROMPT} = 'true'"):
            found = self.duel.registry("search_model_versions", text)
            for version in [] if isinstance(found, Refusal) else found:
                self.duel.registry("get_model_version", version.name, version.version)
