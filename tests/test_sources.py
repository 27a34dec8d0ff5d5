"""What every source file keeps: a readable size, no private MLflow names, no trace of one machine."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_LINES = 400

# "Which noun is hiding here?" A file that stays longer answers it: {path: reason}.
LONGER: dict[str, str] = {}

# Split, so that this file does not name what it looks for.
MACHINE = re.compile("|".join(["/" + "work/", "/tmp" + "/w/", "/" + "root/"]))


@pytest.fixture(scope="module")
def python_files(tracked: list[Path]) -> list[Path]:
    """Return every Python file of the repository."""
    return [path for path in tracked if path.suffix == ".py"]


def private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def private_mlflow_names(tree: ast.AST) -> Iterator[str]:
    """Yield each private name that a module takes from MLflow: imported, or reached as an attribute."""
    bound = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "mlflow":
            parts = (node.module or "").split(".")
            bound |= {each.asname or each.name for each in node.names}
            yield from (each for each in [*parts, *(alias.name for alias in node.names)] if private(each))
        elif isinstance(node, ast.Import):
            ours = [each for each in node.names if each.name.partition(".")[0] == "mlflow"]
            bound |= {each.asname or "mlflow" for each in ours}
            yield from (part for each in ours for part in each.name.split(".") if private(part))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and private(node.attr):
            base: ast.expr = node.value
            while isinstance(base, ast.Attribute):
                base = base.value
            if isinstance(base, ast.Name) and base.id in bound:
                yield node.attr


def test_no_file_is_too_long_to_read(python_files: list[Path], root: Path) -> None:
    sizes = {str(path.relative_to(root)): len(path.read_text().splitlines()) for path in python_files}

    assert {path: lines for path, lines in sizes.items() if lines > MOST_LINES and path not in LONGER} == {}


def test_no_reason_outlives_its_long_file(root: Path) -> None:
    short = [path for path in LONGER if len((root / path).read_text().splitlines()) <= MOST_LINES]

    assert short == []


def test_private_mlflow_names_enter_through_compat_only(python_files: list[Path], root: Path) -> None:
    """One door, so that a new MLflow is a change in one file."""
    sources = [path for path in python_files if "src" in path.parts and path.name != "compat.py"]

    found = {
        str(path.relative_to(root)): names
        for path in sources
        if (names := sorted(private_mlflow_names(ast.parse(path.read_text()))))
    }

    assert found == {}


def test_no_file_names_the_machine_it_grew_on(tracked: list[Path], root: Path) -> None:
    found = [
        f"{path.relative_to(root)}:{number}"
        for path in tracked
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1)
        if MACHINE.search(line)
    ]

    assert found == []


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("from mlflow.utils.validation import _validate_tag", ["_validate_tag"]),
        ("from mlflow.tracking._tracking_service import utils", ["_tracking_service"]),
        ("import mlflow.tracking._model_registry", ["_model_registry"]),
        ("import mlflow\nmlflow.tracking.fluent._active_run_stack", ["_active_run_stack"]),
        ("from mlflow.tracking import fluent as f\nf._get_experiment_id()", ["_get_experiment_id"]),
        ("import mlflow\nmlflow.__version__\nself._search_datasets()", []),
    ],
)
def test_private_names_are_recognised(source: str, names: list[str]) -> None:
    assert sorted(private_mlflow_names(ast.parse(source))) == names
