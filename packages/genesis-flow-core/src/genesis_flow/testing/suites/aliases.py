"""What a model registry promises about aliases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from genesis_flow.testing.expect import BAD_VALUE, MISSING, refused
from genesis_flow.testing.suites.model_versions import versions

if TYPE_CHECKING:
    from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryBase


class AliasesSuite:
    """Names that point at versions."""

    def test_alias_finds_its_version(self, registry: RegistryBase) -> None:
        """And shows on the model, on the version, and in no search, as in MLflow's SQL store."""
        versions(registry, 2)
        registry.set_registered_model_alias("m", "champion", 1)
        registry.set_registered_model_alias("m", "second-name", "1")

        assert registry.get_model_version_by_alias("m", "champion").version == 1
        assert sorted(registry.get_model_version("m", 1).aliases) == ["champion", "second-name"]
        assert registry.get_model_version("m", 2).aliases == []
        assert registry.get_registered_model("m").aliases == {"champion": 1, "second-name": 1}
        assert [one.aliases for one in registry.search_model_versions("name = 'm'")] == [[], []]

    def test_alias_can_be_moved(self, registry: RegistryBase) -> None:
        """It points at one version at a time."""
        versions(registry, 2)
        for number in (1, 2):
            registry.set_registered_model_alias("m", "champion", number)

        assert registry.get_registered_model("m").aliases == {"champion": 2}
        assert registry.get_model_version("m", 1).aliases == []

    def test_aliases_differ_by_case(self, registry: RegistryBase) -> None:
        """`a` and `A` are two."""
        versions(registry, 2)
        registry.set_registered_model_alias("m", "a", 1)
        registry.set_registered_model_alias("m", "A", 2)

        assert registry.get_registered_model("m").aliases == {"a": 1, "A": 2}

    def test_alias_does_not_count_as_an_update(self, registry: RegistryBase) -> None:
        """The stamps stay."""
        versions(registry, 1)
        before = registry.get_registered_model("m").last_updated_timestamp
        registry.set_registered_model_alias("m", "a", 1)

        assert registry.get_registered_model("m").last_updated_timestamp == before

    def test_deletion_is_silent(self, registry: RegistryBase) -> None:
        """Whether the alias was there or not."""
        versions(registry, 1)
        registry.set_registered_model_alias("m", "a", 1)
        for _ in range(2):
            registry.delete_registered_model_alias("m", "a")

        assert registry.get_registered_model("m").aliases == {}

    def test_unknown_alias_is_a_bad_value(self, registry: RegistryBase) -> None:
        """Not missing: so MLflow's SQL store answers, and clients tell the two apart."""
        versions(registry, 1)

        with refused(BAD_VALUE, "alias a not found"):
            registry.get_model_version_by_alias("m", "a")

    @pytest.mark.parametrize("name", ["latest", "LATEST"])
    def test_latest_is_the_highest_version(self, registry: RegistryBase, name: str) -> None:
        """Of those that are not deleted, whatever their stage."""
        versions(registry, 3)
        registry.transition_model_version_stage("m", 1, "Production", archive_existing_versions=False)
        registry.delete_model_version("m", 3)

        assert registry.get_model_version_by_alias("m", name).version == 2

    def test_latest_of_nothing_is_missing(self, registry: RegistryBase) -> None:
        """A model without versions has none."""
        registry.create_registered_model("m")

        with refused(MISSING):
            registry.get_model_version_by_alias("m", "latest")

    @pytest.mark.parametrize(
        "alias", ["latest", "Latest", "v1", "V12", "", None, "a b", "a.b", "a/b", "x" * 256]
    )
    def test_bad_or_reserved_name_is_refused(self, registry: RegistryBase, alias: Any) -> None:
        """Letters, digits, underscores and dashes, up to 255; `latest` and `v<number>` are taken."""
        versions(registry, 1)

        with refused(BAD_VALUE):
            registry.set_registered_model_alias("m", alias, 1)

    @pytest.mark.parametrize("alias", ["v1x", "1", "_", "-", "x" * 255, "_id"])
    def test_any_other_name_is_good(self, registry: RegistryBase, alias: str) -> None:
        """Up to 255 characters."""
        versions(registry, 1)
        registry.set_registered_model_alias("m", alias, 1)

        assert registry.get_model_version_by_alias("m", alias).version == 1

    def test_version_must_be_there(self, registry: RegistryBase) -> None:
        """The alias is not created."""
        versions(registry, 1)

        with refused(MISSING):
            registry.set_registered_model_alias("m", "a", 2)
        with refused(BAD_VALUE):
            registry.set_registered_model_alias("m", "a", "one")
        assert registry.get_registered_model("m").aliases == {}
