"""The mongod process: its command line, its start as a child, and what its log says when it fails."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
from collections import deque
from pathlib import Path

from genesis_flow import settings
from genesis_flow.embedded.binary import Binary
from genesis_flow.embedded.errors import EmbeddedError
from genesis_flow.embedded.home import Home
from genesis_flow.embedded.locks import FileLock
from genesis_flow.embedded.replica_set import NAME

LOG_LIMIT = 8 * 1024 * 1024  # bytes of mongod.log before it becomes mongod.log.1
_OPLOG_MB = 64
_PR_SET_PDEATHSIG = 1
_TAIL = 6  # lines


def command(binary: Path, home: Home, socket: Path) -> list[str]:
    """The command line of a small, quiet, private mongod."""
    return [
        str(binary),
        *("--dbpath", str(home.db)),
        *("--bind_ip", str(socket)),  # a path and no address: no TCP port is opened
        *("--unixSocketPrefix", str(socket.parent)),  # it makes a second socket, named after the port
        *("--filePermissions", "0700"),
        *("--replSet", NAME),
        *("--oplogSize", str(_OPLOG_MB)),
        *("--wiredTigerCacheSizeGB", str(settings.EMBEDDED_CACHE.get())),
        # The journal is otherwise laid out ahead in files of 100 MB each, which costs disk and start-up time.
        *("--wiredTigerEngineConfigString", "log=(file_max=16MB,prealloc=false)"),
        *("--logpath", str(home.log), "--logappend", "--logRotate", "reopen"),
        *("--slowms", "1000"),
        "--quiet",
        "--noscripting",  # no JavaScript in the server: nothing here needs it
        *_parameters(
            diagnosticDataCollectionEnabled="false",
            shutdownTimeoutMillisForSignaledShutdown="100",  # there is no secondary to wait 15 s for
        ),
    ]


def spawn(binary: Path, home: Home, socket: Path) -> subprocess.Popen[bytes]:
    """Start mongod as a child that ends cleanly when its parent dies, and that holds `home.mongod_lock`.

    Call it from a process with one thread.

    Raises:
        EmbeddedError: the binary cannot be run, or another mongod of ours lives.
        OSError: the log files cannot be written.
    """
    rotate(home)
    alive = FileLock.acquire(home.mongod_lock)
    if alive is None:
        raise EmbeddedError("INTERNAL_ERROR", f"Another mongod serves {home.data_dir} already.")
    try:
        with home.output.open("ab") as output:
            return subprocess.Popen(
                command(binary, home, socket),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(alive.fd,),
                cwd="/",
                # An unknown locale in the user's environment would keep mongod from starting.
                env={**os.environ, "LC_ALL": "C"},
                preexec_fn=_follow_parent,  # noqa: PLW1509 - safe: the supervisor has one thread
            )
    except OSError as exc:
        raise Binary(binary, "the caller").unfit(exc.strerror or str(exc)) from exc
    finally:
        alive.close()  # mongod has its own share now


def rotate(home: Home) -> bool:
    """Set a log that has grown past the limit aside; a running mongod must be told with SIGUSR1."""
    with contextlib.suppress(FileNotFoundError):
        if home.log.stat().st_size > LOG_LIMIT:
            home.log.replace(home.log.with_suffix(".log.1"))
            return True
    return False


def failure(exit_code: int, binary: Path, home: Home) -> EmbeddedError:
    """Say why mongod ended, from its exit code, its log and what it printed."""
    tail = "\n".join(log_tail(home))
    for phrase, found in (
        ("No space left on device", _full_disk),
        ("error while loading shared libraries", _unfit),
    ):
        if phrase in tail:
            return found(binary, home, tail)
    return EmbeddedError(
        "INTERNAL_ERROR",
        f"mongod ended with exit code {exit_code} while it served {home.data_dir}. The end of {home.log}:\n{tail}",
    )


def log_tail(home: Home) -> list[str]:
    """The last lines that matter: errors and warnings of the log, then what was printed."""
    lines: deque[str] = deque(maxlen=_TAIL)
    with contextlib.suppress(OSError), home.log.open(errors="replace") as log:
        for line in log:
            told = _told(line)
            if told:
                lines.append(told)
    with contextlib.suppress(OSError):
        lines.extend(home.output.read_text(errors="replace").splitlines()[-_TAIL:])
    return list(lines)


def _told(line: str) -> str | None:
    try:
        entry = json.loads(line)
        if entry["s"] in {"E", "F"}:
            return f"{entry['msg']} {json.dumps(entry.get('attr', {}))}"
    except (ValueError, KeyError, TypeError):
        pass
    return None


def _full_disk(_binary: Path, home: Home, tail: str) -> EmbeddedError:
    return EmbeddedError("TEMPORARILY_UNAVAILABLE", f"The disk that holds {home.data_dir} is full:\n{tail}")


def _unfit(binary: Path, _home: Home, tail: str) -> EmbeddedError:
    return Binary(binary, "the caller").unfit(tail)


def _parameters(**values: str) -> list[str]:
    return [word for name, value in values.items() for word in ("--setParameter", f"{name}={value}")]


def _follow_parent() -> None:
    """Between fork and exec: end when the supervisor is killed, and open as many files as allowed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
