"""Where a new model version's files lie, and which run made them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mlflow.exceptions import MlflowException

from genesis_flow_mongo.compat import parse_model_uri

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlflow.entities import LoggedModel


def logged_models_of(tracking_uri: str | None) -> Callable[[str], LoggedModel]:
    """Return a look-up of logged models in the tracking store of a URI; None is the one that is set."""

    def logged_model(model_id: str) -> LoggedModel:
        # Only here, as most versions need no look at the tracking store.
        from mlflow.tracking.client import MlflowClient

        return MlflowClient(tracking_uri=tracking_uri).get_logged_model(model_id)

    return logged_model


def lineage(
    source: str,
    run_id: str | None,
    model_id: str | None,
    logged_model: Callable[[str], LoggedModel],
    download_uri: Callable[[Any, Any], str],
) -> tuple[str, str | None]:
    """Return the storage location of a source, and the run behind it.

    Args:
        source: Any URI; `models:/<model id>` stands for a logged model, `models:/<name>/<version>` for
            another version.
        run_id: The run that the caller names, which counts first.
        model_id: The logged model that the caller names.
        logged_model: Looks up a logged model.
        download_uri: Looks up where another version lies.

    Raises:
        MlflowException: INTERNAL_ERROR (as MLflow's SqlAlchemyStore 3.17 has it) if a `models:` source cannot
            be resolved; whatever the lookup raises if the named logged model cannot.
    """
    location = source
    if source and urlsplit(source).scheme == "models":
        try:
            parsed = parse_model_uri(source)
            if parsed.model_id is not None:
                model = logged_model(parsed.model_id)
                location, run_id = model.artifact_location, run_id or model.source_run_id
            else:
                location = download_uri(parsed.name, parsed.version)
        except MlflowException as exc:
            raise MlflowException(
                f"Unable to fetch model from model URI source artifact location '{source}'. Error: {exc}"
            ) from exc
    if not run_id and model_id:
        run_id = logged_model(model_id).source_run_id
    return location, run_id
