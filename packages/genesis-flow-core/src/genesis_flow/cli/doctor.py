"""``genesis-flow doctor``: is everything in place?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from genesis_flow.cli.table import columns

if TYPE_CHECKING:
    from genesis_flow.diagnosis import Report

__all__ = ["doctor"]

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command()
@click.argument("uri", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: {ok, checks: [...]}.")
@click.pass_context
def doctor(context: click.Context, uri: str | None, as_json: bool) -> None:
    """Check versions, settings, server, speed, indexes and artifacts.

    URI is the tracking URI; by default that of MLFLOW_TRACKING_URI, else the embedded MongoDB that `import
    genesis_flow as mlflow` would use, which is started for this. Something small is written and deleted
    again. The exit code is 1 if a check fails, else 0. Passwords are not shown.

    \b
    Examples:
      genesis-flow doctor
      genesis-flow doctor mongodb://db1,db2/ml?replicaSet=rs
      genesis-flow doctor --json | jq '.checks[] | select(.status != "ok")'
    """  # noqa: D301 - a real backspace is what click looks for
    from genesis_flow.diagnosis import examine

    report = examine(uri)
    click.echo(json.dumps(report.as_dict(), indent=2) if as_json else _table(report))
    context.exit(0 if report.ok else 1)


def _table(report: Report) -> str:
    rows = []
    for check in report.checks:
        remedy = f" -> {check.remedy}" if check.remedy else ""
        rows.append((check.status, check.name, check.detail + remedy))
    lines = columns(("STATUS", "CHECK", "FINDING"), rows).splitlines()
    return "\n".join(_coloured(line) for line in lines)


def _coloured(line: str) -> str:
    status, blank, rest = line.partition(" ")
    return click.style(status, fg=_COLOURS[status]) + blank + rest if status in _COLOURS else line
