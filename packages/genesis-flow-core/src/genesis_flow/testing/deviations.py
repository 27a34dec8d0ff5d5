"""What may differ between a candidate and MLflow's SQL store, declared with its reason.

Everything that is not declared must agree: values, orders, pages, error codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Refusal:
    """An answer that is an error: MLflow's code (else the name of its class) and the text."""

    code: str
    message: str


@dataclass(frozen=True)
class Deviation:
    """One difference that is allowed.

    Attributes:
        operation: The method in which it shows.
        why: The reason, for whoever reads the list.
        witness: What MLflow's SQL store answers: an error code, or None for success.
        candidate: What the candidate answers instead.
    """

    operation: str
    why: str
    witness: str | None
    candidate: str | None

    def covers(self, operation: str, witness: Any, candidate: Any) -> bool:
        """Return whether this pair of answers is the declared difference."""
        return (operation, _code(witness), _code(candidate)) == (self.operation, self.witness, self.candidate)


def allowed(deviations: Iterable[Deviation], operation: str, witness: Any, candidate: Any) -> bool:
    """Return whether any declared deviation covers a pair of answers."""
    return any(deviation.covers(operation, witness, candidate) for deviation in deviations)


def _code(answer: Any) -> str | None:
    return answer.code if isinstance(answer, Refusal) else None


UNORDERED = frozenset(
    {"get_latest_versions", "_search_datasets", "_get_deleted_runs", "_get_deleted_logged_models"}
)
"""Methods whose list has no order in MLflow's SQL store, which reads it without ORDER BY."""

SAME_TEXT = frozenset({"log_param", "log_batch", "log_metric", "set_tag", "create_run"})
"""Methods whose refusals clients show as they are, or search for words: MLflow's text must be in them."""
