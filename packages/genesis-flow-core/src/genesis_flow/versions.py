"""What is installed, as the packages' own metadata tells it: nothing is imported."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

__all__ = ["versions"]

_DISTRIBUTIONS = (
    "genesis-flow-core",
    "genesis-flow-mongo",
    "genesis-flow-azure",
    "genesis-flow-security",
    "genesis-flow-flavors",
    "mlflow",
    "mlflow-skinny",
    "pymongo",
)


def versions() -> dict[str, str]:
    """Return name and version of Python and of each installed distribution that a fault report needs."""
    found = {"python": platform.python_version()}
    for name in _DISTRIBUTIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
