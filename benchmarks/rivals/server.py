"""``mlflow server`` on loopback, as ``mlflow server --backend-store-uri …`` starts it."""

from __future__ import annotations

import socket
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from http.client import HTTPConnection
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.processes import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STARTUP_SECONDS = 180
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    # Job workers have no part in these operations, and on few cores they would only slow the rival down.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}


@contextmanager
def tracking_server(directory: Path, backend_uri: str, workers: int) -> Iterator[str]:
    """Run a server over `backend_uri`; give its URL once it answers."""
    directory.mkdir()
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        sys.executable,
        "-m",
        "mlflow",
        "server",
        "--backend-store-uri",
        backend_uri,
        "--default-artifact-root",
        str(directory / "artifacts"),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        str(workers),
    ]
    with running(
        command, log=directory / "log", ready=lambda: _healthy(url), timeout=STARTUP_SECONDS, env=QUIET
    ):
        yield url


def stall_ms(url: str) -> float:
    """How many milliseconds longer the server's smallest answer takes on a connection that is kept.

    Clients keep theirs. Nagle's algorithm in the server and delayed acknowledgements in the client then wait
    for each other in every request.
    """
    address = url.partition("://")[2]
    kept = HTTPConnection(address)
    for _ in range(3):  # the first answers of a connection are acknowledged at once
        _health_ms(kept)
    stalled = median(_health_ms(kept) for _ in range(15))
    kept.close()
    return stalled - median(_health_ms(HTTPConnection(address)) for _ in range(15))


def _health_ms(connection: HTTPConnection) -> float:
    start = perf_counter()
    connection.request("GET", "/health")
    connection.getresponse().read()
    return (perf_counter() - start) * 1000


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:  # noqa: S310 - our own loopback URL
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
