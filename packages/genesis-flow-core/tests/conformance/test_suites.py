"""MLflow's SQL stores pass every suite: what they do is what the suites ask of others."""

from __future__ import annotations

from genesis_flow.testing.suites import every_suite

globals().update(every_suite())
