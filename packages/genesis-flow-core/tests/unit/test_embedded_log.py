from __future__ import annotations

import json
from typing import TYPE_CHECKING

from genesis_flow.embedded import log

if TYPE_CHECKING:
    from pathlib import Path


def _line(severity: str, msg: str, **attr: object) -> str:
    return (
        json.dumps({"t": {}, "s": severity, "c": "X", "id": 1, "ctx": "c", "msg": msg, "attr": attr}) + "\n"
    )


def test_quotes_what_went_wrong_and_nothing_else(tmp_path: Path) -> None:
    text = (
        _line("I", "Listening on")
        + _line("E", "WiredTiger error message", message={"msg": "pwrite", "error_str": "No space left"})
        + _line("F", "\n\n***aborting after fassert() failure\n\n")
        + "BACKTRACE: {}\n"
        + "Frame: {}\n"
        + "plain words\n"
        + _line("F", "Terminating.", reason="13")
        + '{"t": "cut o'
    )
    (tmp_path / "log").write_text(text)

    assert log.tail(tmp_path / "log") == [
        "WiredTiger error message pwrite: No space left",
        "plain words",
        'Terminating. {"reason": "13"}',
    ]


def test_quotes_only_what_came_since(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(_line("E", "last week"))
    start = log.size(path)
    with path.open("a") as stream:
        stream.write(_line("E", "today"))

    assert log.tail(path, start) == ["today"]
    assert len(log.tail(path)) == 2


def test_a_missing_log_says_nothing(tmp_path: Path) -> None:
    assert log.tail(tmp_path / "none") == []
    assert log.size(tmp_path / "none") == 0
    assert log.rotate(tmp_path / "none") is False


def test_a_log_takes_at_most_twice_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "mongod.log"
    path.write_bytes(b"x" * log.LIMIT)
    assert log.rotate(path) is False

    path.write_bytes(b"y" * (log.LIMIT + 1))
    assert log.rotate(path) is True
    path.write_bytes(b"z" * (log.LIMIT + 1))
    assert log.rotate(path) is True

    assert not path.exists()
    assert (tmp_path / "mongod.log.1").read_bytes()[:1] == b"z"
