"""The wheel as installed: nothing is built yet, so its version is all it offers."""

from __future__ import annotations

from importlib.metadata import requires, version

import genesis_flow_security


def test_the_module_offers_the_version_of_the_wheel() -> None:
    assert genesis_flow_security.__all__ == ["__version__"]
    assert genesis_flow_security.__version__ == version("genesis-flow-security")


def test_the_wheel_requires_nothing() -> None:
    assert requires("genesis-flow-security") is None
