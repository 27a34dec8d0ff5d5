"""MLflow tracking store and model registry on MongoDB."""

from genesis_flow_mongo.__about__ import __version__

__all__ = ["__version__"]
