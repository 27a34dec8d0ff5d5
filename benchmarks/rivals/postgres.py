"""A private PostgreSQL cluster, with Debian's defaults (so: durable), on a unix socket."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from benchmarks.processes import running

if TYPE_CHECKING:
    from collections.abc import Iterator

MISSING = """PostgreSQL's server programs (initdb, postgres) are not on this machine.
Get them with: apt-get install postgresql
or leave this rival out: --rivals genesis,floor"""
DATABASE = "mlflow"


class MissingPostgresError(RuntimeError):
    """There is no PostgreSQL here; the message says how to get it."""

    def __init__(self) -> None:
        super().__init__(MISSING)


def find(program: str) -> Path:
    """Find a PostgreSQL server program: newest version of Debian's layout, else PATH.

    Raises:
        MissingPostgresError: neither has it.
    """
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda p: float(p.parts[4]))
    on_path = shutil.which(program)
    if debian:
        return debian[-1]
    if on_path:
        return Path(on_path)
    raise MissingPostgresError


def version() -> str:
    """The version as PostgreSQL words it."""
    answer = subprocess.run([find("postgres"), "--version"], check=True, capture_output=True, text=True)
    return answer.stdout.strip()


@contextmanager
def cluster(directory: Path) -> Iterator[str]:
    """Create a cluster below `directory`, run it, give the SQLAlchemy URI of an empty database."""
    initdb, postgres = find("initdb"), find("postgres")
    user = _unprivileged_user()
    home, data = directory, directory / "data"
    home.mkdir()
    if user:
        shutil.chown(home, user)
    subprocess.run(
        [initdb, "-D", data, "-U", DATABASE, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"],
        check=True,
        capture_output=True,
        cwd=home,
        user=user,
        extra_groups=None if user is None else [],
    )
    command = [str(postgres), "-D", str(data), "-k", str(home), "-c", "listen_addresses="]
    with running(
        command,
        log=home / "log",
        ready=lambda: _accepts(home),
        timeout=60,
        stop=signal.SIGINT,  # postgres' "fast" shutdown: does not wait for clients
        user=user,
    ):
        _create_database(home)
        yield f"postgresql+psycopg2://{DATABASE}@/{DATABASE}?host={quote(str(home), safe='')}"


def _unprivileged_user() -> str | None:
    """Postgres refuses to run as root, so root lends it another user."""
    import pwd

    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _accepts(home: Path) -> bool:
    command: list[str | Path] = [find("pg_isready"), "--quiet", "-h", home]
    return subprocess.run(command, check=False).returncode == 0


def _create_database(home: Path) -> None:
    subprocess.run([find("createdb"), "-h", home, "-U", DATABASE, DATABASE], check=True)
