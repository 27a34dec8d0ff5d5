"""The candidates of one run: each a tracking store and a registry store behind MLflow's interface."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore
    from mlflow.store.tracking.abstract_store import AbstractStore as TrackingStore


@dataclass(eq=False)
class Rival:
    """One candidate, reached as any MLflow client would reach it: by a tracking URI.

    Attributes:
        name: the column of the report.
        uri: of both stores.
        sharing: a quicker rival on the same database, None if there is none.
    """

    name: str
    uri: str = field(repr=False)
    sharing: Rival | None = None

    @cached_property
    def tracking(self) -> TrackingStore:
        """The store that MLflow picks for the URI."""
        from mlflow.tracking._tracking_service.utils import _get_store

        store: TrackingStore = _get_store(self.uri)
        return store

    @cached_property
    def registry(self) -> RegistryStore:
        """Likewise."""
        from mlflow.tracking._model_registry.utils import _get_store

        store: RegistryStore = _get_store(self.uri, self.uri)
        return store

    @property
    def loader(self) -> Rival:
        """The rival that fills this one's database before reads are timed."""
        return self.sharing or self
