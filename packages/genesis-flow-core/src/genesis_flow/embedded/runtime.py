"""Where sockets live: short paths, in directories that only this user can enter.

A socket's path has at most 107 bytes; data directories are often longer. `$XDG_RUNTIME_DIR` is no
home for it: logind empties it when the user's last session ends, while a training goes on under nohup.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from genesis_flow import settings
from genesis_flow.embedded.errors import EmbeddedError

LONGEST = 107  # bytes: sockaddr_un.sun_path has 108 on Linux, the last one is NUL
_OTHERS = 0o077
_MEANINGFUL = {",", ":"}  # in mongod's lists of hosts


def socket_path(data_dir: Path) -> Path:
    """Where the server of `data_dir` listens: the same path for the same directory. Makes nothing.

    Raises:
        EmbeddedError: INVALID_PARAMETER_VALUE, when the path would be too long, or mongod could not read it.
    """
    chosen = settings.RUNTIME_DIR.get()
    base = Path(chosen).expanduser() if chosen else Path(f"/tmp/genesis-flow-{os.geteuid()}")  # noqa: S108 - see make_private
    socket = base.absolute() / hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16] / "m.sock"
    length = len(os.fsencode(socket))
    if length > LONGEST:
        raise EmbeddedError(
            "INVALID_PARAMETER_VALUE",
            f"A socket's path has at most {LONGEST} bytes; {socket} has {length}. "
            f"Set {settings.RUNTIME_DIR.name} to a shorter directory.",
        )
    if _MEANINGFUL & set(str(socket)):
        raise EmbeddedError(
            "INVALID_PARAMETER_VALUE",
            f"mongod takes a comma or a colon in {socket} for the end of the path. "
            f"Set {settings.RUNTIME_DIR.name} to a directory without them.",
        )
    return socket


def lock_path(socket: Path) -> Path:
    """The lock of those who use `socket`, beside its directory, which comes and goes."""
    return socket.parent.with_suffix(".lock")


def make_private(socket: Path) -> None:
    """Make the two directories above `socket`, or see that they are as we would have made them.

    Raises:
        EmbeddedError: INVALID_PARAMETER_VALUE, when one cannot be made, is a link, or can be entered
            by other users.
    """
    for directory in (socket.parent.parent, socket.parent):
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = directory.lstat()  # not stat: a link that another user laid must not lead us anywhere
        except OSError as exc:
            raise EmbeddedError(
                "INVALID_PARAMETER_VALUE",
                f"The directory for sockets, {directory}, cannot be made: {exc.strerror}. "
                f"Set {settings.RUNTIME_DIR.name} to a directory that this user can write.",
            ) from exc
        mode = stat.S_IMODE(found.st_mode)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or mode & _OTHERS:
            raise EmbeddedError(
                "INVALID_PARAMETER_VALUE",
                f"Sockets need a directory that only this user (id {os.geteuid()}) can enter; {directory} "
                f"is {_kind(found)} of user {found.st_uid} with mode {mode:04o}. "
                f"Remove it, or set {settings.RUNTIME_DIR.name} to another directory.",
            )


def _kind(found: os.stat_result) -> str:
    if stat.S_ISLNK(found.st_mode):
        return "a link"
    return "a directory" if stat.S_ISDIR(found.st_mode) else "a file"
