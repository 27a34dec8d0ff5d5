"""``genesis-flow embedded``: the private MongoDB, for people."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from genesis_flow import settings
from genesis_flow.cli.table import columns

if TYPE_CHECKING:
    from genesis_flow.embedded.home import Home
    from genesis_flow.embedded.status import Status

__all__ = ["embedded"]

NOT_RUNNING = 3  # exit code, as `systemctl status` has it
_directory = click.argument("directory", metavar="[DIR]", required=False)


@click.group()
def embedded() -> None:
    """A private MongoDB in a directory, without installation and without a port.

    Programs start it by themselves when their tracking URI is mongodb+embedded:///DIR, share it, and end it
    a few seconds after the last of them has left. These commands are for looking at it, and for keeping it
    running between programs.

    DIR is the setting GENESIS_FLOW_DATA when it is left out, ./genesis-flow-data by default.

    \b
    Examples:
      genesis-flow embedded start ./data      keep a server running, print its URI
      genesis-flow embedded status ./data     who uses it, how large is it?
      genesis-flow embedded stop ./data       let it end
      genesis-flow embedded path              which mongod is run
    """  # noqa: D301 - a real backspace is what click looks for


@embedded.command()
@_directory
def start(directory: str | None) -> None:
    """Start the server of DIR and keep it until `stop`, also while nobody uses it.

    Prints its mongodb:// URI, for tools such as mongosh; programs of this user may as well use
    mongodb+embedded:///DIR. A server that runs already is kept as it is. After a reboot it is gone; the data
    is not.

    \b
    Example:
      export MLFLOW_TRACKING_URI=$(genesis-flow embedded start ./data)
    """  # noqa: D301 - a real backspace is what click looks for
    from genesis_flow.embedded import join

    home, uri = _home(directory)
    membership = join(uri)
    home.pin.touch()
    membership.leave()
    click.echo(membership.mongo_uri)


@embedded.command()
@_directory
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.pass_context
def status(ctx: click.Context, directory: str | None, as_json: bool) -> None:
    """Show whether the server of DIR runs, for whom, and how much disk it takes.

    Starts nothing. Exit code: 0 when it runs, 3 when it does not.
    """
    from genesis_flow.embedded.errors import told_as_mlflow
    from genesis_flow.embedded.status import Status

    with told_as_mlflow():
        found = Status.of(_home(directory)[0])
    click.echo(json.dumps(asdict(found)) if as_json else columns(("EMBEDDED", "MONGODB"), _rows(found)))
    ctx.exit(0 if found.running else NOT_RUNNING)


@embedded.command()
@_directory
@click.option("--force", is_flag=True, help="End it also when programs use it; what they wrote is safe.")
def stop(directory: str | None, force: bool) -> None:
    """Let the server of DIR end; every acknowledged write is on disk.

    While programs use it, it is not taken from them: without --force the command names them and fails, and
    the server ends when the last of them does.
    """
    from genesis_flow.embedded import members, server
    from genesis_flow.embedded.errors import told_as_mlflow

    home, _ = _home(directory)
    home.pin.unlink(missing_ok=True)
    users = members.pids(home.members)
    if users and not force:
        raise click.ClickException(
            f"The embedded MongoDB in {home.data_dir} is used by {_processes(users)}. "
            "It ends when they have; --force ends it now."
        )
    with told_as_mlflow():
        was_running = server.stop(home)
    click.echo(
        f"The embedded MongoDB in {home.data_dir} {'has ended' if was_running else 'was not running'}."
    )


@embedded.command()
def path() -> None:
    """Print the mongod that would be run; where it was found, and its version, go to stderr.

    It is looked for in the setting GENESIS_FLOW_MONGOD, then on PATH, then in the extra [embedded].
    """
    from genesis_flow.embedded.binary import Binary
    from genesis_flow.embedded.errors import told_as_mlflow

    with told_as_mlflow():
        binary = Binary.find()
        click.echo(binary.path)
        click.echo(f"version {binary.version()}, found by {binary.origin}", err=True)


def _home(directory: str | None) -> tuple[Home, str]:
    from genesis_flow.embedded.errors import told_as_mlflow
    from genesis_flow.embedded.home import Home
    from genesis_flow.embedded.uri import EmbeddedUri

    with told_as_mlflow():
        uri = EmbeddedUri.of(directory or settings.DATA.get())
        home = Home(uri.data_dir)
        home.require_ours()
    return home, str(uri)


def _rows(found: Status) -> list[tuple[str, str]]:
    return [
        ("directory", found.data_dir),
        ("running", _running(found)),
        ("mongod", _known(found.pid)),
        ("supervisor", _known(found.supervisor)),
        ("members", _processes(found.members) if found.members else "none"),
        ("socket", _known(found.socket)),
        ("version", _known(found.version)),
        ("data", f"{found.data_bytes / 1e6:.1f} MB"),
    ]


def _running(found: Status) -> str:
    if not found.running:
        return "no"
    return "yes, until `genesis-flow embedded stop`" if found.pinned else "yes, while it has members"


def _known(value: object) -> str:
    return "-" if value is None else str(value)


def _processes(pids: list[int]) -> str:
    names = ", ".join(map(str, pids))
    return f"process {names}" if len(pids) == 1 else f"processes {names}"
