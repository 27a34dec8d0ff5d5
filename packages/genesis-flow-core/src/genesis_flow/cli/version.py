"""``genesis-flow version``: which wheels are installed."""

from __future__ import annotations

import click

from genesis_flow.versions import versions

__all__ = ["version"]


@click.command()
def version() -> None:
    """Show the versions of Genesis-Flow's wheels, MLflow, the driver and Python.

    \b
    Example:
      genesis-flow version
    """  # noqa: D301 - a real backspace is what click looks for
    for name, number in versions().items():
        click.echo(f"{name} {number}")
