"""Asks a candidate and MLflow's SQL stores the same, and compares the answers field by field."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from mlflow.exceptions import MlflowException
from mlflow.store.entities import PagedList

from genesis_flow.testing.deviations import SAME_TEXT, UNORDERED, Refusal, allowed
from genesis_flow.testing.oracle import Loan, borrowed, loan_of
from genesis_flow.testing.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from genesis_flow.testing.clock import HandClock
    from genesis_flow.testing.deviations import Deviation
    from genesis_flow.testing.oracle import Stores


class Mismatch(AssertionError):  # noqa: N818 - a finding, not a fault of the program
    """Candidate and witness answered differently."""


class Duel:
    """A candidate and the witness, both empty at first and then always told the same.

    Attributes:
        clock: The clock that both read.
        broken: Whether they have already answered differently; what follows means nothing then.
    """

    def __init__(
        self, candidate: Stores, witness: Stores, clock: HandClock, deviations: Sequence[Deviation] = ()
    ) -> None:
        self.clock = clock
        self.broken = False
        self._candidate, self._witness = candidate, witness
        self._deviations = deviations

    def tracking(self, operation: str, *arguments: Any, **options: Any) -> Any:
        """Ask both tracking stores; return the candidate's answer, or its `Refusal`."""
        return self._ask("tracking", operation, arguments, options)

    def registry(self, operation: str, *arguments: Any, **options: Any) -> Any:
        """Ask both registries; return the candidate's answer, or its `Refusal`."""
        return self._ask("registry", operation, arguments, options)

    def pages(self, side: str, operation: str, *arguments: Any, most: int = 50, **options: Any) -> None:
        """Ask for page after page, each store with its own tokens, until the end or for `most` pages."""
        tokens: dict[str, Any] = {}
        for _ in range(most):
            ours, theirs = (
                _answer(stores, side, operation, arguments, options | {"page_token": tokens.get(name)})
                for name, stores in (("ours", self._candidate), ("theirs", self._witness))
            )
            self._compare(operation, arguments, options, theirs, ours)
            if not isinstance(ours, PagedList) or not ours.token:
                return
            tokens = {"ours": ours.token, "theirs": theirs.token}

    def _ask(self, side: str, operation: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        ours = _answer(self._candidate, side, operation, arguments, options)
        loan = Loan() if isinstance(ours, Refusal) else loan_of(operation, ours)
        with borrowed(loan):
            theirs = _answer(self._witness, side, operation, arguments, options)
        self._compare(operation, arguments, options, theirs, ours)
        return ours

    def _compare(
        self, operation: str, arguments: tuple[Any, ...], options: dict[str, Any], theirs: Any, ours: Any
    ) -> None:
        if allowed(self._deviations, operation, theirs, ours):
            return
        expected, actual = _comparable(operation, theirs), _comparable(operation, ours)
        found = [*differences(expected, actual), *_missing_text(operation, theirs, ours)]
        if found:
            self.broken = True
            asked = ", ".join(
                [*map(repr, arguments), *(f"{key}={value!r}" for key, value in options.items())]
            )
            msg = "\n  ".join([f"{operation}({asked}) differs:", *found[:10], _story(theirs), _story(ours)])
            raise Mismatch(msg)


def _answer(
    stores: Stores, side: str, operation: str, arguments: tuple[Any, ...], options: dict[str, Any]
) -> Any:
    method = getattr(getattr(stores, side), operation)
    try:
        # Copies, so that a store which changes its arguments is found out.
        return method(*deepcopy(arguments), **deepcopy(options))
    except MlflowException as exc:
        return Refusal(exc.error_code, exc.message)
    except Exception as exc:  # noqa: BLE001 - whatever the witness raises, the candidate should, too
        return Refusal(type(exc).__name__, str(exc))


def _comparable(operation: str, answer: Any) -> Any:
    if isinstance(answer, Refusal):
        return {"refused": answer.code}
    values = plain(answer)
    return sorted(values, key=repr) if operation in UNORDERED else values


def _missing_text(operation: str, theirs: Any, ours: Any) -> Iterator[str]:
    # A candidate may say more than MLflow, such as a way out; but what MLflow says, people search for.
    if operation in SAME_TEXT and isinstance(theirs, Refusal) and isinstance(ours, Refusal):
        said = theirs.code in ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST")
        if said and theirs.message.rstrip(".") not in ours.message:
            yield f"message: MLflow says {theirs.message!r}, the candidate {ours.message!r}"


def _story(answer: Any) -> str:
    return f"{answer.code}: {answer.message[:300]}" if isinstance(answer, Refusal) else "answered"


def differences(expected: Any, actual: Any, path: str = "answer") -> Iterator[str]:
    """Yield each place in which two nests of plain data differ, with both values."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in [*expected, *(key for key in actual if key not in expected)]:
            yield from differences(expected.get(key, "absent"), actual.get(key, "absent"), f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for index, (left, right) in enumerate(zip(expected, actual, strict=True)):
            yield from differences(left, right, f"{path}[{index}]")
    elif expected != actual:
        yield f"{path}: MLflow has {expected!r}, the candidate {actual!r}"
