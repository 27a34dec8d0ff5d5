"""The artifact root: where the artifacts of a new experiment go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow.utils.uri import append_to_uri_path, resolve_uri_if_local

from genesis_flow import settings
from genesis_flow_mongo.compat import server_artifact_root

if TYPE_CHECKING:
    from genesis_flow_mongo.connection.context import StoreContext

DEFAULT_ROOT = "./mlartifacts"


class ArtifactRoot:
    """The root of one store, looked up when an experiment is created without a location of its own.

    In order: what `mlflow server` was given, the URI's `genesisArtifactRoot`, MLFLOW_DEFAULT_ARTIFACT_ROOT,
    the root recorded in the database for all its clients (read when the store is opened), `./mlartifacts`.
    """

    def __init__(self, context: StoreContext, artifact_uri: str | None) -> None:
        self._named = artifact_uri or server_artifact_root() or context.uri.artifact_root
        self._recorded = context.shared.get("artifact_root")

    def uri(self) -> str:
        """Return the root, a local path made absolute; no round trip."""
        root = self._named or settings.DEFAULT_ARTIFACT_ROOT.get() or self._recorded or DEFAULT_ROOT
        return str(resolve_uri_if_local(root))

    def of_experiment(self, experiment_id: str) -> str:
        """Return the artifact location of an experiment that was given none."""
        return str(append_to_uri_path(self.uri(), experiment_id))
