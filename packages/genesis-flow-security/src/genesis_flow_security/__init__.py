"""The security side of Genesis-Flow. Holds its version only: nothing is built yet, and nothing is stubbed."""

from genesis_flow_security.__about__ import __version__

__all__ = ["__version__"]
