"""One thing that was looked at, and what was found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from genesis_flow.redaction import redact

__all__ = ["Check", "Status"]

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Check:
    """The finding of one check. It shows no credential, whatever text it is given.

    Attributes:
        name: What was looked at, two or three words.
        status: ``fail`` if runs cannot be stored and read as they should be, ``warn`` if they can, yet there
            is something to know.
        detail: What was found: a version, a latency, the error.
        remedy: What to do about it; empty when there is nothing to do.
    """

    name: str
    status: Status
    detail: str
    remedy: str = ""

    def __post_init__(self) -> None:
        for name, text in asdict(self).items():
            object.__setattr__(self, name, redact(text))
