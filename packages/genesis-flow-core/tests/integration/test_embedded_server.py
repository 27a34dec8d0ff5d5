"""The life of an embedded MongoDB: shared, killed, mended, moved, ended; on a real mongod."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from genesis_flow.embedded import Membership, join, members, server
from genesis_flow.embedded.home import Home
from genesis_flow.embedded.locks import FileLock, is_held
from genesis_flow.embedded.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

Client = MongoClient[dict[str, Any]]
PATIENCE = 60.0  # seconds that anything may take before the test fails

# A member of its own: joins at the first line of its standard input, says so, and ends with the input.
MEMBER = """
import os, sys
from genesis_flow.embedded import join
from genesis_flow.embedded.home import Home
from genesis_flow.embedded.state import State
sys.stdin.readline()
membership = join(sys.argv[1])
print(State.read(Home(membership.data_dir).state).mongod, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENESIS_FLOW_EMBEDDED_GRACE", "0.1")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A data directory that does not exist yet; its server, if any, is ended after the test."""
    home = Home(tmp_path / "data")
    yield home
    server.stop(home)


@pytest.fixture
def membership(home: Home) -> Iterator[Membership]:
    membership = join(_uri(home))
    yield membership
    membership.leave()


@pytest.fixture
def client(membership: Membership) -> Iterator[Client]:
    with Client(membership.mongo_uri) as client:
        yield client


def _uri(home: Home) -> str:
    return f"mongodb+embedded://{home.data_dir}"


def _state(home: Home) -> State:
    state = State.read(home.state)
    assert state
    return state


def _await_end(home: Home) -> None:
    """Wait until the supervisor is gone, however it went."""
    lock = FileLock.acquire(home.supervisor_lock, PATIENCE)
    assert lock, "the server goes on"
    lock.close()


def _member(home: Home, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", MEMBER, _uri(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )


def _go(member: subprocess.Popen[str]) -> None:
    assert member.stdin
    member.stdin.write("\n")
    member.stdin.flush()


def _mongod_of(member: subprocess.Popen[str]) -> int:
    assert member.stdout
    return int(member.stdout.readline())


def test_writes_are_by_majority_as_in_production(client: Client) -> None:
    hello = client.admin.command("hello")

    assert hello["setName"] == "rs0"
    assert hello["isWritablePrimary"]
    with client.start_session() as session, session.start_transaction():
        client.mlflow.runs.insert_one({"_id": 1}, session=session)
    assert client.mlflow.runs.count_documents({}) == 1


def test_no_port_is_opened(home: Home, client: Client) -> None:
    inodes = set()
    for descriptor in Path(f"/proc/{_state(home).mongod}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            inodes.add(str(descriptor.readlink()).removeprefix("socket:[").removesuffix("]"))
    tcp = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    unix = Path("/proc/net/unix").read_text()

    assert inodes & {line.split()[6] for line in unix.splitlines()}
    assert not inodes & {line.split()[9] for line in tcp.splitlines()}
    socket = Path(_state(home).socket)
    assert [path.name for path in socket.parent.iterdir()] == ["m.sock"]
    assert socket.stat().st_mode & 0o077 == 0


def test_processes_that_start_at_once_share_one_server(home: Home) -> None:
    with ExitStack() as stack:
        racers = [stack.enter_context(_member(home)) for _ in range(8)]
        for racer in racers:
            _go(racer)

        assert len({_mongod_of(racer) for racer in racers}) == 1
        assert members.pids(home.members) == sorted(racer.pid for racer in racers)
        assert home.log.read_text().count('"MongoDB starting"') == 1


def test_threads_that_start_at_once_are_one_member(home: Home) -> None:
    joined: list[Membership] = []
    threads = [threading.Thread(target=lambda: joined.append(join(_uri(home)))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert members.pids(home.members) == [os.getpid()]
    for membership in joined[1:]:
        membership.leave()
        membership.leave()
    assert members.pids(home.members) == [os.getpid()]
    joined[0].leave()
    assert members.pids(home.members) == []


def test_ends_when_the_last_one_leaves_and_leaves_nothing_behind(home: Home) -> None:
    membership = join(_uri(home))
    socket = Path(_state(home).socket)
    with _member(home) as other:
        _go(other)
        _mongod_of(other)
        membership.leave()
        assert members.pids(home.members) == [other.pid]
    _await_end(home)

    assert not is_held(home.mongod_lock)
    assert not socket.parent.exists()
    assert not home.state.exists()


def test_ends_when_the_last_one_is_killed(home: Home) -> None:
    with _member(home) as only:
        _go(only)
        _mongod_of(only)
        only.kill()
    _await_end(home)

    assert not is_held(home.mongod_lock)


def test_a_killed_client_disturbs_nobody(home: Home, client: Client) -> None:
    with _member(home) as other:
        _go(other)
        mongod = _mongod_of(other)
        other.kill()

    client.mlflow.runs.insert_one({"_id": 1})
    assert _state(home).mongod == mongod
    assert members.pids(home.members) == [os.getpid()]


def test_a_server_without_users_is_warm_for_the_next_script(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENESIS_FLOW_EMBEDDED_GRACE", "600")
    seen = set()
    for _ in range(2):
        with _member(home) as script:
            _go(script)
            seen.add(_mongod_of(script))

    assert len(seen) == 1


def test_killed_mongod_comes_back_and_nothing_acknowledged_is_lost(
    home: Home, membership: Membership
) -> None:
    before = _state(home)
    with Client(membership.mongo_uri, timeoutMS=PATIENCE * 1000) as client:
        for number in range(100):
            client.mlflow.runs.insert_one({"_id": number})
        os.kill(before.mongod, signal.SIGKILL)
        # The same client, the same URI: the driver finds the new mongod on the old path.
        client.mlflow.runs.insert_one({"_id": 100})

        assert [run["_id"] for run in client.mlflow.runs.find().sort("_id")] == list(range(101))
    assert _state(home).mongod != before.mongod


def test_starts_clean_after_everything_was_killed(home: Home) -> None:
    join(_uri(home)).leave()
    with _member(home) as other:
        _go(other)
        _mongod_of(other)
        state = _state(home)
        with Client(f"mongodb://{state.socket.replace('/', '%2F')}/?directConnection=true") as client:
            client.mlflow.runs.insert_one({"_id": 1})
        for pid in (other.pid, state.supervisor, state.mongod):
            os.kill(pid, signal.SIGKILL)
    _await_end(home)
    assert home.state.exists(), "a stale state is what the next start finds"
    assert (home.db / "mongod.lock").read_text().strip() == str(state.mongod), "and a stale lock of mongod"

    membership = join(_uri(home))
    with Client(membership.mongo_uri) as client:
        assert client.mlflow.runs.count_documents({}) == 1
    membership.leave()


def test_a_killed_supervisor_takes_mongod_along_and_the_next_join_mends_it(
    home: Home, client: Client
) -> None:
    client.mlflow.runs.insert_one({"_id": 1})
    os.kill(_state(home).supervisor, signal.SIGKILL)
    _await_end(home)
    gone = FileLock.acquire(home.mongod_lock, PATIENCE)
    assert gone, "mongod goes on without anybody to end it"
    gone.close()

    again = join(_uri(home))

    assert client.mlflow.runs.count_documents({}) == 1, "the first membership's client works again, too"
    again.leave()


def test_a_state_that_cannot_be_read_is_no_state(home: Home) -> None:
    home.prepare()
    home.state.write_text('{"supervisor": ')
    home.pin.touch()

    membership = join(_uri(home))

    assert _state(home).mongod
    assert not home.pin.exists(), "what a dead server was asked for does not bind the next one"
    membership.leave()


def test_a_removed_socket_is_laid_again(home: Home, membership: Membership, client: Client) -> None:
    client.mlflow.runs.insert_one({"_id": 1})
    shutil.rmtree(Path(_state(home).socket).parent)
    client.close()

    with Client(membership.mongo_uri) as again:
        assert again.mlflow.runs.count_documents({}) == 1


def test_a_moved_directory_keeps_its_data(home: Home, tmp_path: Path) -> None:
    membership = join(_uri(home))
    with Client(membership.mongo_uri) as client:
        client.mlflow.runs.insert_one({"_id": 1})
    membership.leave()
    _await_end(home)

    for number, move in enumerate((shutil.copytree, os.rename)):
        moved = Home(tmp_path / f"moved-{number}")
        move(home.data_dir, moved.data_dir)
        membership = join(_uri(moved))
        with Client(membership.mongo_uri) as client:
            client.mlflow.runs.insert_one({"_id": 2})
            assert client.mlflow.runs.count_documents({}) == 2
        membership.leave()
        server.stop(moved)


def test_a_removed_directory_ends_its_server_and_can_be_made_again(home: Home) -> None:
    first = join(_uri(home))
    mongod, socket = _state(home).mongod, _state(home).socket
    home.data_dir.rename(home.data_dir.with_name("away"))  # at once, as no removal is

    second = join(_uri(home))

    assert _state(home).mongod != mongod
    assert members.pids(home.members) == [os.getpid()], (
        "the first membership is not taken for one of the new server"
    )
    with Client(second.mongo_uri) as client:
        client.mlflow.runs.insert_one({"_id": 1})
    first.leave()
    assert members.pids(home.members) == [os.getpid()]
    second.leave()
    _await_end(home)
    assert not Path(socket).parent.exists()


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(home: Home) -> None:
    with _member(home, start_new_session=True, stderr=subprocess.DEVNULL) as script:
        _go(script)
        mongod = _mongod_of(script)
        membership = join(_uri(home))
        os.killpg(script.pid, signal.SIGINT)
        os.killpg(script.pid, signal.SIGHUP)
    assert script.returncode != 0

    with Client(membership.mongo_uri) as client:
        client.mlflow.runs.insert_one({"_id": 1})
    assert _state(home).mongod == mongod
    membership.leave()


FORK = """
import os, sys
from pathlib import Path
from genesis_flow.embedded import join, members
from genesis_flow.embedded.home import Home
membership = join(sys.argv[1])
entered = Home(membership.data_dir).members
born, tell_born = os.pipe()
left, tell_left = os.pipe()
child = os.fork()
if child == 0:
    os.write(tell_born, b"x")
    os.close(tell_left)
    os.read(left, 1)
    assert members.pids(entered) == [os.getpid()], members.pids(entered)
    from pymongo import MongoClient
    with MongoClient(membership.mongo_uri) as client:
        client.mlflow.runs.insert_one({"_id": "child"})
    membership.leave()
    assert members.pids(entered) == []
    sys.exit(0)
os.read(born, 1)
assert members.pids(entered) == sorted([os.getpid(), child]), members.pids(entered)
membership.leave()
os.close(tell_left)
assert os.waitpid(child, 0)[1] == 0
late = os.fork()
if late == 0:
    assert members.pids(entered) == [], "born of one that had left, and yet a member"
    sys.exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(late, 0)[1]))
"""


def test_a_forked_child_is_a_member_of_its_own(home: Home) -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-c", FORK, _uri(home)], check=True)

    membership = join(_uri(home))
    with Client(membership.mongo_uri) as client:
        assert client.mlflow.runs.count_documents({"_id": "child"}) == 1
    membership.leave()
