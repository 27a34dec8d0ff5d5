"""What importing costs: the façade and the entry points load nothing heavy."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import distribution as installed
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Distribution


def loaded_by(module: str) -> set[str]:
    """Return the top-level names of what a fresh interpreter holds after importing a module."""
    # Without -I a sitecustomize or an editable install could hide what the import itself loads.
    code = f"import sys; before = set(sys.modules); import {module}; import json; "
    code += "print(json.dumps(sorted({name.partition('.')[0] for name in set(sys.modules) - before})))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=True, text=True)
    return set(json.loads(done.stdout))


def foreign(names: set[str], own: str) -> set[str]:
    """Return the names that belong neither to the standard library nor to one of our modules."""
    return names - sys.stdlib_module_names - {own, "genesis_flow"}


def test_importing_the_facade_loads_only_the_standard_library() -> None:
    """Neither mlflow, numpy nor pymongo, nor any framework: they come when they are used."""
    assert foreign(loaded_by("genesis_flow"), "genesis_flow") == set()


@pytest.mark.parametrize("module", ["genesis_flow_azure", "genesis_flow_mongo", "genesis_flow_security"])
def test_importing_a_wheel_loads_only_the_standard_library(module: str) -> None:
    assert foreign(loaded_by(module), module) == set()


def test_every_entry_point_loads(wheel: Distribution) -> None:
    for entry in installed(wheel.name).entry_points:
        assert callable(entry.load()), entry.name


def test_store_entry_points_load_only_the_standard_library(wheel: Distribution) -> None:
    """MLflow imports them while it is itself half imported."""
    stores = {
        entry.module for entry in installed(wheel.name).entry_points if entry.group.startswith("mlflow.")
    }

    for module in stores:
        assert foreign(loaded_by(module), wheel.module) == set()


@pytest.mark.parametrize("kind", ["tracking", "model_registry", "scorer"])
@pytest.mark.parametrize("scheme", ["mongodb", "mongodb+srv", "mongodb+embedded"])
def test_mlflow_finds_a_store_for_each_scheme(kind: str, scheme: str) -> None:
    offered = {
        entry.name
        for entry in installed("genesis-flow-mongo").entry_points
        if entry.group == f"mlflow.{kind}_store"
    }

    assert scheme in offered
