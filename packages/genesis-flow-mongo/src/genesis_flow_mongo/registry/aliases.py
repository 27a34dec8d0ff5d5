"""Aliases: names that point to one version of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST

from genesis_flow_mongo.compat import (
    ALIAS_LATEST,
    check_alias_name,
    check_alias_not_reserved,
    check_model_name,
)
from genesis_flow_mongo.documents.model_versions import model_version_from_document
from genesis_flow_mongo.documents.registered_models import aliases_of
from genesis_flow_mongo.registry.checks import checked_version, model_not_found, version_not_found

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow.entities.model_registry import ModelVersion

    from genesis_flow_mongo.repositories.model_versions import ModelVersionRepository
    from genesis_flow_mongo.repositories.registered_models import RegisteredModelRepository


class AliasOps:
    """The part of MLflow's model registry that is about aliases."""

    _registered_models: RegisteredModelRepository
    _model_versions: ModelVersionRepository

    def set_registered_model_alias(self, name: str, alias: str, version: Any) -> None:
        """Point an alias to a version, away from any other; two round trips.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a version; INVALID_PARAMETER_VALUE for an
                alias that MLflow does not allow, `latest` and `v` with a number among them.
        """
        check_model_name(name)
        check_alias_name(alias)
        check_alias_not_reserved(alias)
        number = checked_version(version)
        if self._model_versions.get(name, number, "version") is None:
            raise version_not_found(name, number)
        if not self._registered_models.set_alias(name, alias, number):
            raise model_not_found(name)

    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        """Remove an alias, silently if it is not there; one round trip.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a model.
        """
        check_model_name(name)
        check_alias_name(alias)
        if not self._registered_models.delete_alias(name, alias):
            raise model_not_found(name)

    def get_model_version_by_alias(self, name: str, alias: str) -> ModelVersion:
        """Return the version that an alias points to; `latest` is the highest of all. Two round trips.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a model or, for `latest`, without a version;
                INVALID_PARAMETER_VALUE for an alias that the model does not have.
        """
        check_model_name(name)
        check_alias_name(alias)
        model = self._registered_models.get(name, "name", "aliases")
        if model is None:
            raise model_not_found(name)
        document = version_by_alias(self._model_versions, model, alias)
        return model_version_from_document(document, aliases_of(model, document["version"]))


def version_by_alias(
    versions: ModelVersionRepository, model: Mapping[str, Any], alias: str
) -> dict[str, Any]:
    """Return the document of the version that an alias points to; one round trip.

    Raises:
        MlflowException: As `get_model_version_by_alias`.
    """
    name = model["name"]
    if alias.lower() == ALIAS_LATEST:
        document = versions.newest(name)
        if document is None:
            raise MlflowException(f"Latest version not found for model {name}.", RESOURCE_DOES_NOT_EXIST)
        return document
    number = model["aliases"].get(alias)
    if number is None:
        raise MlflowException(f"Registered model alias {alias} not found.", INVALID_PARAMETER_VALUE)
    document = versions.get(name, number)
    if document is None:
        raise version_not_found(name, number)
    return document
