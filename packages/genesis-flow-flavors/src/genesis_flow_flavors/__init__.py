"""Framework plugins for Genesis-Flow."""

from genesis_flow_flavors.__about__ import __version__

__all__ = ["__version__"]
