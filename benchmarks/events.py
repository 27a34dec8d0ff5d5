"""What the events seam costs one store call: `python -m benchmarks.events`.

The call itself does nothing, so all that is seen is the seam. The cases are interleaved, and the least of
many rounds counts: whatever else the machine does can only make a round longer.
"""

from __future__ import annotations

import timeit

from genesis_flow import events

_CALLS = 20_000
_ROUNDS = 25
_LIMIT_US = 3.0


class Bare:
    """A store whose method does nothing."""

    def log_batch(self, run_id: str, metrics: object, params: object, tags: object) -> None:
        """Take what MLflow's own takes."""


@events.observed("tracking")
class Observed(Bare):
    """The same store behind the seam."""


class Silent:
    """A subscriber that does nothing."""

    def before(self, call: events.StoreCall) -> None:
        """Let it pass."""

    def after(self, call: events.StoreCall, outcome: events.Outcome) -> None:
        """Forget it."""


def _microseconds(store: Bare) -> float:
    def call() -> None:
        store.log_batch("0123456789abcdef", [], [], tags=[])

    return timeit.timeit(call, number=_CALLS) / _CALLS * 1e6


def main() -> None:
    """Print the cost of a call: bare, observed by nobody, observed by one subscriber."""
    assert not events.active(), "an installed wheel subscribes: measure without it"
    bare, nobody, somebody = [], [], []
    silent = Silent()
    for _ in range(_ROUNDS):
        bare.append(_microseconds(Bare()))
        nobody.append(_microseconds(Observed()))
        events.subscribe(silent)
        somebody.append(_microseconds(Observed()))
        events.unsubscribe(silent)
    floor = min(bare)
    print(f"{'one call of a store that does nothing':40} {'us':>8} {'seam, us':>10}")
    for name, rounds in (
        ("bare", bare),
        ("observed, no subscriber", nobody),
        ("observed, one subscriber", somebody),
    ):
        print(f"{name:40} {min(rounds):8.2f} {min(rounds) - floor:10.2f}")
    verdict = "kept" if min(nobody) - floor < _LIMIT_US else "MISSED"
    print(f"without a subscriber at most {_LIMIT_US} us: {verdict}")


if __name__ == "__main__":
    main()
