"""The parity check finds what is missing, what does not fit, and what is declared in vain."""

from __future__ import annotations

from typing import Any

import pytest
from mlflow.exceptions import MlflowNotImplementedException

from genesis_flow.testing import parity
from genesis_flow.testing.parity import Interface, problems, signature_problem


class Base:
    def read(self, key: str, most: int = 5) -> None: ...
    def write(self, key: str, value: str) -> None: ...
    def _hook(self) -> None: ...


class Witness(Base):
    def read(self, key: str, most: int = 9) -> None: ...
    def hidden(self, key: str) -> None: ...


TOY = Interface(base=Base, witness=Witness, hidden=frozenset({"hidden"}), hooks=frozenset({"_hook"}))


class Good:
    def read(self, key: str, most: int = 5) -> None: ...
    def write(self, key: str, value: str = "") -> None: ...
    def _hook(self) -> None: ...
    def hidden(self, key: str, *, more: bool = False) -> None: ...


def found(
    store: type, unsupported: dict[str, str] | None = None, inherited: dict[str, str] | None = None
) -> str:
    return "\n".join(problems(store, TOY, unsupported or {}, inherited or {}))


def test_store_that_has_everything_has_no_problems() -> None:
    assert found(Good) == ""


def test_default_may_be_that_of_the_sql_store() -> None:
    class Store(Good):
        def read(self, key: str, most: int = 9) -> None: ...

    assert found(Store) == ""


def test_every_missing_method_is_named() -> None:
    assert [line.split(":")[0] for line in found(type("Empty", (), {})).splitlines()] == [
        "_hook",
        "hidden",
        "read",
        "write",
    ]


def test_method_left_to_the_base_must_be_declared() -> None:
    class Store(Base):
        def read(self, key: str, most: int = 5) -> None: ...
        def hidden(self, key: str) -> None: ...

    left = {"write": "the base does it well", "_hook": "nothing to do"}

    assert "declare it or implement it" in found(Store)
    assert found(Store, inherited=left) == ""
    assert "read: not inherited" in found(Store, inherited=left | {"read": "stale"})


def test_unsupported_method_must_answer_501() -> None:
    def refuse(self: Any, *_: Any, **__: Any) -> None:
        raise MlflowNotImplementedException

    def crash(self: Any, *_: Any, **__: Any) -> None:
        raise NotImplementedError

    declared = {"write": "not yet"}

    assert found(type("Store", (Good,), {"write": refuse}), declared) == ""
    assert "NotImplementedError" in found(type("Store", (Good,), {"write": crash}), declared)
    assert "answers" in found(Good, declared)
    assert "AttributeError" in found(type("Store", (), {}), declared)


def test_stale_or_empty_declarations_are_found() -> None:
    assert "MLflow has no such method" in found(Good, {"gone": "not yet"})
    assert "without a reason" in found(Good, {"write": " "})


@pytest.mark.parametrize(
    ("ours", "upstream", "problem"),
    [
        (lambda a, b: ..., lambda a, b: ..., None),
        (lambda a, b=1: ..., lambda a, b: ..., None),
        (lambda a, b, c=1: ..., lambda a, b: ..., None),
        (lambda b, a: ..., lambda a, b: ..., "takes"),
        (lambda a: ..., lambda a, b: ..., "takes"),
        (lambda a, b, c: ..., lambda a, b: ..., "required"),
        (lambda a, b: ..., lambda a, b=1: ..., "default"),
        (lambda a, b=2: ..., lambda a, b=1: ..., "default"),
        (lambda a, *, b: ..., lambda a, b: ..., "positional"),
    ],
)
def test_signatures(ours: Any, upstream: Any, problem: str | None) -> None:
    answer = signature_problem(ours, upstream)

    assert answer is None if problem is None else problem in (answer or "")


@pytest.mark.parametrize("interface", [parity.TRACKING, parity.REGISTRY], ids=["tracking", "registry"])
def test_sql_store_fits_its_own_interface(interface: Interface) -> None:
    left = {line.split(":")[0]: "left to the base" for line in problems(interface.witness, interface, {}, {})}

    assert left
    assert problems(interface.witness, interface, {}, left) == []
