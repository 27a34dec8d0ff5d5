"""A small environment, as a Genesis-Flow user has it: mlflow-skinny and our wheels, no full MLflow."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = Path(__file__).parents[1] / "packages"
OURS = ("genesis-flow-core", "genesis-flow-mongo")


class EnvironmentFailedError(RuntimeError):
    """The environment could not be made; the message holds what the installer said."""


@contextmanager
def skinny(root: Path, given: Path | None) -> Iterator[Path]:
    """Give an interpreter of the small environment: the caller's, or one made below `root`.

    Raises:
        EnvironmentFailedError: packages could not be installed.
    """
    if given:
        yield given.absolute()
        return
    home = root / "skinny"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    python = home / "bin" / "python"
    sources = [str(PACKAGES / name) for name in OURS]
    if find_spec("uv"):
        fresh = [f"--refresh-package={name}" for name in OURS]  # uv remembers what it built of a folder
        installer = ["uv", "pip", "install", "--python", str(python), *fresh]
    else:
        installer = ["pip", "--python", str(python), "install"]
    command = [sys.executable, "-m", *installer, "--quiet", *sources]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        msg = f"No environment with mlflow-skinny: {answer.stderr[-1000:]}\nGive one with --skinny-python."
        raise EnvironmentFailedError(msg)
    yield python
