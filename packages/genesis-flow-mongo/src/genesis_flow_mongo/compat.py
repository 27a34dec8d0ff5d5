"""The one door for private MLflow names: what may break with another MLflow is imported here, and only here.

Written against MLflow 3.17.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mlflow.entities import _DatasetSummary as DatasetSummary
from mlflow.exceptions import MlflowException
from mlflow.prompt.constants import IS_PROMPT_TAG_KEY
from mlflow.prompt.registry_utils import handle_resource_already_exist_error as refuse_taken_name
from mlflow.prompt.registry_utils import model_version_to_prompt_version as prompt_version_of
from mlflow.store.artifact.utils.models import _parse_model_uri as parse_model_uri
from mlflow.store.tracking import (
    SEARCH_LOGGED_MODEL_MAX_RESULTS_DEFAULT,
    SEARCH_MAX_RESULTS_DEFAULT,
    SEARCH_MAX_RESULTS_THRESHOLD,
)
from mlflow.tracing.constant import TraceTagKey
from mlflow.utils.name_utils import _generate_random_name as generate_run_name
from mlflow.utils.search_utils import (
    SearchExperimentsUtils,
    SearchModelUtils,
    SearchModelVersionUtils,
    SearchUtils,
)
from mlflow.utils.search_utils import (
    SearchLoggedModelsPaginationToken as LoggedModelsToken,
)
from mlflow.utils.search_utils import (
    _join_in_comparison_tokens as joined_comparisons,
)
from mlflow.utils.validation import _REGISTERED_MODEL_ALIAS_LATEST as ALIAS_LATEST
from mlflow.utils.validation import (
    _parse_experiment_id as parse_experiment_id,
)
from mlflow.utils.validation import (
    _validate_batch_log_data as checked_batch,
)
from mlflow.utils.validation import (
    _validate_batch_log_limits as check_batch_limits,
)
from mlflow.utils.validation import (
    _validate_dataset_inputs as check_dataset_inputs,
)
from mlflow.utils.validation import (
    _validate_experiment_artifact_location_length as check_artifact_location_length,
)
from mlflow.utils.validation import (
    _validate_experiment_name as check_experiment_name,
)
from mlflow.utils.validation import (
    _validate_experiment_tag as check_experiment_tag,
)
from mlflow.utils.validation import (
    _validate_logged_model_name as check_logged_model_name,
)
from mlflow.utils.validation import (
    _validate_metric as check_metric,
)
from mlflow.utils.validation import (
    _validate_model_alias_name as check_alias_name,
)
from mlflow.utils.validation import (
    _validate_model_alias_name_reserved as check_alias_not_reserved,
)
from mlflow.utils.validation import (
    _validate_model_name as check_model_name,
)
from mlflow.utils.validation import (
    _validate_model_renaming as check_new_model_name,
)
from mlflow.utils.validation import (
    _validate_model_version as checked_version,
)
from mlflow.utils.validation import (
    _validate_model_version_tag as check_version_tag,
)
from mlflow.utils.validation import (
    _validate_param as checked_param,
)
from mlflow.utils.validation import (
    _validate_param_keys_unique as check_param_keys_unique,
)
from mlflow.utils.validation import (
    _validate_registered_model_tag as check_model_tag,
)
from mlflow.utils.validation import (
    _validate_run_id as check_run_id,
)
from mlflow.utils.validation import (
    _validate_tag as checked_tag,
)
from mlflow.utils.validation import (
    _validate_tag_name as check_tag_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def server_artifact_root() -> str | None:
    """Return the artifact root that `mlflow server` handed to its workers, None outside of one.

    A server process holds two stores, of which MLflow tells only one the root (contract of MLflow 3.17).
    """
    return os.environ.get("_MLFLOW_SERVER_ARTIFACT_ROOT") or None


LINKED_PROMPTS_TAG = TraceTagKey.LINKED_PROMPTS
"""Tag of runs and logged models that lists the prompts they used, as JSON."""


def tracking_store(uri: str | None) -> Any:
    """Return MLflow's tracking store of a URI, of the one that is set when it is None."""
    from mlflow.tracking import _get_store

    return _get_store(uri)


Clause = dict[str, Any]
"""One clause of a parsed filter: type, key, comparator and value. All callers share it: not to be changed."""


@lru_cache(maxsize=256)
def parse_registered_model_filter(filter_string: str) -> list[Clause]:
    """Return the clauses of a search of registered models; parsing costs more than the search itself."""
    clauses: list[Clause] = _parsed(SearchModelUtils.parse_search_filter, filter_string)
    return clauses


@lru_cache(maxsize=256)
def parse_model_version_filter(filter_string: str) -> list[Clause]:
    """Return the clauses of a search of model versions."""
    clauses: list[Clause] = _parsed(SearchModelVersionUtils.parse_search_filter, filter_string)
    return clauses


@lru_cache(maxsize=256)
def parse_registered_model_order(clause: str) -> tuple[str, bool]:
    """Return the key of an `order_by` clause, and whether it ascends."""
    key, ascending = _parsed(SearchUtils.parse_order_by_for_search_registered_models, clause)
    return key, ascending


@lru_cache(maxsize=256)
def parse_model_version_order(clause: str) -> tuple[str, bool]:
    """Return the key of an `order_by` clause, and whether it ascends."""
    _, key, ascending = _parsed(SearchModelVersionUtils.parse_order_by_for_search_model_versions, clause)
    return key, ascending


def _parsed(parse: Callable[[str], Any], text: str) -> Any:
    try:
        return parse(text)
    except ValueError as exc:
        # MLflow's parsers stumble over some texts, such as a quote that is not closed.
        raise MlflowException.invalid_parameter_value(f"This cannot be parsed: {text!r}.") from exc
