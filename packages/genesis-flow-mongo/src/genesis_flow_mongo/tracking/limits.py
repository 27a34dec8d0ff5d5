"""Limits on what a search may ask for, as in MLflow's SqlAlchemyStore 3.17."""

from __future__ import annotations

from mlflow.exceptions import MlflowException

from genesis_flow_mongo.compat import SEARCH_MAX_RESULTS_THRESHOLD


def checked_max_results(max_results: int | None) -> int:
    """Return the number of results of a page.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE unless it is between 1 and 50,000.
    """
    if not max_results or not 1 <= int(max_results) <= SEARCH_MAX_RESULTS_THRESHOLD:
        raise MlflowException.invalid_parameter_value(
            f"Invalid value for parameter 'max_results': got {max_results}, expected a number from 1 to "
            f"{SEARCH_MAX_RESULTS_THRESHOLD}. Page through more with page_token."
        )
    return int(max_results)
