"""A state machine that drives a candidate and MLflow's SQL stores with the same random calls.

Each example begins with two empty pairs of stores, calls them some dozens of times, and compares every
answer, every error code, and in the end everything that can be read. Hypothesis shrinks what it finds to the
shortest list of calls after which the two differ.

    def test_my_stores(sql_stores):
        for machine in MACHINES:
            find_difference(machine, empty_my_stores, sql_stores)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis.stateful import run_state_machine_as_test

from genesis_flow.testing.clock import hand_clock
from genesis_flow.testing.duel import Duel
from genesis_flow.testing.machine.experiments import ExperimentRules
from genesis_flow.testing.machine.logged_models import LinkRules, LoggedModelRules
from genesis_flow.testing.machine.registry import RegistrySearchRules
from genesis_flow.testing.machine.runs import RunLifeRules, RunSearchRules

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from hypothesis import settings

    from genesis_flow.testing.deviations import Deviation
    from genesis_flow.testing.machine.base import DuelMachine
    from genesis_flow.testing.oracle import SqlStores, Stores


class ExperimentMachine(ExperimentRules, RunLifeRules):
    """Experiments, and what becomes of their runs."""


class RunMachine(RunSearchRules):
    """Runs and what is logged to them."""


class ModelMachine(LinkRules, LoggedModelRules, RunLifeRules):
    """Logged models, datasets, and the runs around them."""


class RegistryMachine(RegistrySearchRules):
    """Registered models, versions, aliases, prompts."""


MACHINES: tuple[type[DuelMachine], ...] = (ExperimentMachine, RunMachine, ModelMachine, RegistryMachine)


def find_difference(
    machine: type[DuelMachine],
    candidate: Callable[[], Stores],
    witness: SqlStores,
    *clocks: ModuleType,
    effort: settings,
    deviations: Sequence[Deviation] = (),
) -> None:
    """Drive both with random calls until they differ, or the effort is spent.

    Args:
        machine: One of `MACHINES`, or your own.
        candidate: Returns the pair of stores under test, empty but for experiment 0.
        witness: MLflow's SQL stores; they are emptied for each example.
        *clocks: Modules in which the candidate asks `time` for the time of day.
        effort: Hypothesis settings: how many examples of how many steps.
        deviations: Differences that are allowed.

    Raises:
        Mismatch: They differ; the notes list the calls that show it.
    """
    with hand_clock(*clocks) as clock:

        def open_duel() -> Duel:
            clock.reset()
            witness.empty()
            return Duel(candidate(), witness.stores, clock, deviations)

        armed = type(machine.__name__, (machine,), {"open_duel": staticmethod(open_duel)})
        run_state_machine_as_test(armed, settings=effort)
