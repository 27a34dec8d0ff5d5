"""What a model registry promises about model versions: numbers, sources, deletion, stages, tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag

from genesis_flow.testing.expect import BAD_VALUE, INTERNAL, MISSING, refused
from genesis_flow.testing.samples import ODD_KEYS, run_id_of
from genesis_flow.testing.suites.logged_models import a_model

if TYPE_CHECKING:
    from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryBase

    from genesis_flow.testing.contract import TrackingStore as TrackingBase


def versions(registry: RegistryBase, count: int, name: str = "m") -> None:
    """Create a registered model with so many versions."""
    registry.create_registered_model(name)
    for number in range(count):
        registry.create_model_version(name, f"source {number + 1}")


def stages(registry: RegistryBase, name: str = "m") -> dict[int, str]:
    """Return version -> stage of every version."""
    return {one.version: one.current_stage for one in registry.search_model_versions(f"name = '{name}'")}


class CreateVersionSuite:
    """Creation, numbers, sources."""

    def test_version_comes_back_as_it_was_created(self, registry: RegistryBase) -> None:
        """What creation returns and what a read returns agree in every field."""
        registry.create_registered_model("m")
        tags = [ModelVersionTag("t", "1")]
        created = registry.create_model_version("m", "s3://b/model", "r" * 32, tags, "http://run", "about it")
        read = registry.get_model_version("m", 1)

        for version in (created, read):
            assert (version.name, version.version, version.source) == ("m", 1, "s3://b/model")
            assert (version.run_id, version.run_link, version.description) == (
                "r" * 32,
                "http://run",
                "about it",
            )
            assert (version.tags, version.aliases) == ({"t": "1"}, [])
            assert (version.current_stage, version.status) == ("None", "READY")
            assert version.creation_timestamp == version.last_updated_timestamp
        assert registry.get_registered_model("m").last_updated_timestamp == created.creation_timestamp

    def test_numbers_go_up_by_one(self, registry: RegistryBase) -> None:
        """For each model on its own."""
        versions(registry, 3)
        versions(registry, 1, "other")

        assert sorted(stages(registry)) == [1, 2, 3]
        assert sorted(stages(registry, "other")) == [1]

    def test_number_of_a_deleted_version_is_not_given_again(self, registry: RegistryBase) -> None:
        """Somebody may still point at it."""
        versions(registry, 3)
        registry.delete_model_version("m", 3)
        registry.delete_model_version("m", 1)

        assert registry.create_model_version("m", "source").version == 4

    def test_version_can_be_asked_for_as_text(self, registry: RegistryBase) -> None:
        """REST clients and models:/ URIs have no numbers."""
        versions(registry, 1)

        assert registry.get_model_version("m", "1").version == 1
        assert registry.get_model_version_download_uri("m", "1") == "source 1"

    @pytest.mark.parametrize("version", ["one", "1.5", ""])
    def test_version_that_is_no_number_is_refused(self, registry: RegistryBase, version: str) -> None:
        """For every verb that looks for one."""
        versions(registry, 1)

        with refused(BAD_VALUE):
            registry.get_model_version("m", version)
        with refused(BAD_VALUE):
            registry.delete_model_version("m", version)
        with refused(BAD_VALUE):
            registry.set_model_version_tag("m", version, ModelVersionTag("t", "1"))

    def test_download_uri_is_the_source(self, registry: RegistryBase) -> None:
        """Unless the source is itself a models:/ URI."""
        versions(registry, 1)

        assert registry.get_model_version_download_uri("m", 1) == "source 1"

    def test_source_may_be_another_version(self, registry: RegistryBase) -> None:
        """Then the download goes where that one's goes."""
        versions(registry, 1)
        registry.create_registered_model("n")
        copy = registry.create_model_version("n", "models:/m/1")

        assert copy.source == "models:/m/1"
        assert registry.get_model_version_download_uri("n", 1) == "source 1"

    def test_source_may_be_a_logged_model(self, store: TrackingBase, registry: RegistryBase) -> None:
        """Then the download goes to its artifacts, and the run is the model's."""
        run_id = run_id_of(store)
        model = a_model(store, source_run_id=run_id)
        registry.create_registered_model("m")
        version = registry.create_model_version("m", f"models:/{model.model_id}")

        assert (version.source, version.run_id) == (f"models:/{model.model_id}", run_id)
        assert registry.get_model_version_download_uri("m", 1) == model.artifact_location

    def test_run_is_that_of_the_given_logged_model(self, store: TrackingBase, registry: RegistryBase) -> None:
        """Unless a run is given."""
        run_id = run_id_of(store)
        model = a_model(store, source_run_id=run_id)
        registry.create_registered_model("m")
        first = registry.create_model_version("m", "source", model_id=model.model_id)
        second = registry.create_model_version("m", "source", "r" * 32, model_id=model.model_id)

        assert (first.run_id, second.run_id) == (run_id, "r" * 32)

    @pytest.mark.parametrize("source", ["models:/nobody/1", "models:/m/9", "models:/m-" + "0" * 32])
    def test_source_that_is_not_there_is_refused(self, registry: RegistryBase, source: str) -> None:
        """Nothing is created."""
        versions(registry, 1)

        with refused(INTERNAL, "Unable to fetch model"):
            registry.create_model_version("m", source)
        assert sorted(stages(registry)) == [1]

    def test_copy_keeps_tags_description_and_run(self, registry: RegistryBase) -> None:
        """Not aliases and stage; the target is created when it is not there."""
        registry.create_registered_model("m")
        tags = [ModelVersionTag("t", "1")]
        source = registry.create_model_version("m", "s3://b", "r" * 32, tags, "http://run", "about it")
        registry.set_registered_model_alias("m", "champion", 1)
        registry.transition_model_version_stage("m", 1, "Production", archive_existing_versions=False)
        copies = [registry.copy_model_version(source, "n") for _ in range(2)]

        assert [copy.version for copy in copies] == [1, 2]
        for copy in copies:
            assert (copy.tags, copy.description, copy.run_id) == ({"t": "1"}, "about it", "r" * 32)
            assert (copy.source, copy.aliases, copy.current_stage) == ("models:/m/1", [], "None")
        assert registry.get_model_version_download_uri("n", 2) == "s3://b"

    def test_waiting_for_a_version_returns_at_once(self, registry: RegistryBase) -> None:
        """It is ready when it is created."""
        registry.create_registered_model("m")
        version = registry.create_model_version("m", "source")

        assert registry._await_model_version_creation(version, 300) is None


class VersionLifeSuite:
    """Updating and deletion."""

    @pytest.mark.parametrize("description", ["new", "", None])
    def test_update_sets_the_description(self, registry: RegistryBase, description: str | None) -> None:
        """Also to nothing."""
        versions(registry, 1)
        updated = registry.update_model_version("m", 1, description)

        assert updated.description == registry.get_model_version("m", 1).description == description

    def test_deleted_version_is_gone(self, registry: RegistryBase) -> None:
        """For every verb, and from every list."""
        versions(registry, 2)
        registry.delete_model_version("m", 1)
        verbs: list[tuple[Any, ...]] = [
            (registry.get_model_version,),
            (registry.get_model_version_download_uri,),
            (registry.update_model_version, "about it"),
            (registry.delete_model_version,),
            (registry.set_model_version_tag, ModelVersionTag("t", "1")),
            (registry.delete_model_version_tag, "t"),
            (registry.transition_model_version_stage, "Production", False),
        ]

        for verb, *arguments in verbs:
            with refused(MISSING):
                verb("m", 1, *arguments)
        with refused(MISSING):
            registry.set_registered_model_alias("m", "a", 1)
        assert sorted(stages(registry)) == [2]
        assert [one.version for one in registry.get_registered_model("m").latest_versions] == [2]

    def test_deletion_takes_the_aliases_along(self, registry: RegistryBase) -> None:
        """Those of this version and no others."""
        versions(registry, 2)
        registry.set_registered_model_alias("m", "old", 1)
        registry.set_registered_model_alias("m", "new", 2)
        registry.delete_model_version("m", 1)

        assert registry.get_registered_model("m").aliases == {"new": 2}

    def test_unknown_version_is_missing(self, registry: RegistryBase) -> None:
        """Of a known model."""
        versions(registry, 1)

        with refused(MISSING):
            registry.get_model_version("m", 2)
        with refused(MISSING):
            registry.delete_model_version("m", 2)


class StagesSuite:
    """Stages, and the latest version of each."""

    @pytest.mark.parametrize("stage", ["Staging", "staging", "PRODUCTION", "Archived", "none"])
    def test_stage_is_written_as_mlflow_writes_it(self, registry: RegistryBase, stage: str) -> None:
        """However it was typed."""
        versions(registry, 1)
        moved = registry.transition_model_version_stage("m", 1, stage, archive_existing_versions=False)

        assert moved.current_stage == registry.get_model_version("m", 1).current_stage == stage.capitalize()

    def test_unknown_stage_is_refused(self, registry: RegistryBase) -> None:
        """The version keeps its own."""
        versions(registry, 1)

        with refused(BAD_VALUE):
            registry.transition_model_version_stage("m", 1, "Retired", archive_existing_versions=False)
        assert stages(registry) == {1: "None"}

    def test_others_of_the_stage_can_be_archived(self, registry: RegistryBase) -> None:
        """On request, and only those of that stage."""
        versions(registry, 4)
        for number, stage in [(1, "Production"), (2, "Production"), (3, "Staging")]:
            registry.transition_model_version_stage("m", number, stage, archive_existing_versions=False)
        registry.transition_model_version_stage("m", 4, "production", archive_existing_versions=True)

        assert stages(registry) == {1: "Archived", 2: "Archived", 3: "Staging", 4: "Production"}

    def test_version_that_is_already_there_stays(self, registry: RegistryBase) -> None:
        """It does not archive itself, whether its number comes as text or not."""
        versions(registry, 1)
        for number in (1, "1"):
            registry.transition_model_version_stage("m", number, "Staging", archive_existing_versions=True)
            assert stages(registry) == {1: "Staging"}

    @pytest.mark.parametrize("stage", ["None", "Archived"])
    def test_only_active_stages_can_be_cleared(self, registry: RegistryBase, stage: str) -> None:
        """With the code that MLflow's SQL store answers."""
        versions(registry, 1)

        with refused(INTERNAL):
            registry.transition_model_version_stage("m", 1, stage, archive_existing_versions=True)

    def test_latest_version_of_each_stage(self, registry: RegistryBase) -> None:
        """The highest number; of the stages that are asked for, of all by default."""
        versions(registry, 5)
        for number, stage in [(1, "Production"), (2, "Production"), (3, "Staging"), (5, "Archived")]:
            registry.transition_model_version_stage("m", number, stage, archive_existing_versions=False)
        registry.set_registered_model_alias("m", "champion", 2)

        def latest(asked: list[str] | None) -> dict[str, int]:
            return {one.current_stage: one.version for one in registry.get_latest_versions("m", asked)}

        everything = {"Production": 2, "Staging": 3, "None": 4, "Archived": 5}
        assert latest(None) == latest([]) == everything
        assert latest(["production", "Staging"]) == {"Production": 2, "Staging": 3}
        assert [one.aliases for one in registry.get_latest_versions("m", ["Production"])] == [["champion"]]
        read = registry.get_registered_model("m")
        assert {one.current_stage: one.version for one in read.latest_versions} == everything
        with refused(BAD_VALUE):
            latest(["Retired"])


class VersionTagsSuite:
    """Tags of a model version."""

    @pytest.mark.parametrize("key", ODD_KEYS)
    def test_any_key_that_mlflow_allows_survives(self, registry: RegistryBase, key: str) -> None:
        """Set, overwritten, deleted."""
        registry.create_registered_model("m", [RegisteredModelTag(key, "of the model")])
        registry.create_model_version("m", "source", tags=[ModelVersionTag(key, "1")])
        registry.set_model_version_tag("m", 1, ModelVersionTag(key, "2"))
        assert registry.get_model_version("m", 1).tags == {key: "2"}

        registry.delete_model_version_tag("m", 1, key)
        assert registry.get_model_version("m", 1).tags == {}
        assert registry.get_registered_model("m").tags == {key: "of the model"}

    def test_deletion_of_an_absent_tag_is_silent(self, registry: RegistryBase) -> None:
        """Unlike a run's."""
        versions(registry, 1)
        registry.delete_model_version_tag("m", 1, "nothing-here")

    @pytest.mark.parametrize(
        ("key", "value"),
        [("k" * 251, "v"), ("k", "v" * 100_001), (None, "v"), ("a//b", "v"), ("k", None)],
    )
    def test_bad_tag_is_refused(self, registry: RegistryBase, key: Any, value: Any) -> None:
        """At creation and later; None is no value."""
        versions(registry, 1)

        with refused(BAD_VALUE):
            registry.create_model_version("m", "source", tags=[ModelVersionTag(key, value)])
        with refused(BAD_VALUE):
            registry.set_model_version_tag("m", 1, ModelVersionTag(key, value))
        assert sorted(stages(registry)) == [1]
