"""`genesis-flow index`: which orders of search_runs have an index."""

from __future__ import annotations

import click

from genesis_flow import settings

_URI = click.option(
    "--uri",
    default=settings.TRACKING_URI.get,
    help="The store; by default MLFLOW_TRACKING_URI.",
)


@click.group()
def index() -> None:
    """Make ordered searches of runs quick, however many runs there are.

    A search with `order_by=["metrics.accuracy DESC"]` reads and sorts all runs of its experiments. From some
    ten thousand runs on that is felt; an index for this order makes it read one page. An index slows each
    write of its key a little.

    \b
    Examples:
      genesis-flow index add "metrics.accuracy DESC"
      genesis-flow index list
      genesis-flow index drop "metrics.accuracy DESC"
    """  # noqa: D301 - a real backspace is what click looks for


@index.command()
@click.argument("order_by")
@_URI
def add(order_by: str, uri: str | None) -> None:
    """Create the index of ORDER_BY, one clause as search_runs takes it."""
    click.echo(f"Indexed: {_call(uri, 'add', order_by)}")


@index.command()
@click.argument("order_by")
@_URI
def drop(order_by: str, uri: str | None) -> None:
    """Drop the index of ORDER_BY."""
    click.echo(f"Dropped: {_call(uri, 'drop', order_by)}")


@index.command(name="list")
@_URI
def list_(uri: str | None) -> None:
    """List the orders that have an index."""
    names = _call(uri, "names")
    click.echo("\n".join(names) if names else "No order has an index of its own.")


def _call(uri: str | None, verb: str, *args: str) -> str | list[str]:
    if not uri:
        msg = "No store: give --uri, or set MLFLOW_TRACKING_URI."
        raise click.UsageError(msg)
    # Imported here: `genesis-flow --help` imports this module, and need not wait for MLflow and the driver.
    from genesis_flow_mongo.connection.errors import FOREIGN, translate
    from genesis_flow_mongo.repositories.database import open_database
    from genesis_flow_mongo.repositories.search_indexes import SearchIndexRepository

    try:
        answer: str | list[str] = getattr(SearchIndexRepository(open_database(uri)), verb)(*args)
    except FOREIGN as exc:
        raise translate(exc) from exc
    return answer
