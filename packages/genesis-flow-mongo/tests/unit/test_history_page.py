from __future__ import annotations

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from genesis_flow_mongo.documents.history_page import HistoryPage
from genesis_flow_mongo.documents.points import Point, in_order, pack

_POINT = st.tuples(st.integers(0, 30), st.integers(0, 3), st.sampled_from([0.0, 1.0]))
_SEGMENTS = st.lists(st.lists(_POINT, min_size=1, max_size=6), max_size=8)


@given(segments=_SEGMENTS, tail=st.lists(_POINT, max_size=4), limit=st.integers(1, 7))
def test_pages_put_together_are_the_whole_history(
    segments: list[list[Point]], tail: list[Point], limit: int
) -> None:
    pages: list[list[Point]] = []
    after, since = None, None
    while True:
        points, since = _read(segments, tail, limit, after, since)
        pages.append(points)
        if since is None:
            break
        after = points[-1]

    assert [point for page in pages for point in page] == in_order(pack([*chain(*segments), *tail]))
    assert all(len(page) == limit for page in pages[:-1])


def test_a_page_reads_no_further_than_it_must() -> None:
    page = HistoryPage(limit=2, after=None, tail=b"")
    page.add(0, 9, pack([(stamp, 0, 0.0) for stamp in range(10)]))

    assert page.is_complete(10)
    assert page.cut() == ([(0, 0, 0.0), (1, 0, 0.0)], 0)


def test_a_page_waits_for_segments_that_overlap() -> None:
    page = HistoryPage(limit=2, after=None, tail=b"")
    page.add(0, 9, pack([(0, 0, 0.0), (8, 0, 0.0), (9, 0, 0.0)]))

    assert not page.is_complete(1)


def _read(
    segments: list[list[Point]], tail: list[Point], limit: int, after: Point | None, since: int | None
) -> tuple[list[Point], int | None]:
    page = HistoryPage(limit, after, pack(tail))
    for points in sorted(segments, key=min):
        first, last = min(points)[0], max(points)[0]
        if since is not None and first < since:
            continue
        if page.is_complete(first):
            break
        page.add(first, last, pack(points))
    return page.cut()
