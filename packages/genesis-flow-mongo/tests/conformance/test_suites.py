"""The stores on MongoDB pass every suite, as MLflow's SQL stores do."""

from __future__ import annotations

from genesis_flow.testing.suites import every_suite

globals().update(every_suite())
