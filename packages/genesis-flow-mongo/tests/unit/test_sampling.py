from __future__ import annotations

import sqlite3
from contextlib import closing

from hypothesis import given
from hypothesis import strategies as st

from genesis_flow_mongo.documents.sampling import sample

_NTILE = """
    SELECT min(n) FROM (SELECT value AS n, NTILE(?) OVER (ORDER BY value) AS tile FROM json_each(?))
    GROUP BY tile ORDER BY tile
"""


@given(count=st.integers(0, 50), size=st.integers(1, 12))
def test_rows_are_sampled_as_sql_does_with_ntile(count: int, size: int) -> None:
    rows = list(range(count))
    with closing(sqlite3.connect(":memory:")) as database:
        expected = [row for (row,) in database.execute(_NTILE, (size, str(rows)))]
    if rows and expected[-1] != rows[-1]:
        expected[-1] = rows[-1]

    assert sample(rows, size) == expected
