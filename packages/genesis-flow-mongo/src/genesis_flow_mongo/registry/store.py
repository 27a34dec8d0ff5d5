"""MongoRegistryStore: assembly only; each facet says what it does."""

from __future__ import annotations

from mlflow.store.model_registry.abstract_store import AbstractStore

from genesis_flow.events import observed
from genesis_flow_mongo.connection.errors import driver_errors
from genesis_flow_mongo.registry.aliases import AliasOps
from genesis_flow_mongo.registry.model_versions import ModelVersionOps
from genesis_flow_mongo.registry.prompts import PromptOps
from genesis_flow_mongo.registry.registered_models import RegisteredModelOps
from genesis_flow_mongo.registry.unsupported import UnsupportedOps
from genesis_flow_mongo.registry.webhooks import WebhookOps
from genesis_flow_mongo.repositories.database import open_database
from genesis_flow_mongo.repositories.model_versions import ModelVersionRepository
from genesis_flow_mongo.repositories.registered_models import RegisteredModelRepository


@observed("registry")
@driver_errors
class MongoRegistryStore(
    RegisteredModelOps,
    ModelVersionOps,
    AliasOps,
    PromptOps,
    WebhookOps,
    UnsupportedOps,
    AbstractStore,
):
    """MLflow's model registry on MongoDB. Safe across threads and forks, and can be pickled."""

    def __init__(self, store_uri: str, tracking_uri: str | None = None) -> None:
        """Open the database of a store URI; two round trips, more on the first use of a database.

        Args:
            store_uri: A `mongodb`, `mongodb+srv` or `mongodb+embedded` URI.
            tracking_uri: Where runs and logged models are looked up; None is the URI that is set.
        """
        super().__init__()  # type: ignore[no-untyped-call]  # MLflow's, which makes its locks
        context = open_database(store_uri)
        self._tracking_uri = tracking_uri
        self._registered_models = RegisteredModelRepository(context)
        self._model_versions = ModelVersionRepository(context)
