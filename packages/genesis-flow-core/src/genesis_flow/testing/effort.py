"""How long the state machine looks for differences.

`small` is for every commit, `thorough` for the night: `pytest --hypothesis-profile=thorough`.
"""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

# A step is a call to two databases: slow, for Hypothesis. And one fixture serves all examples, on purpose.
_PATIENT = {
    "deadline": None,
    "suppress_health_check": [
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
    "print_blob": True,
    # What fails is shrunk; which lines of the stores took part is not worked out, which would take minutes.
    "phases": [phase for phase in Phase if phase is not Phase.explain],
    "report_multiple_bugs": False,
}

SMALL = settings(max_examples=40, stateful_step_count=30, **_PATIENT)  # type: ignore[arg-type]
THOROUGH = settings(max_examples=1500, stateful_step_count=60, **_PATIENT)  # type: ignore[arg-type]

settings.register_profile("small", SMALL)
settings.register_profile("thorough", THOROUGH)
settings.load_profile("small")
