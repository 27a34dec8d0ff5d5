"""mongod's log: bounded, and quoted where it helps."""

from __future__ import annotations

import contextlib
import json
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 8 * 1024 * 1024  # bytes of mongod.log before it becomes mongod.log.1
_LINES = 6
_WIDTH = 400  # characters
_NOISE = ("BACKTRACE", "Frame", "***aborting", "Writing fatal message")


def rotate(path: Path) -> bool:
    """Set a log that has grown past the limit aside, in place of the one set aside before.

    Returns True when it did: a running mongod must then be told (SIGUSR1) to open a new one.
    """
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > LIMIT:
            path.replace(path.with_name(path.name + ".1"))
            return True
    return False


def size(path: Path) -> int:
    """Bytes in the file; 0 when there is none."""
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_size
    return 0


def tail(path: Path, start: int = 0, severities: str = "EF") -> list[str]:
    """The last messages of mongod's log after byte `start`, and what is there of plain text.

    Args:
        path: a log, or a file that caught a program's output; missing is as good as empty.
        start: where the lines of interest begin, in bytes.
        severities: which of mongod's letters count: Fatal, Error, Warning, Information, Debug.
    """
    lines: deque[str] = deque(maxlen=_LINES)
    with contextlib.suppress(FileNotFoundError), path.open("rb") as log:
        log.seek(start)
        for raw in log:
            line = _told(raw.decode(errors="replace").strip(), severities)
            if line:
                lines.append(line[:_WIDTH])
    return list(lines)


def _told(line: str, severities: str) -> str:
    """What a line says in words; nothing when it is not worth quoting."""
    if line.startswith(_NOISE):
        return ""
    if not line.startswith("{"):
        return line
    try:
        entry = json.loads(line)
        message, attributes = entry["msg"].strip(), entry.get("attr")
        if entry["s"] not in severities or message.startswith(_NOISE):
            return ""
        return f"{message} {_detail(attributes)}".strip()
    except (ValueError, KeyError, AttributeError):  # cut off, as on a full disk
        return ""


def _detail(attributes: Any) -> str:
    if not isinstance(attributes, dict) or not attributes:
        return ""
    inner = attributes.get("message")
    if isinstance(inner, dict):  # an error of WiredTiger is JSON in JSON
        return f"{inner.get('msg')}: {inner.get('error_str')}"
    return json.dumps(attributes)
