"""All checks, one after the other: what is installed, what is set, and what the store's own probe finds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from genesis_flow.diagnosis.check import Check
from genesis_flow.settings import SETTINGS, TRACKING_URI, default_tracking_uri
from genesis_flow.versions import versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["PROBES_GROUP", "Report", "examine"]

PROBES_GROUP = "genesis_flow.doctor"


@dataclass(frozen=True)
class Report:
    """All findings, in the order in which one would look.

    Attributes:
        checks: At least one for each part: versions, settings, tracking URI, store.
    """

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing failed; warnings are no failure."""
        return all(check.status != "fail" for check in self.checks)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, for JSON."""
        return {"ok": self.ok, "checks": [asdict(check) for check in self.checks]}


def examine(uri: str | None = None) -> Report:
    """Examine this machine and a store; never raises, since whatever goes wrong is a finding.

    An embedded MongoDB is started, as any program would do. The store is written to, and left as it was.

    Args:
        uri: The tracking URI; by default MLFLOW_TRACKING_URI, else the façade's embedded MongoDB.
    """
    chosen = uri or TRACKING_URI.get() or default_tracking_uri()
    origin = "as given" if uri else "MLFLOW_TRACKING_URI" if TRACKING_URI.get() else "the default"
    location = Check("tracking uri", "ok", f"{chosen} ({origin})")
    return Report((*_installed(), *_settings(), location, *_store(chosen)))


def _installed() -> Iterator[Check]:
    found = versions()
    for name, version in found.items():
        yield Check(name, "ok", version)
    full, skinny = found.get("mlflow"), found.get("mlflow-skinny")
    if full and skinny and full != skinny:
        remedy = f"pip install mlflow=={skinny}"
        yield Check(
            "mlflow", "fail", f"mlflow {full} and mlflow-skinny {skinny} overwrite each other", remedy
        )


def _settings() -> Iterator[Check]:
    failures = []
    for setting in SETTINGS:
        try:
            setting.get()
        except Exception as error:  # noqa: BLE001 - an MlflowException; its module need not be loaded for this
            failures.append(Check("settings", "fail", str(error)))
    yield from failures or [Check("settings", "ok", "all readable")]


def _store(uri: str) -> Iterable[Check]:
    scheme = urlsplit(uri).scheme
    probes = {probe.name: probe for probe in entry_points(group=PROBES_GROUP)}
    if scheme not in probes:
        return [_without_probe(scheme)]
    try:
        return list(probes[scheme].load()(uri))
    except Exception as error:  # noqa: BLE001 - a probe that breaks off is a finding, too
        return [Check("store", "fail", f"The probe failed: {type(error).__name__}: {error}")]


def _without_probe(scheme: str) -> Check:
    if scheme.startswith("mongodb"):
        return Check("store", "fail", f"No wheel here stores in {scheme}", "pip install genesis-flow-mongo")
    return Check(
        "store", "warn", f"No wheel here knows how to examine {scheme or 'a directory'}; it was not tried"
    )
