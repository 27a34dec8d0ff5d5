"""Links from runs and logged models to the prompts they used: a tag that is only ever added to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, TEMPORARILY_UNAVAILABLE

from genesis_flow_mongo.compat import LINKED_PROMPTS_TAG, with_linked_prompts
from genesis_flow_mongo.documents.keys import escape
from genesis_flow_mongo.tracking.lookups import active_run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlflow.entities.model_registry import PromptVersion

    from genesis_flow_mongo.repositories.logged_models import LoggedModelRepository
    from genesis_flow_mongo.repositories.run_links import RunLinkRepository
    from genesis_flow_mongo.repositories.runs import RunRepository

_FIELD = escape(LINKED_PROMPTS_TAG)
_MAX_TRIES = 200


class PromptLinkOps:
    """What the model registry asks of the tracking store to link prompts; MLflow has no such methods."""

    _runs: RunRepository
    _run_links: RunLinkRepository
    _logged_models: LoggedModelRepository

    def link_prompts_to_run(self, run_id: str, prompt_versions: Sequence[PromptVersion]) -> None:
        """Add prompts to those that an active run has used; two round trips, unless others do so just then.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a run, INVALID_PARAMETER_VALUE if it is
                deleted.
        """

        def held() -> str | None:
            active_run(self._runs, run_id)
            ...
