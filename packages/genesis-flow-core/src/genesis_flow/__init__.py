"""Lazy MLflow facade, settings, events, embedded MongoDB and the genesis-flow command."""

from genesis_flow.__about__ import __version__

__all__ = ["__version__"]
