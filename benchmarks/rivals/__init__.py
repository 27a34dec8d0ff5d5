"""The candidates of one run: each a tracking store and a registry store behind MLflow's interface."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore
    from mlflow.store.tracking.abstract_store import AbstractStore as TrackingStore


@dataclass(eq=False)
class Rival:
    """One candidate, reached as any MLflow client would reach it: by a tracking URI.

    Attributes:
        name: the column of the report.
        tracking: the store MLflow picks for the URI.
        registry: likewise.
        loader: the quickest rival on the same database; fills it before a measurement of reads.
    """

    name: str
    tracking: TrackingStore
    registry: RegistryStore
    _loader: Rival | None = field(default=None, repr=False)

    @classmethod
    def at(cls, name: str, uri: str, loader: Rival | None = None) -> Rival:
        """Open the stores that MLflow resolves for `uri`."""
        from mlflow import MlflowClient

        client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        return cls(name, client._tracking_client.store, client._get_registry_client().store, loader)  # noqa: SLF001

    @property
    def loader(self) -> Rival:
        """The rival that loads data for this one; itself unless it shares a database."""
        return self._loader or self
