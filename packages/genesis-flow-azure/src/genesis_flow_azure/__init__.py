"""The Azure side of Genesis-Flow. Holds its version only: nothing is built yet, and nothing is stubbed."""

from genesis_flow_azure.__about__ import __version__

__all__ = ["__version__"]
