"""Azure Blob artifacts and managed identity for Genesis-Flow."""

from genesis_flow_azure.__about__ import __version__

__all__ = ["__version__"]
