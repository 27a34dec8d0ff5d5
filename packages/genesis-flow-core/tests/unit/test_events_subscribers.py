"""Subscribers veto, fail, and are found through entry points; the program survives all of them."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import PERMISSION_DENIED

from genesis_flow import events
from genesis_flow.events import subscribers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Subscriber:
    """Does in `before` and `after` what the test says, and remembers what it was told."""

    def __init__(
        self, before: Exception | None = None, after: Exception | None = None, *, critical: bool = False
    ) -> None:
        self.critical = critical
        self._before, self._after = before, after
        self.told: list[str] = []

    def before(self, call: events.StoreCall) -> None:
        self.told.append("before " + call.operation)
        if self._before:
            raise self._before

    def after(self, call: events.StoreCall, outcome: events.Outcome) -> None:
        self.told.append(f"after {call.operation} {outcome.error_code} {outcome.vetoed}")
        if self._after:
            raise self._after


@events.observed("tracking")
class Store:
    """Counts the calls that reach it."""

    def __init__(self) -> None:
        self.reached = 0

    def delete_run(self, run_id: str) -> str:
        self.reached += 1
        return run_id

    def fail(self) -> None:
        raise MlflowException("the store's own error", PERMISSION_DENIED)


@pytest.fixture
def subscribe() -> Iterator[Callable[[Subscriber], Subscriber]]:
    added: list[Subscriber] = []

    def add(subscriber: Subscriber) -> Subscriber:
        events.subscribe(subscriber)
        added.append(subscriber)
        return subscriber

    yield add
    for subscriber in added:
        events.unsubscribe(subscriber)


class TestVeto:
    """An MlflowException in `before` stops the call."""

    def test_reaches_the_caller_and_not_the_store(
        self, subscribe: Callable[[Subscriber], Subscriber]
    ) -> None:
        veto = MlflowException("not yours", PERMISSION_DENIED)
        subscribe(Subscriber(before=veto))
        store = Store()

        with pytest.raises(MlflowException) as refusal:
            store.delete_run("r1")

        assert refusal.value is veto
        assert store.reached == 0

    def test_is_told_to_every_subscriber(self, subscribe: Callable[[Subscriber], Subscriber]) -> None:
        """Also to the audit log that stands behind the one that vetoed, and was not asked any more."""
        first = subscribe(Subscriber())
        subscribe(Subscriber(before=MlflowException("no", PERMISSION_DENIED)))
        last = subscribe(Subscriber())

        with pytest.raises(MlflowException, match="no"):
            Store().delete_run("r1")

        assert first.told == ["before delete_run", "after delete_run PERMISSION_DENIED True"]
        assert last.told == ["after delete_run PERMISSION_DENIED True"]

    def test_does_not_outlive_the_call(self, subscribe: Callable[[Subscriber], Subscriber]) -> None:
        vetoing = subscribe(Subscriber(before=MlflowException("no")))
        with pytest.raises(MlflowException):
            Store().delete_run("r1")
        events.unsubscribe(vetoing)
        watching = subscribe(Subscriber())

        assert Store().delete_run("r2") == "r2"
        assert watching.told == ["before delete_run", "after delete_run None False"]


class TestBrokenSubscriber:
    """Whatever a subscriber does wrong, the program runs; unless it is critical."""

    @pytest.mark.parametrize("place", ["before", "after"])
    def test_is_logged_without_secrets_and_the_call_goes_on(
        self, place: str, subscribe: Callable[[Subscriber], Subscriber], caplog: pytest.LogCaptureFixture
    ) -> None:
        subscribe(Subscriber(**{place: OSError("mongodb://ann:hunter2@db is down")}))  # type: ignore[arg-type]
        other = subscribe(Subscriber())

        assert Store().delete_run("r1") == "r1"

        assert other.told == ["before delete_run", "after delete_run None False"]
        assert "Subscriber failed at delete_run: OSError: mongodb://ann:***@db is down" in caplog.text
        assert "hunter2" not in caplog.text

    def test_that_is_critical_stops_the_call(self, subscribe: Callable[[Subscriber], Subscriber]) -> None:
        subscribe(Subscriber(before=OSError("pw=hunter2"), critical=True))
        other = subscribe(Subscriber())
        store = Store()

        with pytest.raises(MlflowException, match=r"delete_run .* critical") as refusal:
            store.delete_run("r1")

        assert (refusal.value.error_code, store.reached) == ("INTERNAL_ERROR", 0)
        assert "hunter2" not in "".join(traceback.format_exception(refusal.value))
        assert other.told == ["after delete_run INTERNAL_ERROR True"]

    def test_that_is_critical_reports_a_call_it_could_not_note(
        self, subscribe: Callable[[Subscriber], Subscriber]
    ) -> None:
        subscribe(Subscriber(after=OSError("disk full"), critical=True))
        other = subscribe(Subscriber())
        store = Store()

        with pytest.raises(MlflowException, match="disk full"):
            store.delete_run("r1")

        assert store.reached == 1
        assert other.told[-1] == "after delete_run None False"

    def test_does_not_hide_the_stores_own_error(self, subscribe: Callable[[Subscriber], Subscriber]) -> None:
        subscribe(Subscriber(after=OSError("disk full"), critical=True))

        with pytest.raises(MlflowException, match="the store's own error"):
            Store().fail()

    def test_that_vetoes_too_late_is_a_broken_one(
        self, subscribe: Callable[[Subscriber], Subscriber], caplog: pytest.LogCaptureFixture
    ) -> None:
        subscribe(Subscriber(after=MlflowException("too late")))

        assert Store().delete_run("r1") == "r1"
        assert "too late" in caplog.text


def test_store_calls_of_a_subscriber_are_not_reported(
    subscribe: Callable[[Subscriber], Subscriber],
) -> None:
    store = Store()

    class Asking(Subscriber):
        def before(self, call: events.StoreCall) -> None:
            super().before(call)
            store.delete_run("asked")
            events.count_round_trip()

        def after(self, call: events.StoreCall, outcome: events.Outcome) -> None:
            super().after(call, outcome)
            store.delete_run("asked")
            self.round_trips = outcome.round_trips

    asking = Asking()
    subscribe(asking)
    store.delete_run("r1")

    assert asking.told == ["before delete_run", "after delete_run None False"]
    assert store.reached == 3
    assert asking.round_trips == 0


def test_subscribing_twice_is_the_same_as_once(subscribe: Callable[[Subscriber], Subscriber]) -> None:
    subscriber = subscribe(Subscriber())
    events.subscribe(subscriber)

    Store().delete_run("r1")

    assert subscriber.told.count("before delete_run") == 1


def test_a_round_trip_outside_of_a_call_is_nobodys() -> None:
    events.count_round_trip()


def test_the_example_in_the_docs_works(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[4] / "docs" / "events.md").read_text()
    example: dict[str, object] = {}
    exec(page.partition("```python\n")[2].partition("```")[0], example)  # noqa: S102 - our own page
    try:
        with pytest.raises(MlflowException, match="None may not delete_run"):
            Store().delete_run("r1")
        token = events.principal.set("owner")
        Store().delete_run("r1")
        events.principal.reset(token)
    finally:
        for subscriber in subscribers.subscribers():
            if type(subscriber) is example["OnlyOwnersDelete"]:
                events.unsubscribe(subscriber)

    refused, done = capsys.readouterr().out.splitlines()
    assert refused.startswith("delete_run {'run_id': 'r1'} PERMISSION_DENIED ")
    assert done.startswith("delete_run {'run_id': 'r1'} ok ")


class TestEntryPoints:
    """A wheel that is installed observes without a line of code."""

    @pytest.fixture
    def install(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
        """Put a distribution with a module and its entry points on the path, as pip would."""

        def install(module: str, entry_points: str) -> None:
            (tmp_path / "watchful.py").write_text(module)
            metadata = tmp_path / "watchful-1.0.dist-info"
            metadata.mkdir()
            (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: watchful\nVersion: 1.0\n")
            (metadata / "entry_points.txt").write_text(f"[genesis_flow.events]\n{entry_points}\n")
            monkeypatch.syspath_prepend(tmp_path)
            monkeypatch.delitem(sys.modules, "watchful", raising=False)

        monkeypatch.setattr(subscribers._registry, "found", None)
        return install

    _MODULE = (
        "told = []\n"
        "class Audit:\n"
        "    def before(self, call): told.append(('audit', call.operation))\n"
        "    def after(self, call, outcome): pass\n"
        "class Metrics(Audit):\n"
        "    def before(self, call): told.append(('metrics', call.operation))\n"
        "def broken(): raise OSError('mongodb://ann:hunter2@db')\n"
    )

    def test_are_loaded_at_the_first_call_in_the_order_of_their_names(
        self, install: Callable[[str, str], None]
    ) -> None:
        install(self._MODULE, "b = watchful:Audit\na = watchful:Metrics")
        store = Store()
        store.delete_run("r1")

        import watchful  # type: ignore[import-not-found]  # written by the fixture

        assert watchful.told == [("metrics", "delete_run"), ("audit", "delete_run")]
        assert events.active()

    @pytest.mark.parametrize("target", ["watchful:broken", "watchful:missing", "no_such_module:Audit"])
    def test_that_cannot_be_loaded_are_logged_and_the_others_work(
        self, install: Callable[[str, str], None], target: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        install(self._MODULE, f"bad = {target}\ngood = watchful:Audit")

        assert Store().delete_run("r1") == "r1"
        Store().delete_run("r2")

        import watchful  # type: ignore[import-not-found, unused-ignore]  # written by the fixture

        assert len(watchful.told) == 2
        assert caplog.text.count("'bad'") == 1
        assert "cannot be loaded" in caplog.text
        assert "hunter2" not in caplog.text

    def test_are_absent_where_no_wheel_has_any(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(subscribers._registry, "found", None)
        monkeypatch.setattr(subscribers, "SUBSCRIBERS_GROUP", "genesis_flow.no_such_group")

        assert not events.active()
