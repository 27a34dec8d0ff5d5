"""What a store must take from MLflow's server, which sends protobuf where the client sends Python.

Repeated fields instead of lists, messages instead of entities, empty texts instead of None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities import ViewType
from mlflow.protos import model_registry_pb2 as registry_messages
from mlflow.protos import service_pb2 as tracking_messages

from genesis_flow.testing.samples import a_dataset, metric, run_id_of
from genesis_flow.testing.suites.model_versions import versions

if TYPE_CHECKING:
    from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryBase

    from genesis_flow.testing.contract import TrackingStore as TrackingBase


class ServerToTrackingSuite:
    """Calls of the server to a tracking store."""

    def test_search_runs(self, store: TrackingBase) -> None:
        """Repeated fields, an empty filter, an empty token."""
        experiment_id = store.create_experiment("e", None, [])
        run_id_of(store, experiment_id)
        message: Any = tracking_messages.SearchRuns(
            experiment_ids=[experiment_id], order_by=["start_time DESC"]
        )
        found = store.search_runs(
            message.experiment_ids,
            message.filter,
            ViewType.ACTIVE_ONLY,
            10,
            message.order_by,
            message.page_token,
        )

        assert len(found) == 1

    def test_search_experiments(self, store: TrackingBase) -> None:
        """Repeated fields, an empty filter."""
        message: Any = tracking_messages.SearchExperiments(order_by=["name ASC"])
        found = store.search_experiments(ViewType.ALL, 10, message.filter, message.order_by, None)

        assert [experiment.name for experiment in found] == ["Default"]

    def test_search_datasets(self, store: TrackingBase) -> None:
        """Repeated fields."""
        store.log_inputs(run_id_of(store), [a_dataset()], [])
        message: Any = tracking_messages.SearchRuns(experiment_ids=["0"])

        assert len(store._search_datasets(message.experiment_ids)) == 1

    def test_histories(self, store: TrackingBase) -> None:
        """Repeated fields."""
        run_id = run_id_of(store)
        store.log_metric(run_id, metric())
        message: Any = tracking_messages.SearchRuns(experiment_ids=[run_id])

        assert len(store.get_metric_history_bulk(message.experiment_ids, "loss", 10)) == 1
        assert (
            len(store.get_metric_history_bulk_interval(message.experiment_ids, "loss", 10, None, None)) == 1
        )

    def test_search_logged_models(self, store: TrackingBase) -> None:
        """None for everything that was left out."""
        store.create_logged_model("0", "net")

        assert len(store.search_logged_models(["0"], None, None, None, [], None)) == 1


class ServerToRegistrySuite:
    """Calls of the server to a model registry."""

    def test_create_registered_model(self, registry: RegistryBase) -> None:
        """Tags as messages, an empty description."""
        message: Any = registry_messages.CreateRegisteredModel(
            name="m", tags=[registry_messages.RegisteredModelTag(key="t", value="1")]
        )
        registry.create_registered_model(message.name, message.tags, message.description)
        read = registry.get_registered_model("m")

        assert (read.tags, read.description) == ({"t": "1"}, "")

    def test_create_model_version(self, registry: RegistryBase) -> None:
        """Tags as messages; empty run, link and description."""
        registry.create_registered_model("m")
        message: Any = registry_messages.CreateModelVersion(
            name="m", source="s", tags=[registry_messages.ModelVersionTag(key="t", value="1")]
        )
        registry.create_model_version(
            message.name,
            message.source,
            message.run_id,
            message.tags,
            message.run_link,
            message.description,
        )

        assert registry.get_model_version("m", 1).tags == {"t": "1"}

    def test_searches(self, registry: RegistryBase) -> None:
        """Repeated fields, empty filters, empty tokens."""
        versions(registry, 2)
        message: Any = registry_messages.SearchModelVersions(order_by=["name ASC"])

        assert len(registry.search_registered_models(message.filter, 10, message.order_by, None)) == 1
        assert len(registry.search_model_versions(message.filter, 10, message.order_by, None)) == 2

    def test_latest_versions(self, registry: RegistryBase) -> None:
        """Stages in a repeated field."""
        versions(registry, 2)
        message: Any = registry_messages.GetLatestVersions(name="m", stages=["None"])

        assert [one.version for one in registry.get_latest_versions(message.name, message.stages)] == [2]
