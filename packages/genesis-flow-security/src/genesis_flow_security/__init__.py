"""Validators and safe loading for Genesis-Flow."""

from genesis_flow_security.__about__ import __version__

__all__ = ["__version__"]
