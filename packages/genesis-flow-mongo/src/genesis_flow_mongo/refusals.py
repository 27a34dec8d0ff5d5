"""Methods of MLflow that are declared as not built: they answer 501 and never None.

MLflow does not enforce its abstract methods: one that a store forgets returns None, and callers believe it.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from mlflow.exceptions import MlflowNotImplementedException

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T", bound=type)


def refuses(base: type, reasons: Mapping[str, str]) -> Callable[[T], T]:
    """Give a class one refusing method for each name, with the signature that it has in MLflow's base class.

    Args:
        base: MLflow's abstract store. Names that it lacks (some are called all the same) take any arguments.
        reasons: Method name -> why it is not there, which the caller reads.
    """

    def decorate(facet: T) -> T:
        for name, reason in reasons.items():
            setattr(facet, name, _refusal(name, inspect.getattr_static(base, name, None), reason))
        return facet

    return decorate


def _refusal(name: str, model: Any, reason: str) -> Callable[..., NoReturn]:
    def refuse(*_args: Any, **_kwargs: Any) -> NoReturn:
        msg = f"{name} is not available on MongoDB yet: {reason}"
        raise MlflowNotImplementedException(msg)

    if inspect.isfunction(model):
        functools.update_wrapper(refuse, model)
    refuse.__name__ = name
    refuse.__doc__ = f"Answer 501: {reason}"
    return refuse
