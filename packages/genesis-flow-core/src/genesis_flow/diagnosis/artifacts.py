"""Can artifacts be written below a root?"""

from __future__ import annotations

import os
import tempfile
import uuid
from pathlib import Path
from urllib.parse import unquote, urlsplit

from genesis_flow.diagnosis.check import Check

__all__ = ["artifact_root"]

_NAME = "artifact root"
_THROUGH_A_SERVER = frozenset({"mlflow-artifacts", "http", "https"})


def artifact_root(root: str) -> Check:
    """Look whether artifacts can be written below a root.

    A file is written and deleted: in a local directory, or through MLflow's repository of the root's scheme.
    A directory that does not exist yet is not made; the one that it would be made in is tried.

    Args:
        root: A URI or a local path, as an experiment's artifact location has it.
    """
    scheme = urlsplit(root).scheme
    if scheme in {"", "file"}:
        return _local(root, Path(unquote(urlsplit(root).path) if scheme else root))
    if scheme in _THROUGH_A_SERVER:
        return Check(
            _NAME, "warn", f"{root} is reached through an MLflow server, and was not tried", "Try it there."
        )
    return _remote(root)


def _local(root: str, directory: Path) -> Check:
    existing = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        return Check(
            _NAME,
            "fail",
            f"{root} cannot be written to: {error.strerror} ({existing})",
            f"Give user {os.getuid()} the right to write there, or choose another root: genesisArtifactRoot.",
        )
    return Check(_NAME, "ok", f"{root} is writable" + ("" if existing == directory else "; will be created"))


def _remote(root: str) -> Check:
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    name = f"genesis-flow-doctor-{uuid.uuid4().hex}"
    try:
        repository = get_artifact_repository(root)
        with tempfile.TemporaryDirectory() as directory:
            probe = Path(directory, name)
            probe.write_text("Written by `genesis-flow doctor`; may be deleted.\n")
            repository.log_artifact(str(probe))
    except Exception as error:  # noqa: BLE001 - each cloud has errors of its own
        return Check(
            _NAME, "fail", f"{root} cannot be written to: {error}", "Check its credentials and rights."
        )
    try:
        repository.delete_artifacts(name)
    except Exception as error:  # noqa: BLE001 - the same; and many repositories cannot delete
        return Check(
            _NAME, "warn", f"{root} is writable, but nothing can be deleted: {error}", f"Delete {name} there."
        )
    return Check(_NAME, "ok", f"{root} is writable")
