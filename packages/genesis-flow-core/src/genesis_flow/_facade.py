"""Makes the module ``genesis_flow`` a second name of ``mlflow``, which it imports on first use.

Two parts. `Facade` is the module's class: it forwards attributes. `Aliases` is an import finder: it makes
``import genesis_flow.sklearn`` yield the very module ``mlflow.sklearn``. A module of our own (`events`,
`settings`, ...) always goes before MLflow's of the same name, and nothing of this wheel loads MLflow.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.abc import Loader
else:
    Loader = object  # the import system asks for no base class, and `importlib.abc` is half of our own import

__all__ = ["Aliases", "Facade", "install"]

_PACKAGE: Final = __package__ or "genesis_flow"
_PREFIX: Final = _PACKAGE + "."


class Facade(ModuleType):
    """A module that answers for MLflow.

    Reading, setting and deleting a name reach ``mlflow`` itself, so that a patch made through either module
    is seen through both. Nothing of MLflow is kept here: MLflow replaces its lazy flavors by the modules
    proper once they are loaded, and what we kept would be stale.
    """

    def __getattr__(self, name: str) -> Any:
        """Return our submodule, or MLflow's public name; called only for names that the module lacks."""
        if _is_own(name):
            return import_module(_PREFIX + name)
        # Tools ask every module for names such as `__wrapped__`; that is no use of MLflow.
        if name.startswith("__") and name != "__all__":
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return getattr(_mlflow(), name)

    def __setattr__(self, name: str, value: object) -> None:
        if self._keeps(name):
            super().__setattr__(name, value)
        else:
            setattr(_mlflow(), name, value)

    def __delattr__(self, name: str) -> None:
        if self._keeps(name):
            super().__delattr__(name)
        else:
            delattr(_mlflow(), name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(_mlflow())})

    def __reduce__(self) -> tuple[Callable[[str], ModuleType], tuple[str]]:
        """Pickle by name: cloudpickle meets this module in functions and models that call ``mlflow``."""
        return import_module, (self.__name__,)

    def _keeps(self, name: str) -> bool:
        return name.startswith("__") or name in self.__dict__ or _is_own(name)


class Aliases:
    """Finds ``genesis_flow.x.y`` as ``mlflow.x.y`` where we have no module of our own.

    It stands before Python's own finders: for ``genesis_flow.store.tracking`` those would look into the
    folder of the alias ``genesis_flow.store``, and load a second copy of ``mlflow.store.tracking``.
    """

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        """Return the spec of an alias; None for modules that are not MLflow's."""
        del path, target
        if not name.startswith(_PREFIX):
            return None
        rest = name.removeprefix(_PREFIX)
        if _is_own(rest.partition(".")[0]):
            return None
        _mlflow()
        original = "mlflow." + rest
        return ModuleSpec(name, _AliasLoader(original)) if find_spec(original) else None


class _AliasLoader(Loader):
    """Gives the import system a module that has been loaded under its true name."""

    def __init__(self, original: str) -> None:
        self._original = original
        self._spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Import MLflow's module."""
        del spec
        module = import_module(self._original)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Undo the import system's claim that the module is ours."""
        module.__spec__ = self._spec


def install() -> None:
    """Turn ``genesis_flow`` into the façade; doing it twice is the same as once."""
    sys.modules[_PACKAGE].__class__ = Facade
    if Aliases not in sys.meta_path:
        sys.meta_path.insert(0, Aliases)


@cache
def _is_own(name: str) -> bool:
    """Whether we have a submodule of that name; looks at our folder, imports nothing."""
    return PathFinder.find_spec(_PREFIX + name, sys.modules[_PACKAGE].__path__) is not None


@cache
def _mlflow() -> ModuleType:
    """Return MLflow; when it is first asked for, choose where its data go if nobody has."""
    mlflow = import_module("mlflow")
    if not mlflow.is_tracking_uri_set():
        from genesis_flow.settings import default_tracking_uri

        # MLflow's own setter, since it also tells child processes, through the environment.
        mlflow.set_tracking_uri(default_tracking_uri())
    return mlflow
