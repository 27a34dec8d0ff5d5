"""What a model registry promises about registered models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from mlflow.entities.model_registry import RegisteredModelTag

from genesis_flow.testing.expect import BAD_VALUE, EXISTS, MISSING, refused
from genesis_flow.testing.samples import ODD_KEYS

if TYPE_CHECKING:
    from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryBase

BAD_NAMES = [None, "", "  ", "a/b", "a:b", "..", "."]
GOOD_NAMES = ["a b", "a.b", "$set", "Ünï 🚀", "_id", "x" * 256, "a'b", "100%"]


class RegisteredModelsSuite:
    """Creation, reading, updating, renaming, deletion."""

    def test_model_comes_back_as_it_was_created(self, registry: RegistryBase) -> None:
        """What creation returns and what a read returns agree in every field."""
        created = registry.create_registered_model("m", [RegisteredModelTag("t", "1")], "about it")
        read = registry.get_registered_model("m")

        for model in (created, read):
            assert (model.name, model.description, model.tags) == ("m", "about it", {"t": "1"})
            assert (model.latest_versions, model.aliases) == ([], {})
            assert model.creation_timestamp == model.last_updated_timestamp
        assert read.creation_timestamp == created.creation_timestamp

    def test_deployment_job_is_ignored(self, registry: RegistryBase) -> None:
        """As MLflow's SQL store does."""
        registry.create_registered_model("m", deployment_job_id="job")
        registry.update_registered_model("m", "about it", deployment_job_id="job")

        assert registry.get_registered_model("m").deployment_job_id is None

    @pytest.mark.parametrize("name", BAD_NAMES, ids=repr)
    def test_bad_name_is_refused(self, registry: RegistryBase, name: Any) -> None:
        """Blank ones, and those that would break a models:/ URI or a path; for every verb."""
        verbs: list[tuple[Any, ...]] = [
            (registry.create_registered_model,),
            (registry.get_registered_model,),
            (registry.delete_registered_model,),
            (registry.set_registered_model_tag, RegisteredModelTag("t", "1")),
            (registry.delete_registered_model_tag, "t"),
            (registry.create_model_version, "source"),
            (registry.get_model_version, 1),
            (registry.get_model_version_by_alias, "a"),
        ]

        for verb, *arguments in verbs:
            with refused(BAD_VALUE):
                verb(name, *arguments)
        registry.create_registered_model("m")
        with refused(BAD_VALUE):
            registry.rename_registered_model("m", name)

    @pytest.mark.parametrize("name", GOOD_NAMES, ids=lambda name: name[:12])
    def test_any_other_name_is_good(self, registry: RegistryBase, name: str) -> None:
        """Of the model and of its versions."""
        registry.create_registered_model(name)
        version = registry.create_model_version(name, "source")

        assert registry.get_registered_model(name).name == name
        assert registry.get_model_version(name, version.version).name == name

    def test_name_is_taken_once(self, registry: RegistryBase) -> None:
        """Among models, and among models and prompts together."""
        registry.create_registered_model("m")
        registry.create_prompt("p")

        with refused(EXISTS, "already exists"):
            registry.create_registered_model("m")
        with refused(EXISTS, "prompt"):
            registry.create_registered_model("p")
        with refused(EXISTS, "model"):
            registry.create_prompt("m")

    def test_names_differ_by_case(self, registry: RegistryBase) -> None:
        """`m` and `M` are two models."""
        registry.create_registered_model("m")
        registry.create_registered_model("M")

        assert registry.get_registered_model("M").name == "M"

    def test_unknown_model_is_missing(self, registry: RegistryBase) -> None:
        """For every verb alike."""
        verbs: list[tuple[Any, ...]] = [
            (registry.get_registered_model,),
            (registry.update_registered_model, "about it"),
            (registry.rename_registered_model, "new"),
            (registry.delete_registered_model,),
            (registry.get_latest_versions,),
            (registry.set_registered_model_tag, RegisteredModelTag("t", "1")),
            (registry.delete_registered_model_tag, "t"),
            (registry.create_model_version, "source"),
            (registry.get_model_version, 1),
            (registry.set_registered_model_alias, "a", 1),
            (registry.delete_registered_model_alias, "a"),
            (registry.get_model_version_by_alias, "a"),
        ]

        for verb, *arguments in verbs:
            with refused(MISSING):
                verb("nobody", *arguments)

    @pytest.mark.parametrize("description", ["new", "", None])
    def test_update_sets_the_description(self, registry: RegistryBase, description: str | None) -> None:
        """Also to nothing."""
        before = registry.create_registered_model("m", None, "old")
        updated = registry.update_registered_model("m", description)
        read = registry.get_registered_model("m")

        assert updated.description == read.description == description
        assert read.last_updated_timestamp >= before.last_updated_timestamp
        assert read.creation_timestamp == before.creation_timestamp

    def test_rename_takes_everything_along(self, registry: RegistryBase) -> None:
        """Versions, tags, aliases, the numbering; the old name is free again."""
        registry.create_registered_model("old", [RegisteredModelTag("t", "1")], "about it")
        for _ in range(2):
            registry.create_model_version("old", "source")
        registry.set_registered_model_alias("old", "champion", 1)
        registry.delete_model_version("old", 2)
        renamed = registry.rename_registered_model("old", "new")
        read = registry.get_registered_model("new")

        assert renamed.name == read.name == "new"
        assert (read.description, read.tags, read.aliases) == ("about it", {"t": "1"}, {"champion": 1})
        assert registry.get_model_version("new", 1).name == "new"
        assert registry.get_model_version_by_alias("new", "champion").version == 1
        assert registry.create_model_version("new", "source").version == 3
        with refused(MISSING):
            registry.get_registered_model("old")
        with refused(MISSING):
            registry.get_model_version("old", 1)
        assert registry.create_registered_model("old").latest_versions == []
        assert registry.create_model_version("old", "source").version == 1

    def test_rename_to_a_taken_name_is_refused(self, registry: RegistryBase) -> None:
        """Both keep their names and versions."""
        for name in ("a", "b"):
            registry.create_registered_model(name)
            registry.create_model_version(name, f"source of {name}")

        with refused(EXISTS):
            registry.rename_registered_model("a", "b")
        assert [registry.get_model_version(name, 1).source for name in "ab"] == ["source of a", "source of b"]

    def test_deletion_forgets_everything(self, registry: RegistryBase) -> None:
        """A model of the same name starts anew at version 1."""
        registry.create_registered_model("m", [RegisteredModelTag("t", "1")])
        registry.create_model_version("m", "source")
        registry.set_registered_model_alias("m", "champion", 1)
        registry.delete_registered_model("m")

        with refused(MISSING):
            registry.get_registered_model("m")
        with refused(MISSING):
            registry.get_model_version("m", 1)
        anew = registry.create_registered_model("m")
        assert (anew.tags, anew.aliases, anew.latest_versions) == ({}, {}, [])
        assert registry.create_model_version("m", "source").version == 1
        (version,) = registry.search_model_versions("name = 'm'")
        assert version.aliases == []

    def test_other_names_are_left_alone(self, registry: RegistryBase) -> None:
        """Renaming or deleting `m` touches no model whose name begins with it."""
        for name in ("m", "m1", "m 2"):
            registry.create_registered_model(name)
            registry.create_model_version(name, "source")
        registry.rename_registered_model("m", "n")
        registry.delete_registered_model("n")

        assert [registry.get_model_version(name, 1).name for name in ("m1", "m 2")] == ["m1", "m 2"]


class RegisteredModelTagsSuite:
    """Tags of a registered model."""

    @pytest.mark.parametrize("key", ODD_KEYS)
    def test_any_key_that_mlflow_allows_survives(self, registry: RegistryBase, key: str) -> None:
        """Set at creation, overwritten, deleted."""
        registry.create_registered_model("m", [RegisteredModelTag(key, "1")])
        registry.set_registered_model_tag("m", RegisteredModelTag(key, "2"))
        assert registry.get_registered_model("m").tags == {key: "2"}

        registry.delete_registered_model_tag("m", key)
        assert registry.get_registered_model("m").tags == {}

    def test_last_of_equal_keys_wins(self, registry: RegistryBase) -> None:
        """At creation."""
        model = registry.create_registered_model(
            "m", [RegisteredModelTag("t", "1"), RegisteredModelTag("t", "2")]
        )

        assert model.tags == {"t": "2"}

    def test_deletion_of_an_absent_tag_is_silent(self, registry: RegistryBase) -> None:
        """Unlike a run's."""
        registry.create_registered_model("m")
        registry.delete_registered_model_tag("m", "nothing-here")

    def test_tag_does_not_count_as_an_update(self, registry: RegistryBase) -> None:
        """The stamp stays."""
        before = registry.create_registered_model("m").last_updated_timestamp
        registry.set_registered_model_tag("m", RegisteredModelTag("t", "1"))

        assert registry.get_registered_model("m").last_updated_timestamp == before

    @pytest.mark.parametrize(
        ("key", "value"), [("k" * 251, "v"), ("k", "v" * 100_001), (None, "v"), ("a//b", "v"), ("$k", "v")]
    )
    def test_bad_tag_is_refused(self, registry: RegistryBase, key: Any, value: str) -> None:
        """At creation and later: 250 characters of key, 100,000 of value, no path tricks."""
        registry.create_registered_model("m")

        with refused(BAD_VALUE):
            registry.create_registered_model("n", [RegisteredModelTag(key, value)])
        with refused(BAD_VALUE):
            registry.set_registered_model_tag("m", RegisteredModelTag(key, value))

    def test_long_value_survives(self, registry: RegistryBase) -> None:
        """100,000 characters, which prompts need."""
        registry.create_registered_model("m")
        registry.set_registered_model_tag("m", RegisteredModelTag("t", "x" * 100_000))

        assert registry.get_registered_model("m").tags == {"t": "x" * 100_000}
