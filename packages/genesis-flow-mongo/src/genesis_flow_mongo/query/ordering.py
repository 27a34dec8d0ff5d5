"""Ordering of search results, and the place after which a page goes on.

SQL's order is kept: a missing value comes last in both directions, and a metric that is NaN right before it.
MongoDB sorts missing < NaN < numbers < text. So a descending sort is right as it is; an ascending one is
split in two bands, those who have a value and those who have none, which are searched one after the other.
Pages continue behind the last document seen (keyset paging), never by counting documents off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ASCENDING, DESCENDING = 1, -1

# No comparison with a number holds for a NaN.
_A_NUMBER: dict[str, Any] = {"$gte": -math.inf}


@dataclass(frozen=True)
class SortKey:
    """One key of an ordering.

    Attributes:
        path: Path of the field.
        direction: 1 for ascending, -1 for descending.
        nullable: Whether the field may be missing.
        number: Whether the field is a metric's value, which may be NaN.
    """

    path: str
    direction: int
    nullable: bool = False
    number: bool = False

    @property
    def banded(self) -> bool:
        """Whether MongoDB's sort alone would put missing values first."""
        return self.nullable and self.direction == ASCENDING

    def present(self) -> dict[str, Any]:
        """Return the query for documents that have a value."""
        return {self.path: _A_NUMBER if self.number else {"$ne": None}}

    def absent(self) -> dict[str, Any]:
        """Return the query for the others, those with a NaN among them."""
        return {self.path: {"$not": _A_NUMBER} if self.number else None}

    def behind(self, value: Any) -> list[dict[str, Any]]:
        """Return alternatives that together match what MongoDB sorts strictly behind a value."""
        if self.direction == ASCENDING:
            return [{self.path: {"$gt": value}}]
        if value is None:
            return []
        lower: list[dict[str, Any]] = [{self.path: None}] if self.nullable else []
        if self.number:
            if math.isnan(value):
                return lower
            lower.append({self.path: math.nan})
        return [{self.path: {"$lt": value}}, *lower]


@dataclass(frozen=True)
class Band:
    """A part of the results that MongoDB's own sort puts in order."""

    query: Mapping[str, Any]
    keys: tuple[SortKey, ...]

    @property
    def sort(self) -> list[tuple[str, int]]:
        """The sort, as the driver takes it."""
        return [(key.path, key.direction) for key in self.keys]

    def position(self, document: Mapping[str, Any]) -> list[Any]:
        """Return the values by which a document is sorted."""
        return [value_at(document, key.path) for key in self.keys]

    def behind(self, position: Sequence[Any]) -> dict[str, Any]:
        """Return the query for what is sorted strictly behind a position."""
        alternatives = []
        for index, (key, value) in enumerate(zip(self.keys, position, strict=True)):
            same = {before.path: held for before, held in zip(self.keys[:index], position, strict=False)}
            alternatives += [{**same, **behind} for behind in key.behind(value)]
        return {"$or": alternatives}


@dataclass(frozen=True)
class Ordering:
    """An ordering by several keys, the last of which is unique."""

    keys: tuple[SortKey, ...]

    def bands(self) -> list[Band]:
        """Return the bands, in order: one, or two for an ascending first key that may be missing.

        Raises:
            ValueError: If a later key needs bands too: then `computed` is the way.
        """
        if self.needs_computing:
            msg = "bands cannot express this ordering"
            raise ValueError(msg)
        first, *others = self.keys
        if not first.banded:
            return [Band({}, self.keys)]
        # Among documents without a value, those with a NaN come first: descending, as MongoDB sorts them.
        rest = (SortKey(first.path, DESCENDING, first.nullable, first.number), *others)
        return [
            Band(first.present(), self.keys),
            Band(first.absent(), rest if first.number else tuple(others)),
        ]

    @property
    def needs_computing(self) -> bool:
        """Whether missing values matter behind the first key."""
        return any(key.banded for key in self.keys[1:])

    def computed(self) -> list[dict[str, Any]]:
        """Return stages that sort by computed ranks: exact for every ordering, served by no index."""
        ranks = {f"rank{index}": _rank(key) for index, key in enumerate(self.keys) if key.nullable}
        sort: dict[str, int] = {}
        for index, key in enumerate(self.keys):
            if key.nullable:
                sort[f"rank{index}"] = ASCENDING
            sort[key.path] = key.direction
        return [*([{"$addFields": ranks}] if ranks else []), {"$sort": sort}]


def _rank(key: SortKey) -> dict[str, Any]:
    path = f"${key.path}"
    if key.number:
        without_value = {"$cond": [{"$eq": [path, math.nan]}, 1, 2]}
        return {"$cond": [{"$gte": [path, -math.inf]}, 0, without_value]}
    return {"$cond": [{"$gt": [path, None]}, 0, 1]}


def value_at(document: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted path, None where there is nothing."""
    value: Any = document
    for name in path.split("."):
        if value is None:
            return None
        value = value.get(name)
    return value
