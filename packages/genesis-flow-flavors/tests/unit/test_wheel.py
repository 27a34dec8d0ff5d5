"""The wheel as installed: nothing is built yet, so its version is all it offers."""

from __future__ import annotations

from importlib.metadata import version

import genesis_flow_flavors


def test_the_module_offers_the_version_of_the_wheel() -> None:
    assert genesis_flow_flavors.__all__ == ["__version__"]
    assert genesis_flow_flavors.__version__ == version("genesis-flow-flavors")
