"""``genesis-flow settings``: what can be set, and what is."""

from __future__ import annotations

import click

from genesis_flow.cli.table import columns
from genesis_flow.redaction import redact
from genesis_flow.settings import SETTINGS

__all__ = ["settings"]


@click.command()
def settings() -> None:
    """Show every setting, its value here, and what it does.

    A value in brackets is the default: the variable is not set.

    \b
    Examples:
      genesis-flow settings
      GENESIS_FLOW_POOL_SIZE=2 genesis-flow settings
    """  # noqa: D301 - a real backspace is what click looks for
    rows = []
    for setting in SETTINGS:
        text = setting.text()
        rows.append((setting.name, f"[{setting.default}]" if text is None else redact(text), setting.help))
    click.echo(columns(("SETTING", "VALUE", "MEANING"), rows))
