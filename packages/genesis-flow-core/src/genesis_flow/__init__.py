"""MLflow without the server: ``import genesis_flow as mlflow``.

This module answers for ``mlflow`` with every name and submodule of it, and imports it only when the first is
used. When no tracking URI is set by then, runs go to an embedded MongoDB in ``./genesis-flow-data``
(`genesis_flow.settings`). Our own: `events`, `redaction`, `settings`, and the command ``genesis-flow``.
"""

from __future__ import annotations

from genesis_flow import _facade
from genesis_flow.__about__ import __version__  # noqa: F401 - part of the public face

_facade.install()
