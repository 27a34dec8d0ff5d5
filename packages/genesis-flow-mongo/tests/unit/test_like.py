from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_flow_mongo.query.like import like_regex

_TEXT = st.text(alphabet="aA%_.*\\\n[", max_size=6)


@given(pattern=_TEXT, value=_TEXT)
def test_ilike_means_what_it_means_in_sql(pattern: str, value: str) -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        (expected,) = database.execute("SELECT ? LIKE ?", (value, pattern)).fetchone()

    assert bool(_compiled(pattern, ignore_case=True).search(value)) == bool(expected)


@pytest.mark.parametrize(("pattern", "value", "expected"), [("A%", "abc", False), ("a_c", "abc", True)])
def test_like_heeds_case(pattern: str, value: str, *, expected: bool) -> None:
    assert bool(_compiled(pattern, ignore_case=False).search(value)) is expected


def test_a_newline_at_the_end_is_not_overlooked() -> None:
    assert not _compiled("abc", ignore_case=False).search("abc\n")


def _compiled(pattern: str, *, ignore_case: bool) -> re.Pattern[str]:
    regex = like_regex(pattern, ignore_case=ignore_case)
    # What PCRE calls `\z`, Python calls `\Z`.
    return re.compile(regex.pattern.replace(r"\z", r"\Z"), regex.flags)
