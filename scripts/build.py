"""Build the six distributions and prove that the wheels install and import where nothing else is.

Leaves six sdists and six wheels in dist/, and nothing that was there before.
The wheels are built from the sdists, so an sdist that lacks a file fails here and not at a user's.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
SOURCES = [*sorted(ROOT.glob("packages/*")), ROOT]
UV = [sys.executable, "-m", "uv", "--quiet"]

# Runs in the empty environment. An entry point that does not load is found here as a user would find it.
PROBE = """
from importlib.metadata import distributions

found = {d.name: d for d in distributions() if d.name.startswith("genesis-flow")}
assert len(found) == 6, f"expected six distributions, found {sorted(found)}"
import genesis_flow, genesis_flow_azure, genesis_flow_flavors, genesis_flow_mongo, genesis_flow_security
ours = [entry for each in found.values() for entry in each.entry_points]
assert ours, "no entry point was installed"
for entry in ours:
    entry.load()
versions = sorted(f"{name} {each.version}" for name, each in found.items())
print(*versions, f"{len(ours)} entry points load", sep="\\n")
"""


def build(into: Path) -> None:
    """Put an sdist and the wheel made from it into `into`, for each distribution."""
    shutil.rmtree(into, ignore_errors=True)
    for source in SOURCES:
        subprocess.run([*UV, "build", "--out-dir", into, source], check=True)
    built = sorted(path.name for path in into.iterdir() if path.name != ".gitignore")
    if len(built) != 2 * len(SOURCES):
        sys.exit(f"expected {len(SOURCES)} sdists and as many wheels, found: {', '.join(built)}")


def prove(wheels: Path) -> None:
    """Install every wheel into an empty environment and import what it offers."""
    with tempfile.TemporaryDirectory() as scratch:
        python = Path(scratch, "empty", "bin", "python")
        subprocess.run([*UV, "venv", "--python", sys.executable, Path(scratch, "empty")], check=True)
        # Ours by path, so that none can come from an index or a cache.
        subprocess.run([*UV, "pip", "install", "--python", python, *wheels.glob("*.whl")], check=True)
        subprocess.run([*UV, "pip", "check", "--python", python], check=True)
        subprocess.run([python, "-I", "-c", PROBE], check=True, cwd=scratch)


if __name__ == "__main__":
    build(DIST)
    prove(DIST)
