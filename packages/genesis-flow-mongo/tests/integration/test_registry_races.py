"""Many clients at one model: forked processes, and threads."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from threading import Barrier
from typing import TYPE_CHECKING, Any

from mlflow.entities import LoggedModelStatus
from mlflow.entities.model_registry import ModelVersionTag

from genesis_flow_mongo.registry.store import MongoRegistryStore
from genesis_flow_mongo.tracking.store import MongoTrackingStore

if TYPE_CHECKING:
    from collections.abc import Callable

PROCESSES = 8
EACH = 25

# The parent has connected before it forks, as a web server does that loads its application first.
FORKING = """
import json, os, sys
from genesis_flow_mongo.registry.store import MongoRegistryStore

uri, arguments = sys.argv[1], json.loads(sys.argv[2])
registry = MongoRegistryStore(uri, uri)
registry.get_registered_model("m")
pipes = []
for process in range(arguments["processes"]):
    reading, writing = os.pipe()
    if os.fork() == 0:
        answer = [{call} for turn in range(arguments["each"])]
        os.write(writing, json.dumps(answer).encode())
        os._exit(0)
    os.close(writing)
    pipes.append(reading)
print(json.dumps([json.loads(os.fdopen(reading).read()) for reading in pipes]))
"""


def in_processes(uri: str, call: str, **arguments: Any) -> list[list[Any]]:
    """Return what each of eight forked processes got from calling this 25 times."""
    given = json.dumps({"processes": PROCESSES, "each": EACH, **arguments})
    script = FORKING.replace("{call}", call)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, uri, given],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr

    answers: list[list[Any]] = json.loads(done.stdout)
    return answers


def at_once(*calls: Callable[[], object]) -> None:
    """Make calls in threads that begin together."""
    barrier = Barrier(len(calls))

    def begin(call: Callable[[], object]) -> object:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        list(pool.map(begin, calls))


def test_eight_processes_create_versions_without_gap_or_duplicate(mongo_uri: str) -> None:
    registry = MongoRegistryStore(mongo_uri)
    registry.create_registered_model("m")

    given = in_processes(mongo_uri, "registry.create_model_version('m', f's3://{process}/{turn}').version")

    everything = list(range(1, PROCESSES * EACH + 1))
    assert sorted(chain(*given)) == everything
    assert all(numbers == sorted(numbers) for numbers in given)
    stored = registry.search_model_versions("name = 'm'", order_by=["version_number"])
    assert [version.version for version in stored] == everything
    assert len({version.source for version in stored}) == len(everything)


def test_processes_that_link_prompts_lose_none(mongo_uri: str, tmp_path: Any) -> None:
    registry, tracking = (
        MongoRegistryStore(mongo_uri, mongo_uri),
        MongoTrackingStore(mongo_uri, str(tmp_path)),
    )
    registry.create_registered_model("m")
    registry.create_prompt("p")
    for number in range(PROCESSES * 3):
        registry.create_prompt_version("p", f"Hello {number}")
    run_id = tracking.create_run("0", "ada", 0, [], "run").info.run_id
    model_id = tracking.create_logged_model("0", "model").model_id
    tracking.finalize_logged_model(model_id, LoggedModelStatus.READY)

    version = "str(1 + process * 3 + turn)"
    for method, target in {"run": run_id, "model": model_id}.items():
        call = f"registry.link_prompt_version_to_{method}('p', {version}, arguments['target'])"
        in_processes(mongo_uri, call, target=target, each=3)

    expected = {("p", str(number)) for number in range(1, PROCESSES * 3 + 1)}
    for tags in (tracking.get_run(run_id).data.tags, tracking.get_logged_model(model_id).tags):
        linked = json.loads(tags["mlflow.linkedPrompts"])
        assert {(link["name"], link["version"]) for link in linked} == expected
        assert len(linked) == len(expected)


def test_a_stage_that_several_claim_is_never_left_empty(mongo_uri: str) -> None:
    registry = MongoRegistryStore(mongo_uri)
    registry.create_registered_model("m")
    for number in range(4):
        registry.create_model_version("m", f"s3://{number}")

    def promote(version: int) -> Callable[[], object]:
        return lambda: registry.transition_model_version_stage("m", version, "Production", True)

    for _ in range(15):
        at_once(*map(promote, range(1, 5)))

        assert registry.get_latest_versions("m", ["Production"])


def test_tags_and_aliases_set_at_once_are_all_kept(mongo_uri: str) -> None:
    registry = MongoRegistryStore(mongo_uri)
    registry.create_registered_model("m")
    registry.create_model_version("m", "s3://1")

    def mark(number: int) -> Callable[[], object]:
        def call() -> None:
            registry.set_model_version_tag("m", 1, ModelVersionTag(f"tag{number}", "x"))
            registry.set_registered_model_alias("m", f"alias{number}", 1)

        return call

    at_once(*map(mark, range(16)))

    version = registry.get_model_version("m", 1)
    assert len(version.tags) == 16
    assert len(version.aliases) == 16
