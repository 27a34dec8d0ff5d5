"""The decorator that lets subscribers observe an assembled store."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final, TypeVar

from genesis_flow.events.call import StoreCall
from genesis_flow.events.context import current, principal
from genesis_flow.events.observation import observation
from genesis_flow.events.subscribers import active

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["observed"]

S = TypeVar("S", bound=type)

# Not public by name, yet called by MLflow from outside the store: its search, its entities, `mlflow gc`.
_HIDDEN: Final = frozenset(
    {
        "_delete_traces",
        "_get_decrypted_secret",
        "_get_deleted_logged_models",
        "_get_deleted_runs",
        "_hard_delete_experiment",
        "_hard_delete_logged_model",
        "_hard_delete_run",
        "_load_dataset_records",
        "_search_datasets",
        "_search_runs",
    }
)

# Parameters that say what a call is about; beside them every `..._id` and `..._ids`.
_NAMING: Final = frozenset(
    {
        "alias",
        "dst_name",
        "experiment_name",
        "name",
        "new_name",
        "scorer_name",
        "server_name",
        "version",
    }
)

# Says who, not what; whom to believe about that is the business of `principal`.
_NOT_NAMING: Final = frozenset({"user_id"})

_DEFAULT_WORKSPACE = "default"


def observed(store_kind: str) -> Callable[[S], S]:
    """Return a class decorator that reports each public call of a store to the subscribers.

    It wraps every public method of the assembled class, inherited ones and those that MLflow calls by a
    private name included, each once; properties, static and class methods stay as they are. A wrapped method
    keeps its signature. Only the outermost call is reported: what a method calls of its own or another store
    runs under it. It should be the outermost decorator, so that it sees the errors that callers see.

    The store's attribute ``workspace`` says in which workspace it works; without it, in ``default``.

    Args:
        store_kind: ``tracking`` or ``registry``; becomes `StoreCall.store`.
    """

    def decorate(store: S) -> S:
        for name in dir(store):
            member = inspect.getattr_static(store, name)
            if (not name.startswith("_") or name in _HIDDEN) and inspect.isfunction(member):
                setattr(store, name, _reporting(store_kind, name, member))
        return store

    return decorate


def _reporting(store_kind: str, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    naming = _naming_parameters(method)

    def described(store: object, args: tuple[object, ...], kwargs: Mapping[str, object]) -> StoreCall:
        workspace = getattr(store, "workspace", None) or _DEFAULT_WORKSPACE
        return StoreCall(store_kind, name, _ids(naming, args, kwargs), str(workspace), principal.get())

    @functools.wraps(method)
    def reporting(self: object, /, *args: object, **kwargs: object) -> object:
        if not active() or current.get() is not None:
            return method(self, *args, **kwargs)
        with observation(described(self, args, kwargs)) as answer:
            answer.value = method(self, *args, **kwargs)
            return answer.value

    @functools.wraps(method)
    async def reporting_async(self: object, /, *args: object, **kwargs: object) -> object:
        if not active() or current.get() is not None:
            return await method(self, *args, **kwargs)
        with observation(described(self, args, kwargs)) as answer:
            answer.value = await method(self, *args, **kwargs)
            return answer.value

    return reporting_async if inspect.iscoroutinefunction(method) else reporting


def _naming_parameters(method: Callable[..., object]) -> Sequence[tuple[int, str]]:
    """Position (without `self`) and name of each parameter that says what a call is about."""
    names = list(inspect.signature(method).parameters)[1:]
    return [
        (position, name)
        for position, name in enumerate(names)
        if (name in _NAMING or name.endswith(("_id", "_ids"))) and name not in _NOT_NAMING
    ]


def _ids(
    naming: Sequence[tuple[int, str]], args: tuple[object, ...], kwargs: Mapping[str, object]
) -> Mapping[str, str | tuple[str, ...]]:
    ids: dict[str, str | tuple[str, ...]] = {}
    for position, name in naming:
        value = args[position] if position < len(args) else kwargs.get(name)
        if isinstance(value, (str, int)):
            ids[name] = str(value)
        elif isinstance(value, Collection):
            # Any list, since those of the server are protobuf's own; but no generator, to be used up here.
            ids[name] = tuple(str(item) for item in value)
    return ids
