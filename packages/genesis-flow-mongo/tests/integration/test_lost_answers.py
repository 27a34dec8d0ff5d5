"""Every command may be sent twice: the server does the work, and the answer is lost on the way."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from mlflow.entities import ExperimentTag, Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException

from genesis_flow_mongo.registry.store import MongoRegistryStore
from genesis_flow_mongo.tracking.store import MongoTrackingStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LENGTH = struct.Struct("<i")
_WRITES = (b"insert\x00", b"update\x00", b"delete\x00", b"findAndModify\x00")


class ForgetfulProxy:
    """Passes commands on to a mongod's unix socket, and loses every `period`-th answer to a write.

    Attributes:
        lost: Number of answers lost so far.
    """

    def __init__(self, server: str, path: str, period: int) -> None:
        self._server = server
        self._period = period
        self._writes = 0
        self._lock = threading.Lock()
        self.lost = 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server, suppress(OSError):
            server.connect(self._server)
            while True:
                request = _message(client)
                server.sendall(request)
                answer = _message(server)
                if self._loses(request):
                    return
                client.sendall(answer)

    def _loses(self, request: bytes) -> bool:
        # A command's name is the first element of its document.
        if not any(name in request[:48] for name in _WRITES):
            return False
        with self._lock:
            self._writes += 1
            lost = self._writes % self._period == 0
            self.lost += lost
        return lost


def _message(connection: socket.socket) -> bytes:
    head = _exactly(connection, _LENGTH.size)
    return head + _exactly(connection, _LENGTH.unpack(head)[0] - _LENGTH.size)


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionResetError
        data += part
    return data


@pytest.fixture
def proxy(mongo_uri: str, tmp_path: Path) -> Iterator[ForgetfulProxy]:
    server = unquote(urlsplit(mongo_uri).netloc)
    proxy = ForgetfulProxy(server, str(tmp_path / "m.sock"), period=3)
    yield proxy
    proxy.close()


@pytest.fixture
def uri(proxy: ForgetfulProxy, mongo_uri: str, tmp_path: Path) -> str:
    MongoTrackingStore(mongo_uri)
    host = quote(str(tmp_path / "m.sock"), safe="")
    return f"mongodb://{host}{urlsplit(mongo_uri).path}?directConnection=true"


def test_logging_loses_and_doubles_nothing(uri: str, proxy: ForgetfulProxy) -> None:
    store = MongoTrackingStore(uri)
    run_id = store.create_run("0", "me", 1, [], "run").info.run_id
    for step in range(70):
        store.log_metric(run_id, Metric("m", step, step, step))
    for batch in range(3):
        metrics = [Metric(f"b{i}", batch, batch, batch) for i in range(40)]
        store.log_batch(run_id, metrics, [Param(f"p{batch}", "1")], [RunTag("t", str(batch))])

    data = store.get_run(run_id).data
    assert [metric.step for metric in store.get_metric_history(run_id, "m")] == list(range(70))
    assert [metric.step for metric in store.get_metric_history(run_id, "b7")] == [0, 1, 2]
    assert (data.metrics["m"], data.tags["t"], data.params) == (69, "2", {"p0": "1", "p1": "1", "p2": "1"})
    assert proxy.lost > 10


def test_names_stay_unique_and_creations_succeed_once(uri: str, proxy: ForgetfulProxy) -> None:
    store = MongoTrackingStore(uri)
    tag = [ExperimentTag("k", "v")]
    ids = [store.create_experiment(f"e{i}", None, tag) for i in range(10)]

    for name in ("e3", "e4"):
        with pytest.raises(MlflowException, match="already exists"):
            store.create_experiment(name)
    store.rename_experiment(ids[3], "renamed")
    assert store.create_experiment("e3")

    names = [each.name for each in store.search_experiments(ViewType.ALL)]
    assert sorted(names) == sorted(["Default", "renamed", *(f"e{i}" for i in range(10))])
    assert proxy.lost > 2


def test_registry_versions_are_made_once_each(uri: str, proxy: ForgetfulProxy) -> None:
    registry = MongoRegistryStore(uri, uri)
    registry.create_registered_model("model")
    numbers = [int(registry.create_model_version("model", "/somewhere").version) for _ in range(10)]
    registry.set_registered_model_alias("model", "best", str(numbers[-1]))

    found: list[Any] = registry.search_model_versions("name = 'model'")
    assert sorted(int(version.version) for version in found) == sorted(set(numbers))
    assert len(found) == 10
    assert int(registry.get_model_version_by_alias("model", "best").version) == numbers[-1]
    assert proxy.lost > 2
