"""Plain text tables for a terminal."""

from __future__ import annotations

import shutil
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["columns"]

_GAP = 2
_NARROWEST_LAST = 24


def columns(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with left-aligned columns; the last one is wrapped to the terminal's width.

    Args:
        heads: The columns' headings.
        rows: One sequence of texts per line, as long as `heads`.
    """
    widths = [max(len(row[index]) for row in (heads, *rows)) for index in range(len(heads) - 1)]
    indent = sum(widths) + _GAP * len(widths)
    room = max(_NARROWEST_LAST, shutil.get_terminal_size().columns - indent)
    lines = []
    for row in (heads, *rows):
        start = "".join(text.ljust(width + _GAP) for text, width in zip(row, widths, strict=False))
        first, *others = textwrap.wrap(row[-1], room, break_long_words=False, break_on_hyphens=False) or [""]
        lines.append((start + first).rstrip())
        lines.extend(" " * indent + other for other in others)
    return "\n".join(lines)
