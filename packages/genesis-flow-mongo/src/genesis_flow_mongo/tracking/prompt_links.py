"""Links from runs and logged models to the prompts they used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow.entities import LifecycleStage

from genesis_flow_mongo.compat import LINKED_PROMPTS_TAG
from genesis_flow_mongo.documents.keys import escape
from genesis_flow_mongo.tracking.logged_models import active_model
from genesis_flow_mongo.tracking.lookups import unusable_run
from genesis_flow_mongo.tracking.tag_lists import append_to_tag

if TYPE_CHECKING:
    from mlflow.entities.model_registry import PromptVersion

    from genesis_flow_mongo.repositories.logged_models import LoggedModelRepository
    from genesis_flow_mongo.repositories.run_links import RunLinkRepository
    from genesis_flow_mongo.repositories.runs import RunRepository


class PromptLinkOps:
    """What our model registry asks of the tracking store to link prompts; MLflow has no such methods."""

    _runs: RunRepository
    _run_links: RunLinkRepository
    _logged_models: LoggedModelRepository

    def link_prompt_to_run(self, prompt_version: PromptVersion, run_id: str) -> None:
        """Add a prompt to the list of those that an active run has used; two round trips.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a run, INVALID_PARAMETER_VALUE if it is
                deleted.
        """

        def read() -> str | None:
            run = self._runs.get(run_id)
            if run is None or run["lifecycle_stage"] != LifecycleStage.ACTIVE:
                raise unusable_run(run_id, run)
            tag: str | None = run["tags"].get(escape(LINKED_PROMPTS_TAG))
            return tag

        def replace(before: str | None, after: str) -> bool:
            return self._run_links.replace_tag(run_id, LINKED_PROMPTS_TAG, before, after)

        append_to_tag(LINKED_PROMPTS_TAG, _entry(prompt_version), read, replace)

    def link_prompt_to_logged_model(self, prompt_version: PromptVersion, model_id: str) -> None:
        """Add a prompt to the list of those that a logged model uses; two round trips.

        Raises:
            MlflowException: RESOURCE_DOES_NOT_EXIST without such a model.
        """

        def read() -> str | None:
            model = active_model(self._logged_models, model_id)
            tag: str | None = model["tags"].get(escape(LINKED_PROMPTS_TAG))
            return tag

        def replace(before: str | None, after: str) -> bool:
            return self._logged_models.replace_tag(model_id, LINKED_PROMPTS_TAG, before, after)

        append_to_tag(LINKED_PROMPTS_TAG, _entry(prompt_version), read, replace)


def _entry(prompt_version: PromptVersion) -> dict[str, str]:
    return {"name": prompt_version.name, "version": str(prompt_version.version)}
