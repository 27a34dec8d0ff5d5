"""The tracking store: facets, assembled. No behaviour lives here."""

from __future__ import annotations

from mlflow.store.tracking.abstract_store import AbstractStore

from genesis_flow.events import observed
from genesis_flow_mongo.connection.errors import driver_errors
from genesis_flow_mongo.repositories.artifact_root import ArtifactRoot
from genesis_flow_mongo.repositories.database import open_database
from genesis_flow_mongo.repositories.datasets import DatasetRepository
from genesis_flow_mongo.repositories.experiments import ExperimentRepository
from genesis_flow_mongo.repositories.logged_model_metrics import LoggedModelMetricRepository
from genesis_flow_mongo.repositories.logged_models import LoggedModelRepository
from genesis_flow_mongo.repositories.metric_history import MetricHistoryRepository
from genesis_flow_mongo.repositories.run_data import RunDataRepository
from genesis_flow_mongo.repositories.run_links import RunLinkRepository
from genesis_flow_mongo.repositories.runs import RunRepository
from genesis_flow_mongo.tracking.experiments import ExperimentOps
from genesis_flow_mongo.tracking.inputs import InputOps
from genesis_flow_mongo.tracking.logged_models import LoggedModelOps
from genesis_flow_mongo.tracking.metric_history import MetricHistoryOps
from genesis_flow_mongo.tracking.prompt_links import PromptLinkOps
from genesis_flow_mongo.tracking.run_data import RunDataOps
from genesis_flow_mongo.tracking.runs import RunOps
from genesis_flow_mongo.tracking.unsupported import UnsupportedOps


@observed("tracking")
@driver_errors
class MongoTrackingStore(
    ExperimentOps,
    RunOps,
    RunDataOps,
    MetricHistoryOps,
    InputOps,
    LoggedModelOps,
    PromptLinkOps,
    UnsupportedOps,
    AbstractStore,
):
    """MLflow's tracking store on MongoDB: one per URI and artifact root, safe for threads and forks."""

    supports_workspaces = False
    supports_trace_archival = False

    def __init__(self, store_uri: str, artifact_uri: str | None = None) -> None:
        """Connect to the database of a URI and make it ready on first use.

        Args:
            store_uri: A `mongodb`, `mongodb+srv` or `mongodb+embedded` URI.
            artifact_uri: Root of the artifacts of new experiments, or None (see `ArtifactRoot`).

        Raises:
            MlflowException: TEMPORARILY_UNAVAILABLE if the server cannot be reached within
                GENESIS_FLOW_CONNECT_TIMEOUT seconds, PERMISSION_DENIED if it refuses the credentials,
                INVALID_STATE if a newer release has written the database.
        """
        super().__init__()  # type: ignore[no-untyped-call]  # MLflow's, which starts the queue of async logging
        context = open_database(store_uri, artifact_uri)
        self._artifact_root = ArtifactRoot(context, artifact_uri)
        self._experiments = ExperimentRepository(context)
        self._runs = RunRepository(context)
        self._run_data = RunDataRepository(context)
        self._metric_history = MetricHistoryRepository(context)
        self._run_links = RunLinkRepository(context)
        self._datasets = DatasetRepository(context)
        self._logged_models = LoggedModelRepository(context)
        self._logged_model_metrics = LoggedModelMetricRepository(context)

    @property
    def artifact_root_uri(self) -> str:
        """The root of the artifacts of new experiments; MLflow's server asks for it by this name."""
        return self._artifact_root.uri()
