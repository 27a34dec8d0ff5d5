"""The mongod process: its command line, its life as a child of the supervisor, and why it died."""

from __future__ import annotations

import contextlib
import ctypes
import resource
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from genesis_flow.embedded import log, replica_set, runtime
from genesis_flow.embedded.errors import EmbeddedError
from genesis_flow.embedded.locks import FileLock

if TYPE_CHECKING:
    from genesis_flow.embedded.plan import Plan

LINGER = 30.0  # seconds a mongod has to end cleanly
_OPLOG_MB = 64
_PR_SET_PDEATHSIG = 1

# What mongod 6.0 (and the loader) say, lower case, and what it means for the user.
_TOO_NEW = (
    "unsupported wiredtiger",
    "unsupported upgrade or downgrade",
    "invalid featurecompatibilityversion",
)
_NO_LIBRARY = ("error while loading shared libraries", "library not loaded")
_NO_SPACE = ("no space left on device", "disk quota exceeded")
_TAKEN = ("dbpathinuse", "another mongod instance is already running")


class Mongod:
    """One running mongod. It ends cleanly when the supervisor is killed.

    It holds `home.mongod_lock`, and shares the lock `place`, as long as it lives. Make it in a process that
    has one thread.

    Raises:
        EmbeddedError: INVALID_PARAMETER_VALUE, when the binary cannot be run or there is no place for
            the socket.
    """

    def __init__(self, plan: Plan, place: FileLock) -> None:
        self._plan = plan
        self._place = place
        runtime.make_private(plan.socket)
        log.rotate(plan.home.log)
        self._log_start = log.size(plan.home.log)
        self._output_start = log.size(plan.home.output)
        self._process = self._spawn()
        self.pid = self._process.pid

    def _spawn(self) -> subprocess.Popen[bytes]:
        alive = FileLock.acquire(self._plan.home.mongod_lock)
        if alive is None:
            raise EmbeddedError(
                "INTERNAL_ERROR", f"{self._plan.home.data_dir} is served by a mongod already."
            )
        try:
            with self._plan.home.output.open("ab") as output:
                return subprocess.Popen(
                    command(self._plan),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    pass_fds=(alive.fd, self._place.fd),
                    cwd="/",
                    preexec_fn=_follow_parent,  # noqa: PLW1509 - safe: the supervisor has one thread
                )
        except OSError as exc:
            raise self._plan.binary.unfit(exc.strerror or str(exc)) from exc
        finally:
            alive.close()  # mongod has a share of its own now

    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def end(self) -> None:
        """Shut it down cleanly, which takes about half a second; kill it if it does not obey."""
        if self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(LINGER)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once; what it acknowledged is in its journal."""
        self._process.kill()
        self._process.wait()

    def tend_log(self) -> None:
        """Keep the log within its bound."""
        if log.rotate(self._plan.home.log):
            self._log_start = 0
            self._process.send_signal(signal.SIGUSR1)

    def failure(self) -> EmbeddedError:
        """Say why it ended, from its exit code, its log since it started, and what it printed."""
        home, binary, code = self._plan.home, self._plan.binary, self._process.returncode
        if code == -signal.SIGILL:
            return binary.unfit("illegal instruction (MongoDB 5.0 and newer need a processor with AVX)")
        said = [*log.tail(home.output, self._output_start), *log.tail(home.log, self._log_start)]
        told = "\n".join(said)
        if _mentions(told, _NO_LIBRARY):
            return binary.unfit(told)
        if _mentions(told, _NO_SPACE) or not home.has_room():
            return home.full_disk(told)
        if _mentions(told, _TOO_NEW):
            return EmbeddedError(
                "INVALID_PARAMETER_VALUE",
                f"The data in {home.data_dir} was written by a newer MongoDB than {binary.path} "
                f"(found by {binary.origin}). Run a mongod of at least that version, or choose another "
                f"directory; the data is untouched. mongod said:\n{told}",
            )
        if _mentions(told, _TAKEN):
            return EmbeddedError(
                "TEMPORARILY_UNAVAILABLE",
                f"Another mongod, which was not started by genesis-flow, uses {home.db}. End it, or choose "
                f"another directory. mongod said:\n{told}",
            )
        return EmbeddedError(
            "INTERNAL_ERROR",
            f"mongod ended with exit code {code} when it was to serve {home.data_dir}. "
            f"Its log is {home.log}; the last it said:\n{told or '(nothing)'}",
        )


def command(plan: Plan) -> list[str]:
    """The command line of a small, quiet, private mongod."""
    return [
        str(plan.binary.path),
        *("--dbpath", str(plan.home.db)),
        *("--bind_ip", str(plan.socket)),  # a path and no address: no TCP port is opened
        "--nounixsocket",  # no second one in /tmp, named after the port
        *("--replSet", replica_set.NAME),
        *("--oplogSize", str(_OPLOG_MB)),
        *("--wiredTigerCacheSizeGB", str(plan.cache)),
        # The journal is otherwise laid out ahead in files of 100 MB: 300 MB of disk for an empty database.
        *("--wiredTigerEngineConfigString", "log=(file_max=16MB,prealloc=false)"),
        *("--logpath", str(plan.home.log), "--logappend", "--logRotate", "reopen"),
        *("--slowms", "1000"),
        "--quiet",
        "--noscripting",  # no JavaScript in the server: nothing here needs it
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        # There is no secondary that could take over; the default is to wait 15 seconds for one.
        *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"),
    ]


def _mentions(text: str, phrases: tuple[str, ...]) -> bool:
    return any(phrase in text.lower() for phrase in phrases)


# Loaded here: between fork and exec there is no room for it.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _follow_parent() -> None:
    """Between fork and exec: end when the supervisor is killed, and open as many files as allowed."""
    if _libc:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):  # macOS refuses what it says is its limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
