"""The Azure side of Genesis-Flow. Holds only its version: nothing is built yet, nothing stubbed."""

from genesis_flow_azure.__about__ import __version__

__all__ = ["__version__"]
