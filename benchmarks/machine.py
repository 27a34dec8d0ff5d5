"""The machine a result was measured on: a number without it says little."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("genesis-flow-core", "genesis-flow-mongo", "mlflow", "pymongo", "SQLAlchemy", "psycopg2-binary")
GIB = 1024**3


def describe(servers: dict[str, str]) -> dict[str, object]:
    """Describe processor, memory, system and versions; `servers` adds those of the servers that ran."""
    return {
        "measured": datetime.now(timezone.utc).isoformat(timespec="minutes"),
        "commit": _commit(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB, 1),
        "system": f"{_distribution()}, Linux {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: found for name in PACKAGES if (found := _installed(name))} | servers,
        "load_average_before": load_average(),
    }


def load_average() -> list[float]:
    """Load averages over 1, 5 and 15 minutes: how busy the neighbours were."""
    return [round(value, 2) for value in os.getloadavg()]


def resident_mib(pid: int | str = "self") -> float:
    """Resident memory of a process, in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    answer = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return answer.stdout.strip() or "unknown"
