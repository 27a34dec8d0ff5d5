"""Compares a store class with the installed MLflow, name by name and signature by signature.

MLflow's `@abstractmethod`s are not enforced: a store that forgets a method answers None where MLflow expects
an effect, or a bare NotImplementedError, which the server turns into an HTML page. Nobody notices before a
user does. So each method of MLflow's interface must be one of three things:

* implemented by the store class, under a signature that takes every call which MLflow's takes;
* left to MLflow's base class, and declared so, with the reason why that default is right;
* declared unsupported with a reason, and then answer 501 (`MlflowNotImplementedException`).

A new MLflow that brings a method fails here with "declare it or implement it".
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlflow.exceptions import MlflowNotImplementedException
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryBase
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as SqlRegistryStore
from mlflow.store.tracking.abstract_store import AbstractStore as TrackingBase
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore as SqlTrackingStore

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Interface:
    """What MLflow asks of one kind of store.

    Attributes:
        base: MLflow's base class; each of its public methods counts.
        witness: MLflow's own full implementation; it gives the signatures of the hidden methods.
        hidden: Methods that MLflow calls although its base class does not have them.
        hooks: Private methods of the base class that a store must provide.
    """

    base: type
    witness: type
    hidden: frozenset[str]
    hooks: frozenset[str]

    def asked(self) -> dict[str, list[Any]]:
        """Return every method that is asked for: its name, and the forms that MLflow itself gives it.

        Base class and SQL store differ in a few defaults; a store may follow either.
        """
        public = {
            name for name in dir(self.base) if not name.startswith("_") and callable(getattr(self.base, name))
        }
        return {
            name: [getattr(cls, name) for cls in (self.base, self.witness) if hasattr(cls, name)]
            for name in public | self.hooks | self.hidden
        }


TRACKING = Interface(
    base=TrackingBase,
    witness=SqlTrackingStore,
    hidden=frozenset(
        {
            "delete_tag",
            "log_logged_model_params",
            "get_metric_history_bulk",
            "_search_datasets",
            "_get_deleted_runs",
            "_hard_delete_run",
            "_hard_delete_experiment",
            "_get_deleted_logged_models",
            "_hard_delete_logged_model",
            "deprecated_start_trace_v2",
            "deprecated_end_trace_v2",
            "resolve_endpoint_in_scorer",
            "_get_decrypted_secret",
        }
    ),
    hooks=frozenset({"_delete_traces", "_load_dataset_records", "_search_runs"}),
)

REGISTRY = Interface(
    base=RegistryBase,
    witness=SqlRegistryStore,
    hidden=frozenset(),
    # The base class would poll every three seconds for a version that is ready at once.
    hooks=frozenset({"_await_model_version_creation"}),
)


def problems(
    store_class: type, interface: Interface, unsupported: Mapping[str, str], inherited: Mapping[str, str]
) -> list[str]:
    """Return what stands between a store class and MLflow's interface, one sentence each, sorted by method.

    Args:
        store_class: The store; it is not connected, but declared methods are called on a bare instance.
        interface: `TRACKING`, `REGISTRY`, or one of your own.
        unsupported: The store's own declaration: method name -> why it answers 501.
        inherited: The same: method name -> why the default of MLflow's base class is right.
    """
    asked = interface.asked()
    declared = {**unsupported, **inherited}
    found = [
        f"{name}: MLflow has no such method; drop it from the list." for name in declared if name not in asked
    ]
    found += [
        f"{name}: declared without a reason." for name, reason in declared.items() if not reason.strip()
    ]
    for name, forms in asked.items():
        if name in unsupported:
            problem = _declared_problem(store_class, name, forms[0])
        elif name in inherited:
            kept = _is_inherited(store_class, name, interface)
            problem = None if kept else "not inherited; drop it from the list."
        else:
            problem = _implemented_problem(store_class, name, forms, interface)
        if problem:
            found.append(f"{name}: {problem}")
    return sorted(found)


def _declared_problem(store_class: type, name: str, upstream: Any) -> str | None:
    method = getattr(store_class, name, None)
    if method is None:
        return "declared unsupported, but absent: MLflow would meet an AttributeError. Answer 501."
    required = [
        parameter.name
        for parameter in inspect.signature(upstream).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    ]
    bare: Any = object.__new__(store_class)
    try:
        method(bare, **dict.fromkeys(required[1:]))
    except MlflowNotImplementedException:
        return None
    except Exception as exc:  # noqa: BLE001 - whatever it is, it is the finding
        return f"declared unsupported, but raises {type(exc).__name__} instead of a 501."
    return "declared unsupported, but answers. Drop it from the list."


def _is_inherited(store_class: type, name: str, interface: Interface) -> bool:
    # Unwrapped, because a decorator over the assembled store wraps what is inherited, too.
    ours, upstream = (getattr(cls, name, None) for cls in (store_class, interface.base))
    if ours is None or upstream is None:
        return False
    return inspect.unwrap(ours) is inspect.unwrap(upstream)


def _implemented_problem(store_class: type, name: str, forms: list[Any], interface: Interface) -> str | None:
    if not hasattr(store_class, name) or _is_inherited(store_class, name, interface):
        return "missing: declare it or implement it."
    answers = [signature_problem(getattr(store_class, name), form) for form in forms]
    return None if None in answers else answers[0]


def signature_problem(ours: Any, upstream: Any) -> str | None:
    """Return why `ours` would refuse a call that `upstream` takes, or None.

    Ours may give a default where MLflow's has none, and may have more parameters if they have defaults.
    """
    mine = list(inspect.signature(ours).parameters.values())
    theirs = list(inspect.signature(upstream).parameters.values())
    for index, wanted in enumerate(theirs):
        if index >= len(mine) or mine[index].name != wanted.name:
            return f"takes {_names(mine)} where MLflow has {_names(theirs)}."
        if mine[index].kind is not wanted.kind:
            return f"parameter {wanted.name!r} should be {wanted.kind.description}."
        if wanted.default is not wanted.empty and mine[index].default != wanted.default:
            return f"{wanted.name!r} should default to {wanted.default!r}, not to {mine[index].default!r}."
    extra = [parameter.name for parameter in mine[len(theirs) :] if _must_be_given(parameter)]
    return f"parameters {extra} are required here but unknown to MLflow." if extra else None


def _must_be_given(parameter: inspect.Parameter) -> bool:
    collects = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    return parameter.default is parameter.empty and not collects


def _names(parameters: list[inspect.Parameter]) -> list[str]:
    return [parameter.name for parameter in parameters]
