"""The stores as MLflow calls them: its abstract classes, and the methods that these forget to declare.

For type checkers; the parity test compares the same list with what is installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlflow.entities import LoggedModelParameter
    from mlflow.entities.metric import MetricWithRunId
    from mlflow.store.tracking.abstract_store import AbstractStore

    class TrackingStore(AbstractStore):
        """MLflow's abstract tracking store with its hidden contract, as of 3.17."""

        artifact_root_uri: str

        def delete_tag(self, run_id: str, key: str) -> None: ...
        def log_logged_model_params(self, model_id: str, params: list[LoggedModelParameter]) -> None: ...
        def get_metric_history_bulk(
            self, run_ids: Sequence[str], metric_key: str, max_results: int
        ) -> list[MetricWithRunId]: ...
        def _search_datasets(self, experiment_ids: Any) -> list[Any]: ...
        def _get_deleted_runs(self, older_than: int = 0) -> list[str]: ...
        def _get_deleted_logged_models(self, older_than: int = 0) -> list[str]: ...
        def _hard_delete_run(self, run_id: str) -> None: ...
        def _hard_delete_experiment(self, experiment_id: str) -> None: ...
        def _hard_delete_logged_model(self, model_id: str) -> None: ...
