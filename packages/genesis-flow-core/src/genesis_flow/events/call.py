"""What a subscriber is told: the call before it is made, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Outcome", "StoreCall"]


@dataclass(frozen=True)
class StoreCall:
    """One call of a store's public method.

    Attributes:
        store: Kind of the store: ``tracking`` or ``registry``.
        operation: Name of the method, such as ``log_batch``.
        ids: What the call is about: arguments such as ``run_id``, ``experiment_ids``, ``name`` or
            ``version``, by the parameter's name; a list of ids is a tuple. Never a value of a param, metric
            or tag, and nothing that the caller left out.
        workspace: The workspace that the store works in.
        principal: On whose behalf the call is made, as the context variable `principal` says.
    """

    store: str
    operation: str
    ids: Mapping[str, str | tuple[str, ...]]
    workspace: str
    principal: str | None


@dataclass(frozen=True)
class Outcome:
    """How a call ended.

    Attributes:
        error_code: MLflow's name of the error, such as ``RESOURCE_DOES_NOT_EXIST``; None if all went well. An
            error that is not MLflow's counts as ``INTERNAL_ERROR``.
        vetoed: Whether a subscriber refused the call, so that it was never made.
        duration: Seconds that the store took; time spent in subscribers does not count.
        round_trips: Commands that the store sent to its server. 0 also when nobody counted: a server
            connection that is older than the first subscriber is not watched.
        result: What the store answered, for instance a new run with its id; None if it raised. It may hold
            values that must not be logged, so it is not part of the repr. Not to be changed.
    """

    error_code: str | None
    vetoed: bool
    duration: float
    round_trips: int
    result: object = field(default=None, repr=False, compare=False)

    @property
    def ok(self) -> bool:
        """Whether the store did what it was asked."""
        return self.error_code is None
