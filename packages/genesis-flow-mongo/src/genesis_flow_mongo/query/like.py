"""SQL's LIKE and ILIKE as regular expressions that every engine understands."""

from __future__ import annotations

import re
from functools import lru_cache

from bson.regex import Regex


@lru_cache(maxsize=256)
def like_regex(pattern: str, *, ignore_case: bool) -> Regex[str]:
    r"""Return the regular expression of a LIKE pattern: `%` is any text, `_` any character.

    Everything else is escaped, so that no pattern can be written that takes long to match. Anchored with
    `\A` and `\z`, because `$` would also match before a newline at the end.
    """
    parts = (".*" if char == "%" else "." if char == "_" else re.escape(char) for char in pattern)
    return Regex(r"\A" + "".join(parts) + r"\z", "si" if ignore_case else "s")
