"""`genesis_flow` is a second name of `mlflow`: the same objects, whichever way they are reached."""

from __future__ import annotations

import importlib
import importlib.util
import pickle
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import cloudpickle
import mlflow
import pytest
from mlflow.utils.lazy_load import LazyLoader

import genesis_flow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

_OWN = ("cli", "diagnosis", "embedded", "events", "redaction", "settings", "testing", "versions")


@pytest.fixture(autouse=True)
def _tracking_uri(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the façade from choosing a place for the whole test process."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")


def _flavors() -> Iterator[str]:
    return (name for name, value in vars(mlflow).items() if isinstance(value, LazyLoader))


@pytest.mark.parametrize(
    "name", sorted({*mlflow.__all__, "artifacts", "data", "entities", "genai", "tracking"})
)
def test_every_public_name_is_mlflows(name: str) -> None:
    assert getattr(genesis_flow, name) is getattr(mlflow, name)


def test_star_import_gives_mlflows_public_names() -> None:
    names: dict[str, object] = {}
    exec("from genesis_flow import *", names)  # noqa: S102 - the statement under test is not allowed in a function

    assert set(mlflow.__all__) <= set(names)


def test_dir_shows_mlflows_names_and_ours() -> None:
    assert {*mlflow.__all__, "sklearn", "__version__", "__path__"} <= set(dir(genesis_flow))


def test_unknown_names_are_missing_as_in_mlflow() -> None:
    with pytest.raises(AttributeError, match="log_metrik"):
        _ = genesis_flow.log_metrik  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "module",
    ["entities", "exceptions", "models.signature", "pyfunc", "store.tracking.abstract_store", "tracking"],
)
def test_submodules_are_mlflows_very_modules(module: str) -> None:
    """Imported through the façade first, and never a second copy; MLflow's own spec stays in place."""
    ours = importlib.import_module(f"genesis_flow.{module}")
    theirs = importlib.import_module(f"mlflow.{module}")

    assert ours is theirs
    assert theirs.__name__ == f"mlflow.{module}"
    assert theirs.__spec__ is not None
    assert theirs.__spec__.name == f"mlflow.{module}"


def test_import_of_a_flavor_replaces_the_lazy_one_in_both() -> None:
    import genesis_flow.pyfunc

    assert genesis_flow.pyfunc is mlflow.pyfunc is sys.modules["mlflow.pyfunc"]


def test_a_missing_submodule_is_reported_under_the_name_asked_for() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'genesis_flow.no_such'"):
        importlib.import_module("genesis_flow.no_such")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("genesis_flow.no_such.deeper")


@pytest.mark.parametrize("name", _OWN)
def test_our_own_submodules_go_first(name: str) -> None:
    spec = importlib.util.find_spec(f"genesis_flow.{name}")

    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).is_relative_to(Path(genesis_flow.__path__[0]))


def test_no_module_of_ours_hides_a_public_name_of_mlflow() -> None:
    """`mlflow.doctor()` is why the room of our doctor is called `diagnosis`."""
    ours = {path.stem for path in Path(genesis_flow.__path__[0]).iterdir() if not path.name.startswith("_")}

    assert not ours & {*mlflow.__all__, *_flavors()}


def test_a_patch_through_one_name_is_seen_through_both() -> None:
    original = mlflow.log_metric

    with mock.patch("genesis_flow.log_metric") as patched:
        assert mlflow.log_metric is genesis_flow.log_metric is patched

    assert mlflow.log_metric is genesis_flow.log_metric is original


def test_a_patch_of_mlflow_is_seen_through_the_facade(monkeypatch: pytest.MonkeyPatch) -> None:
    marker = object()
    monkeypatch.setattr(mlflow, "log_metric", marker)

    assert genesis_flow.log_metric is marker


def test_setting_an_attribute_leaves_our_own_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The import system binds our submodules to the façade, and must not bind them to MLflow."""
    importlib.import_module("genesis_flow.events")

    assert genesis_flow.events is sys.modules["genesis_flow.events"]
    assert not hasattr(mlflow, "events")
    monkeypatch.setattr(genesis_flow, "__version__", "9")
    assert mlflow.__version__ != "9"


@pytest.mark.parametrize("pickler", [pickle, cloudpickle])
def test_the_module_and_its_objects_can_be_pickled(pickler: ModuleType) -> None:
    """A model defined in a script refers to `mlflow`, which there is the façade."""
    assert pickle.loads(pickler.dumps(genesis_flow)) is genesis_flow
    assert pickle.loads(pickler.dumps(genesis_flow.log_metric)) is mlflow.log_metric


def test_a_function_of_a_script_that_uses_the_facade_can_be_pickled() -> None:
    script = {"mlflow": genesis_flow}
    exec("def version():\n    return mlflow.entities.Metric.__name__", script)  # noqa: S102 - as `__main__` would

    assert pickle.loads(cloudpickle.dumps(script["version"]))() == "Metric"


def test_the_names_for_type_checkers_are_those_of_the_installed_mlflow() -> None:
    text = (Path(genesis_flow.__path__[0]) / "__init__.pyi").read_text()
    told = {line.split()[0] for line in text.splitlines() if line.startswith("    ")}

    # txtai's flavor is a distribution of its own; without it, checkers know nothing of it.
    assert set(_flavors()) - told == {"txtai"}
    assert {name for name in told if not hasattr(mlflow, name)} == set()
