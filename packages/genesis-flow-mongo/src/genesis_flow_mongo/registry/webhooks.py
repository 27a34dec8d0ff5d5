"""Webhooks: there are none, which `mlflow server` asks at every write to the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow.store.entities.paged_list import PagedList

if TYPE_CHECKING:
    from mlflow.entities.webhook import Webhook, WebhookEvent


class WebhookOps:
    """The part of MLflow's model registry that finds webhooks; they cannot be created yet."""

    def list_webhooks_by_event(
        self, event: WebhookEvent, max_results: int | None = None, page_token: str | None = None
    ) -> PagedList[Webhook]:
        """Return no webhooks, without a round trip.

        A refusal here would put a traceback into the server's log for every version that somebody creates.
        """
        return PagedList([], None)
