"""A click group that imports a command only when it is used."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import click

from genesis_flow.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["COMMANDS_GROUP", "LazyGroup"]

COMMANDS_GROUP = "genesis_flow.commands"


class LazyGroup(click.Group):
    """A group whose commands are named first and imported when asked for.

    Its own commands come from a table ``{name: "module:attribute"}``; sibling wheels add theirs through the
    entry point group ``genesis_flow.commands`` (name = command, value = a `click.Command`), and cannot take
    the name of one of ours. A command that cannot be imported is one line of error, and no other suffers.

    An MlflowException ends the program with one line and exit code 1; a wrong usage ends it with 2.
    """

    def __init__(self, *args: object, own: Mapping[str, str], **kwargs: object) -> None:
        """Take the table of our own commands; all other arguments are those of `click.Group`."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # click's own signature is the check
        self._own = own

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names, sorted; imports nothing."""
        return sorted({*super().list_commands(ctx), *self._loaders()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command; None if there is no such one.

        A command that cannot be imported is replaced by one that says why, so that the help of all others
        works.
        """
        loader = self._loaders().get(cmd_name)
        if loader is None:
            return super().get_command(ctx, cmd_name)
        try:
            command = loader()
        except Exception as error:  # noqa: BLE001 - a plugin may fail in any way; it must not take the others down
            return _broken(cmd_name, error)
        if isinstance(command, click.Command):
            return command
        return _broken(cmd_name, TypeError(f"{command!r} is no click command"))

    def invoke(self, ctx: click.Context) -> object:
        """Run the chosen command.

        Raises:
            click.ClickException: in place of an MlflowException, whose text it shows.
        """
        try:
            return super().invoke(ctx)
        except Exception as error:
            if _is_mlflow_error(error):
                raise _Failure(str(error)) from error
            raise

    def _loaders(self) -> dict[str, Callable[[], object]]:
        plugins = {plugin.name: plugin.load for plugin in entry_points(group=COMMANDS_GROUP)}
        return plugins | {name: _importer(target) for name, target in self._own.items()}


class _Failure(click.ClickException):
    """An error of MLflow or of ours, shown as one red line without a traceback."""

    def show(self, file: object = None) -> None:
        del file
        click.echo(click.style(f"Error: {redact(self.format_message())}", fg="red"), err=True)


def _importer(target: str) -> Callable[[], object]:
    def load() -> object:
        module, _, attribute = target.partition(":")
        return getattr(import_module(module), attribute)

    return load


def _broken(name: str, error: Exception) -> click.Command:
    reason = f"`{name}` cannot be loaded: {type(error).__name__}: {redact(str(error))}"

    def fail() -> None:
        raise _Failure(reason)

    # The plugin's own options are unknown: let all of them through, to the true error.
    lenient = {"ignore_unknown_options": True, "allow_extra_args": True}
    return click.Command(name, callback=fail, short_help=reason, help=reason, context_settings=lenient)


def _is_mlflow_error(error: Exception) -> bool:
    # Whoever raised one has imported its module: without it, there is nothing to compare with.
    exceptions = sys.modules.get("mlflow.exceptions")
    return exceptions is not None and isinstance(error, exceptions.MlflowException)
