"""How long the state machine looks for differences.

`SMALL` is for every commit: the same examples each time, so that no change is blamed for what it did not do.
`THOROUGH` is for the night, `pytest <folder> --hypothesis-profile=thorough`: new examples each time.
"""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

# A step calls two databases, which is slow for Hypothesis; and one fixture serves all examples, on purpose.
_PATIENT = settings(
    deadline=None,
    print_blob=True,
    report_multiple_bugs=False,
    # What fails is shrunk; which lines of the stores took part is not worked out, which would take minutes.
    phases=[phase for phase in Phase if phase is not Phase.explain],
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)

SMALL = settings(_PATIENT, max_examples=40, stateful_step_count=30, derandomize=True, database=None)
THOROUGH = settings(_PATIENT, max_examples=1000, stateful_step_count=50)

settings.register_profile("thorough", THOROUGH)


def chosen() -> settings:
    """Return `THOROUGH` if pytest was asked for that profile, else `SMALL`."""
    return THOROUGH if settings.default is THOROUGH else SMALL
