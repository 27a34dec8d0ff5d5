"""Ways to store one point of a metric, compared: the measurement behind docs/adr/0003-data-layout.md.

Run it as `python -m benchmarks.layouts MONGODB_URI`. Each way writes the same points to a run of its own, in
interleaved rounds, with majority writes; shown are medians and their ratio to one bare insert.
"""

from __future__ import annotations

import struct
import sys
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import pymongo
from pymongo import WriteConcern

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymongo.database import Database

Document = dict[str, Any]
ROUNDS = 30
CALLS = 64
TAIL = 64
RECORD = struct.Struct("<qqd")


def main(uri: str) -> None:
    """Measure all ways and print a table."""
    with pymongo.MongoClient[Document](uri, retryWrites=False) as client, ThreadPoolExecutor(1) as pool:
        client.drop_database("bench_layouts")
        database = client.get_database("bench_layouts", write_concern=WriteConcern("majority"))
        ways: dict[str, Callable[[int], object]] = {
            "one bare insert": lambda step: _insert(database, step),
            "insert, then update": lambda step: _one_by_one(database, step),
            "insert and update at once": lambda step: _both(database, pool, step),
            "one update with a tail": lambda step: _push(database, step),
        }
        for name in ("both", "tail"):
            run = {"_id": name, "lifecycle_stage": "active", "tail_size": 0, "metrics": {}}
            database["runs"].insert_one(run)
        times: dict[str, list[float]] = {name: [] for name in ways}
        for turn in range(ROUNDS):
            for name, way in ways.items():
                start = perf_counter()
                for call in range(CALLS):
                    way(turn * CALLS + call)
                times[name].append((perf_counter() - start) / CALLS)
        client.drop_database("bench_layouts")
    floor = median(times["one bare insert"])
    for name, taken in times.items():
        print(f"{name:28} {median(taken) * 1e6:7.0f} us   {median(taken) / floor:5.2f} x")


def _insert(database: Database[Document], step: int) -> None:
    database["points"].insert_one({"run_id": "both", "k": "loss", "s": step, "t": step, "v": 0.5})


def _latest(step: int) -> Document:
    return {"metrics.loss": {"s": step, "t": step, "c": 0.5, "v": 0.5}}


def _update(database: Database[Document], step: int) -> None:
    database["runs"].update_one({"_id": "both", "lifecycle_stage": "active"}, {"$max": _latest(step)})


def _one_by_one(database: Database[Document], step: int) -> None:
    _insert(database, step)
    _update(database, step)


def _both(database: Database[Document], pool: ThreadPoolExecutor, step: int) -> None:
    inserted = pool.submit(_insert, database, step)
    _update(database, step)
    inserted.result()


def _push(database: Database[Document], step: int) -> None:
    """As the store does it: every 64 points, a refused update, a look, a segment, an emptied tail."""
    query = {"_id": "tail", "lifecycle_stage": "active", "tail_size": {"$lt": TAIL}}
    entry = {"k": "loss", "d": RECORD.pack(step, step, 0.5)}
    change = {"$max": _latest(step), "$push": {"tail": entry}, "$inc": {"tail_size": 1}}
    if database["runs"].update_one(query, change).matched_count:
        return
    head = database["runs"].find_one({"_id": "tail"})
    assert head is not None
    database["segments"].insert_one({"run_id": "tail", "d": b"".join(point["d"] for point in head["tail"])})
    database["runs"].update_one({"_id": "tail"}, {"$set": {"tail": [], "tail_size": 0}})
    database["runs"].update_one(query, change)


if __name__ == "__main__":
    main(sys.argv[1])
