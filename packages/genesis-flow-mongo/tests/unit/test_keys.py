from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from genesis_flow_mongo.documents.keys import escape, unescape


@given(st.text())
@example("")
@example("%")
@example("%2E")
@example("a.b$c%\x00")
@example("ключ ☃")
def test_a_key_comes_back_as_it_was(key: str) -> None:
    assert unescape(escape(key)) == key


@given(st.text())
def test_a_field_name_holds_nothing_that_mongodb_reads_as_a_path_or_an_operator(key: str) -> None:
    name = escape(key)

    assert name
    assert not set(".$\x00") & set(name)


@pytest.mark.parametrize("key", ["loss", "val loss", "val/loss", "a-b_c:d", "größe"])
def test_an_ordinary_key_stands_for_itself(key: str) -> None:
    assert escape(key) == key
