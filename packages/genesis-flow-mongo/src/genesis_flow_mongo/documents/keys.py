"""Keys that people choose, as field names.

A field name may hold no NUL, a dot in it reads as a path, a leading dollar as an operator, and Cosmos DB
knows no operator to look past either. So these characters are percent-encoded.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

_UNSAFE = re.compile(r"[%.$\x00]")
_EMPTY = "%"


# Training loops repeat a handful of keys, searches the same ones: remembering them makes this free.
@lru_cache(maxsize=4096)
def escape(key: str) -> str:
    """Return the field name of a key; keys without `%`, `.`, `$` and NUL stand for themselves."""
    if not key:
        return _EMPTY
    return _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", key)


def unescape(name: str) -> str:
    """Return the key of a field name."""
    return _decoded(name) if "%" in name else name


# Every run has the tags that MLflow sets, and each of them (`mlflow.user`) has a dot.
@lru_cache(maxsize=4096)
def _decoded(name: str) -> str:
    return "" if name == _EMPTY else unquote(name)
