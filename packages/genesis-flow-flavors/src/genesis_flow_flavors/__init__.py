"""The framework side of Genesis-Flow. Holds only its version: nothing is built yet, nothing stubbed."""

from genesis_flow_flavors.__about__ import __version__

__all__ = ["__version__"]
