"""What a model registry promises about prompts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from genesis_flow.testing.expect import BAD_VALUE, MISSING, existing, refused
from genesis_flow.testing.samples import run_id_of
from genesis_flow.testing.suites.logged_models import a_model

if TYPE_CHECKING:
    from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryBase

    from genesis_flow.testing.contract import TrackingStore as TrackingBase


class PromptsSuite:
    """Prompts are registered models with tags; nobody should notice."""

    def test_prompt_comes_back(self, registry: RegistryBase) -> None:
        """Without the tags that make it one."""
        registry.create_prompt("p", "about it", {"team": "x"})
        read = registry.get_prompt("p")

        assert read is not None
        assert (read.name, read.description, read.tags) == ("p", "about it", {"team": "x"})

    def test_unknown_prompt_and_a_model_are_none(self, registry: RegistryBase) -> None:
        """Reading a prompt does not raise."""
        registry.create_registered_model("m")

        assert registry.get_prompt("nobody") is None
        assert registry.get_prompt("m") is None

    @pytest.mark.parametrize(
        "template",
        ["Hello {{name}}", "x" * 100_000, [{"role": "user", "content": "Hi {{ name }}"}]],
        ids=["text", "long", "chat"],
    )
    def test_version_comes_back(self, registry: RegistryBase, template: str | list[dict[str, str]]) -> None:
        """Text or chat, up to 100,000 characters."""
        registry.create_prompt("p")
        registry.create_prompt_version("p", template, "first", {"k": "v"})
        read = existing(registry.get_prompt_version("p", 1))

        assert (read.template, read.commit_message, read.tags, read.version) == (
            template,
            "first",
            {"k": "v"},
            1,
        )

    def test_format_and_model_settings_come_back(self, registry: RegistryBase) -> None:
        """Both travel as JSON in tags."""
        registry.create_prompt("p")
        registry.create_prompt_version(
            "p", "x", response_format={"type": "object"}, model_config={"model_name": "m", "temperature": 0.5}
        )
        read = existing(registry.get_prompt_version("p", "1"))

        assert read.response_format == {"type": "object"}
        assert read.model_config == {"model_name": "m", "temperature": 0.5}

    def test_too_long_a_text_is_refused(self, registry: RegistryBase) -> None:
        """With a message about prompts."""
        registry.create_prompt("p")

        with refused(BAD_VALUE, "Prompt text exceeds"):
            registry.create_prompt_version("p", "x" * 100_001)

    def test_model_is_no_prompt(self, registry: RegistryBase) -> None:
        """Its versions cannot be read as a prompt's."""
        registry.create_registered_model("m")
        registry.create_model_version("m", "source")

        with refused(BAD_VALUE, "registered as a model"):
            registry.get_prompt_version("m", 1)
        with refused(BAD_VALUE, "registered as a model"):
            registry.search_prompt_versions("m")

    def test_aliases(self, registry: RegistryBase) -> None:
        """Set, read, moved, deleted."""
        registry.create_prompt("p")
        for text in ("one", "two"):
            registry.create_prompt_version("p", text)
        registry.set_prompt_alias("p", "prod", 1)
        assert existing(registry.get_prompt_version_by_alias("p", "prod")).template == "one"

        registry.set_prompt_alias("p", "prod", 2)
        assert existing(registry.get_prompt_version("p", "prod")).template == "two"

        registry.delete_prompt_alias("p", "prod")
        with refused(BAD_VALUE):
            registry.get_prompt_version_by_alias("p", "prod")

    def test_tags(self, registry: RegistryBase) -> None:
        """Of a prompt and of its version."""
        registry.create_prompt("p")
        registry.create_prompt_version("p", "x")
        registry.set_prompt_tag("p", "a", "1")
        registry.set_prompt_version_tag("p", "1", "b", "2")
        assert existing(registry.get_prompt("p")).tags["a"] == "1"
        assert existing(registry.get_prompt_version("p", 1)).tags == {"b": "2"}

        registry.delete_prompt_tag("p", "a")
        registry.delete_prompt_version_tag("p", 1, "b")
        assert "a" not in existing(registry.get_prompt("p")).tags
        assert existing(registry.get_prompt_version("p", 1)).tags == {}

    def test_search_finds_prompts_only(self, registry: RegistryBase) -> None:
        """With the filters of models, and by experiment."""
        registry.create_registered_model("model")
        registry.create_prompt("a", tags={"_mlflow_experiment_ids": ",1,12,", "team": "x"})
        registry.create_prompt("b", tags={"_mlflow_experiment_ids": ",2,"})

        def found(text: str | None) -> list[str]:
            return [prompt.name for prompt in registry.search_prompts(text)]

        assert found(None) == ["a", "b"]
        assert found("name LIKE 'a%'") == ["a"]
        assert found("tags.team = 'x'") == ["a"]
        assert found("experiment_id = '1'") == ["a"]
        assert found("experiment_id = '2'") == ["b"]
        assert found("experiment_id = '12' AND name = 'a'") == ["a"]
        assert found("experiment_id = '3'") == []
        first = registry.search_prompts(max_results=1)
        second = registry.search_prompts(max_results=1, page_token=first.token)
        assert [prompt.name for prompt in [*first, *second]] == ["a", "b"]

    def test_versions_newest_first(self, registry: RegistryBase) -> None:
        """On pages; deleted ones are not shown."""
        registry.create_prompt("p")
        for text in ("one", "two", "three"):
            registry.create_prompt_version("p", text)
        registry.delete_prompt_version("p", "2")
        first = registry.search_prompt_versions("p", 1)
        second = registry.search_prompt_versions("p", 1, first.token)

        assert [one.template for one in [*first, *second]] == ["three", "one"]

    def test_deletion(self, registry: RegistryBase) -> None:
        """Of the prompt with all that it has."""
        registry.create_prompt("p")
        registry.create_prompt_version("p", "x")
        registry.delete_prompt("p")

        assert registry.get_prompt("p") is None
        with refused(MISSING):
            registry.get_prompt_version("p", 1)

    def test_links_to_runs_and_models_add_up(self, store: TrackingBase, registry: RegistryBase) -> None:
        """As a JSON list in a tag; the same link twice is one."""
        run_id, model_id = run_id_of(store), a_model(store).model_id
        registry.create_prompt("p")
        for text in ("one", "two"):
            registry.create_prompt_version("p", text)
        for version in ("1", "2", "1"):
            registry.link_prompt_version_to_run("p", version, run_id)
            registry.link_prompt_version_to_model("p", version, model_id)
        expected = [{"name": "p", "version": "1"}, {"name": "p", "version": "2"}]

        assert json.loads(store.get_run(run_id).data.tags["mlflow.linkedPrompts"]) == expected
        assert json.loads(store.get_logged_model(model_id).tags["mlflow.linkedPrompts"]) == expected
        with refused(MISSING):
            registry.link_prompt_version_to_run("p", "1", "0" * 32)
