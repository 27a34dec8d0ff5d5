"""Conformance kit: what every MLflow store of this house must do, written as tests that anybody may subclass.

Parts, each a module of its own, so that importing one costs nothing for the others:

* `fixtures`  a pytest plugin that lends a private MongoDB;
* `parity`    names and signatures compared with the installed MLflow;
* `suites`    example tests, one class per aggregate;
* `machine`   a Hypothesis state machine that drives a candidate and MLflow's SQL store side by side.

Needs the extra `genesis-flow-core[testing]`.
"""
