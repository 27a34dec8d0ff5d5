"""The command ``genesis-flow``."""

from __future__ import annotations

import click

from genesis_flow.cli.lazy import LazyGroup

__all__ = ["main"]


@click.group(
    "genesis-flow",
    cls=LazyGroup,
    own={
        "doctor": "genesis_flow.cli.doctor:doctor",
        "embedded": "genesis_flow.cli.embedded:embedded",
        "settings": "genesis_flow.cli.settings:settings",
        "version": "genesis_flow.cli.version:version",
    },
    context_settings={"help_option_names": ["-h", "--help"]},
)
def main() -> None:
    """MLflow without the server.

    \b
    Examples:
      genesis-flow doctor mongodb://localhost/ml     is everything in place?
      genesis-flow settings                          what can be set, and what is
      genesis-flow embedded start ./data             a MongoDB that nobody installed
    """  # noqa: D301 - a real backspace is what click looks for
