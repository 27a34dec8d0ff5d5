"""What all parts of the machine share: a duel for each example, and the things created in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule

from genesis_flow.testing.deviations import Refusal
from genesis_flow.testing.machine.values import mostly

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy
    from mlflow.entities import Metric

    from genesis_flow.testing.duel import Duel

experiments: Bundle[str] = Bundle("experiments")
runs: Bundle[str] = Bundle("runs")
models: Bundle[str] = Bundle("models")
points: Bundle[tuple[str, Metric]] = Bundle("points")


def or_unknown(known: SearchStrategy[str], *unknown: str) -> SearchStrategy[str]:
    """Return mostly ids that exist, and now and then one that does not."""
    return mostly(known, st.sampled_from(unknown))


an_experiment = or_unknown(experiments, "4711")
a_run = or_unknown(runs, "0" * 32)
a_model = or_unknown(models, "m-" + "0" * 32)


def created(answer: Any, identity: Callable[[Any], object]) -> Any:
    """Return what a rule puts into its bundle: what stands for the new thing, nothing if refused."""
    return multiple() if isinstance(answer, Refusal) else identity(answer)


class DuelMachine(RuleBasedStateMachine):
    """Lets candidate and witness answer random calls, until they differ.

    Attributes:
        open_duel: Returns a duel between two empty pairs of stores.
    """

    open_duel: ClassVar[Callable[[], Duel]]

    def __init__(self) -> None:
        super().__init__()
        self.duel = type(self).open_duel()

    @initialize(target=experiments)
    def two_experiments(self) -> Any:
        """Begin with experiment 0, as every user does, and with another one."""
        return multiple("0", self.duel.tracking("create_experiment", "second", None, []))

    @rule(milliseconds=st.sampled_from([1, 1, 1000]))
    def wait(self, milliseconds: int) -> None:
        """Let time pass; else everything happens in one millisecond."""
        self.duel.clock.advance(milliseconds)

    def teardown(self) -> None:
        """Compare everything that can be read, once the last rule has run."""
        if not self.duel.broken:
            self.compare_everything()

    def compare_everything(self) -> None:
        """Compare everything that can be read; each part adds its own."""
