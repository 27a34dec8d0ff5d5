"""What this registry does not do yet, declared with its reason: each of these answers 501.

The parity test compares this list with the installed MLflow: a method is implemented, declared here, or one
whose default in MLflow's base class does the right thing (`INHERITED`).
"""

from __future__ import annotations

from mlflow.store.model_registry.abstract_store import AbstractStore

from genesis_flow_mongo.refusals import refuses

_AREAS: dict[str, str] = {
    "webhooks are not stored yet.": """
        create_webhook get_webhook list_webhooks update_webhook delete_webhook test_webhook
    """,
    "traces, to which prompts could be linked, are not stored yet.": """
        link_prompts_to_trace
    """,
}

UNSUPPORTED: dict[str, str] = {name: reason for reason, names in _AREAS.items() for name in names.split()}
"""Method name -> why it answers 501."""

INHERITED: dict[str, str] = {
    "copy_model_version": "creates the model if need be, then a version whose source is the other version",
    "create_prompt": "creates a registered model with a tag",
    "create_prompt_version": "creates a model version with tags",
    "delete_prompt": "deletes the registered model",
    "delete_prompt_alias": "deletes the alias of the registered model",
    "delete_prompt_tag": "deletes the tag of the registered model",
    "delete_prompt_version": "deletes the model version",
    "delete_prompt_version_tag": "deletes the tag of the model version",
    "get_prompt": "reads the registered model",
    "get_prompt_version_by_alias": "asks `get_prompt_version`",
    "search_prompt_versions": "searches model versions by tag",
    "search_prompts": "searches registered models by tag",
    "set_prompt_alias": "sets the alias of the registered model",
    "set_prompt_tag": "sets the tag of the registered model",
    "set_prompt_version_tag": "sets the tag of the model version",
}
"""Method name -> why MLflow's own default does the right thing."""


@refuses(AbstractStore, UNSUPPORTED)
class UnsupportedOps:
    """Answers 501 for what is not built yet."""
