"""Many clients of one database: forked processes, threads, pickled clients; and their connections."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

from genesis_flow_mongo.tracking.store import MongoTrackingStore

PROCESSES = 8
PER_PROCESS = 1000

# The parent has used its store before it forks, as a web server does that loads its application first.
# Each child answers with one line of JSON, waits until the parent has looked at the server, and leaves.
FORKING = """
import json, os, sys, threading
from mlflow.entities import Metric, Param, RunTag
from pymongo import MongoClient
from genesis_flow_mongo.tracking.store import MongoTrackingStore

uri, run_id, processes, each, threads = sys.argv[1], *json.loads(sys.argv[2])
connections = lambda: MongoClient(uri).admin.command("serverStatus")["connections"]["current"]
before = connections()
store = MongoTrackingStore(uri)
store.get_run(run_id)

def log(process, thread):
    for turn in range(each):
        number = (process * threads + thread) * each + turn
        store.log_metric(run_id, Metric("loss", float(number), number % 1000, number))

def work(process):
    workers = [threading.Thread(target=log, args=(process, thread)) for thread in range(threads)]
    for worker in workers: worker.start()
    for worker in workers: worker.join()
    return len(store.get_metric_history(run_id, "loss")) > 0

answers, leave = [], os.pipe()
for process in range(processes):
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.close(leave[1])
        try:
            os.write(writing, json.dumps(work(process)).encode() + b"\\n")
        finally:
            os.close(writing)
            os.read(leave[0], 1)
            os._exit(0)
    os.close(writing)
    answers.append(os.fdopen(reading))
done = [json.loads(answer.readline() or "false") for answer in answers]
print(json.dumps({"done": done, "connections": connections() - before}))
os.close(leave[1])
"""


def fork(uri: str, run_id: str, processes: int, each: int, threads: int = 1) -> dict[str, Any]:
    """Let forked processes log so many points in each of their threads; return what they answered."""
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKING, uri, json.dumps([run_id, processes, each, threads])],
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 0, finished.stderr
    answer: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    assert answer["done"] == [True] * processes, finished.stderr
    return answer


@pytest.fixture
def store(mongo_uri: str) -> MongoTrackingStore:
    return MongoTrackingStore(mongo_uri, "/artifacts")


@pytest.fixture
def run_id(store: MongoTrackingStore) -> str:
    run_id: str = store.create_run("0", "ada", 0, [], "shared").info.run_id
    return run_id


def steps(store: MongoTrackingStore, run_id: str) -> list[int]:
    return sorted(point.step for point in store.get_metric_history(run_id, "loss"))


@pytest.mark.slow
def test_eight_processes_log_eight_thousand_points(
    mongo_uri: str, store: MongoTrackingStore, run_id: str
) -> None:
    fork(mongo_uri, run_id, PROCESSES, PER_PROCESS)

    total = PROCESSES * PER_PROCESS
    assert steps(store, run_id) == list(range(total))
    (latest,) = store.get_run(run_id).data._metric_objs
    assert (latest.value, latest.step, latest.timestamp) == (total - 1.0, total - 1, (total - 1) % 1000)


@pytest.mark.slow
def test_processes_and_threads_hold_no_more_connections_than_documented(
    mongo_uri: str, store: MongoTrackingStore, run_id: str
) -> None:
    processes, threads, pool, monitoring = 16, 8, 8, 2
    answer = fork(mongo_uri, run_id, processes, each=5, threads=threads)

    # The parent has a client, too, and it asks with one of its own: that holds a connection and two monitors.
    assert answer["connections"] <= (processes + 1) * (pool + monitoring) + 1 + monitoring
    assert steps(store, run_id) == list(range(processes * threads * 5))


def test_pool_size_bounds_the_connections_of_a_process(
    mongo_uri: str, store: MongoTrackingStore, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENESIS_FLOW_POOL_SIZE", "1")
    answer = fork(mongo_uri, run_id, processes=1, each=5, threads=8)

    assert answer["connections"] <= 2 * (1 + 2) + 1 + 2
    assert steps(store, run_id) == list(range(40))


def test_threads_share_a_store(store: MongoTrackingStore, run_id: str) -> None:
    def log(number: int) -> None:
        store.log_metric(run_id, Metric("loss", float(number), 0, number))
        store.log_batch(
            run_id, [Metric(f"m{number}", 1.0, 0, 0)], [Param(f"p{number}", "1")], [RunTag(f"t{number}", "1")]
        )

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(log, range(100)))

    data = store.get_run(run_id).data
    assert data.metrics == {"loss": 99.0} | {f"m{number}": 1.0 for number in range(100)}
    assert data.params == {f"p{number}": "1" for number in range(100)}
    assert {key for key in data.tags if key.startswith("t")} == {f"t{number}" for number in range(100)}
    assert steps(store, run_id) == list(range(100))


def test_only_one_of_many_values_of_a_param_is_kept(store: MongoTrackingStore, run_id: str) -> None:
    def log(number: int) -> bool:
        try:
            store.log_param(run_id, Param("p", str(number)))
        except Exception as exc:  # noqa: BLE001 - the text tells which refusal it was
            assert "Changing param values is not allowed" in str(exc)  # noqa: PT017
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        kept = [number for number, ok in enumerate(pool.map(log, range(32))) if ok]

    assert [store.get_run(run_id).data.params["p"]] == [str(number) for number in kept]


def test_only_one_of_many_experiments_of_a_name_is_created(store: MongoTrackingStore) -> None:
    def create(_: int) -> str | None:
        try:
            experiment_id: str = store.create_experiment("wanted", None, [])
        except Exception as exc:  # noqa: BLE001 - the text tells which refusal it was
            assert "already exists" in str(exc)  # noqa: PT017
            return None
        return experiment_id

    with ThreadPoolExecutor(16) as pool:
        created = [one for one in pool.map(create, range(32)) if one]

    assert created == [store.get_experiment_by_name("wanted").experiment_id]


def test_clients_can_be_pickled(mongo_uri: str, run_id: str) -> None:
    client = MlflowClient(mongo_uri, mongo_uri)
    client.log_metric(run_id, "loss", 1.0, timestamp=0, step=0)
    revived = pickle.loads(pickle.dumps(client))
    revived.log_metric(run_id, "loss", 2.0, timestamp=0, step=1)

    assert client.get_run(run_id).data.metrics == {"loss": 2.0}
