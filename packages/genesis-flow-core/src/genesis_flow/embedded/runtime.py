"""Where sockets live: short paths, in directories that only this user can enter.

A socket's path has at most 107 bytes, data directories are often longer. `$XDG_RUNTIME_DIR` is no
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


def socket_path(data_dir: Path) -> Path:
    """Where the server of `data_dir` listens; makes the directories above it.

    Raises:
        EmbeddedError: PERMISSION_DENIED, when a directory of that name exists and others can write
            there; INVALID_PARAMETER_VALUE, when the path is too long or cannot be made.
    """
    chosen = settings.RUNTIME_DIR.get()
    base = Path(chosen or f"/tmp/genesis-flow-{os.geteuid()}").absolute()  # noqa: S108 - owner and mode are verified
    # The same name for the same directory, always: then a restart needs no new replica-set configuration.
    socket = base / hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16] / "m.sock"
    length = len(os.fsencode(socket))
    if length > LONGEST:
        raise EmbeddedError(
            "INVALID_PARAMETER_VALUE",
            f"A socket's path has at most {LONGEST} bytes, {socket} has {length}. "
            f"Set {settings.RUNTIME_DIR.name} to a shorter directory.",
        )
    for directory in (base, socket.parent):
        _make_private(directory)
    return socket


def _make_private(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = directory.lstat()  # not stat: a link that another user laid must not lead us anywhere
    except OSError as exc:
        raise EmbeddedError(
            "INVALID_PARAMETER_VALUE",
            f"The directory for sockets, {directory}, cannot be made: {exc.strerror}. "
            f"Set {settings.RUNTIME_DIR.name} to a directory that this user can write.",
        ) from exc
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & _OTHERS:
        raise EmbeddedError(
            "PERMISSION_DENIED",
            f"Sockets need a directory that only this user (id {os.geteuid()}) can enter; {directory} is owned "
            f"by user {found.st_uid} and has mode {stat.S_IMODE(found.st_mode):04o}. "
            f"Remove it, or set {settings.RUNTIME_DIR.name} to another directory.",
        )
