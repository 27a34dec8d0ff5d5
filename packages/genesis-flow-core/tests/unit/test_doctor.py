"""The examination finds what is wrong, shows no secret, and never raises."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mlflow.store.artifact import artifact_repository_registry
from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository

from genesis_flow.diagnosis import Check, Report, artifact_root, examination, examine

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(examination, "PROBES_GROUP", "genesis_flow.doctor_under_test")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a distribution with a probe for `mem:` on the path, as pip would."""

    def install(body: str) -> None:
        (tmp_path / "memory_probe.py").write_text(
            f"from genesis_flow.diagnosis import Check\ndef probe(uri):\n    {body}\n"
        )
        metadata = tmp_path / "memory_probe-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: memory-probe\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(
            "[genesis_flow.doctor_under_test]\nmem = memory_probe:probe\n"
        )
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "memory_probe", raising=False)

    return install


def _found(report: Report, name: str) -> list[Check]:
    return [check for check in report.checks if check.name == name]


class TestExamine:
    """Versions, settings, location, store."""

    def test_shows_versions_of_all_that_matters(self) -> None:
        names = {check.name for check in examine("mem:").checks}

        assert {"python", "genesis-flow-core", "mlflow-skinny", "settings", "tracking uri", "store"} <= names

    def test_asks_the_probe_of_the_scheme(self, install: Callable[[str], None]) -> None:
        install("return [Check('ping', 'warn', f'slow: {uri}', 'wait')]")

        report = examine("MEM://db")

        assert _found(report, "ping") == [Check("ping", "warn", "slow: MEM://db", "wait")]
        assert report.ok

    def test_counts_a_broken_probe_as_a_finding(self, install: Callable[[str], None]) -> None:
        install("raise OSError('no mem for mem://ann:hunter2@db')")

        report = examine("mem://db")

        (check,) = _found(report, "store")
        assert (check.status, "OSError: no mem for mem://ann:***@db" in check.detail) == ("fail", True)
        assert not report.ok

    @pytest.mark.parametrize(
        ("uri", "status", "remedy"),
        [
            ("mongodb://db", "fail", "pip install genesis-flow-mongo"),
            ("mongodb+embedded:data", "fail", "pip install genesis-flow-mongo"),
            ("sqlite:///mlflow.db", "warn", ""),
            ("./mlruns", "warn", ""),
        ],
    )
    def test_says_when_nothing_can_examine_a_scheme(self, uri: str, status: str, remedy: str) -> None:
        (check,) = _found(examine(uri), "store")

        assert (check.status, check.remedy) == (status, remedy)

    def test_names_a_setting_that_cannot_be_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GENESIS_FLOW_POOL_SIZE", "many")

        (check,) = _found(examine("sqlite://"), "settings")

        assert check.status == "fail"
        assert "GENESIS_FLOW_POOL_SIZE is 'many'" in check.detail

    def test_takes_the_uri_from_the_environment_or_the_default(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (default,) = _found(examine(), "tracking uri")
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
        (from_environment,) = _found(examine(), "tracking uri")

        assert default.detail == f"mongodb+embedded://{tmp_path}/genesis-flow-data (the default)"
        assert from_environment.detail == "sqlite:///mlflow.db (MLFLOW_TRACKING_URI)"

    def test_finds_two_mlflows_that_overwrite_each_other(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(examination, "versions", lambda: {"mlflow": "3.17.2", "mlflow-skinny": "3.16.0"})

        check = _found(examine("sqlite://"), "mlflow")[-1]

        assert (check.status, check.remedy) == ("fail", "pip install mlflow==3.16.0")

    def test_shows_no_password(self) -> None:
        assert "hunter2" not in str(examine("mongodb://ann:hunter2@db").as_dict())
        assert "hunter2" not in repr(Check("a", "ok", "mongodb://ann:hunter2@db", "pw=hunter2"))


class TestLocalArtifactRoot:
    """A directory is tried, not asked for its mode."""

    @pytest.mark.parametrize("form", ["{}", "file://{}"])
    def test_that_is_writable(self, tmp_path: Path, form: str) -> None:
        root = form.format(tmp_path)

        assert artifact_root(root) == Check("artifact root", "ok", f"{root} is writable")
        assert list(tmp_path.iterdir()) == []

    def test_that_does_not_exist_is_not_made(self, tmp_path: Path) -> None:
        check = artifact_root(str(tmp_path / "a" / "b"))

        assert (check.status, check.detail.endswith("will be created")) == ("ok", True)
        assert list(tmp_path.iterdir()) == []

    def test_with_blanks_in_a_uri(self, tmp_path: Path) -> None:
        (tmp_path / "my runs").mkdir()

        assert artifact_root(f"file://{tmp_path}/my%20runs").detail.endswith("is writable")

    @pytest.mark.skipif(not Path("/proc").is_dir(), reason="there nobody can write, not even root")
    def test_where_nothing_can_be_written(self) -> None:
        check = artifact_root("/proc/artifacts")

        assert check.status == "fail"
        assert "/proc/artifacts cannot be written to" in check.detail
        assert "genesisArtifactRoot" in check.remedy

    def test_that_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "taken").touch()

        assert artifact_root(str(tmp_path / "taken" / "below")).status == "fail"


class _Cloud(LocalArtifactRepository):
    """Stands where the cloud would: a directory behind a scheme of its own, which may fail as asked."""

    refuses: frozenset[str] = frozenset()

    def __init__(self, artifact_uri: str, **_: object) -> None:
        super().__init__(artifact_uri.replace("cloud://", "/"))

    def log_artifact(self, local_file: str, artifact_path: str | None = None) -> None:
        if "write" in self.refuses:
            raise PermissionError("403 for https://acct.blob/c?sv=2022&sig=hunter2")
        super().log_artifact(local_file, artifact_path)

    def delete_artifacts(self, artifact_path: str | None = None) -> None:
        if "delete" in self.refuses:
            raise NotImplementedError
        super().delete_artifacts(artifact_path)


class TestRemoteArtifactRoot:
    """Through MLflow's repository, as artifacts go."""

    @pytest.fixture
    def root(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
        registry = artifact_repository_registry._artifact_repository_registry
        monkeypatch.setitem(registry._registry, "cloud", _Cloud)
        return f"cloud:/{tmp_path}"

    def test_that_is_writable_is_left_as_it_was(self, root: str, tmp_path: Path) -> None:
        assert artifact_root(root) == Check("artifact root", "ok", f"{root} is writable")
        assert list(tmp_path.iterdir()) == []

    def test_that_refuses_a_write(self, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_Cloud, "refuses", {"write"})

        check = artifact_root(root)

        assert check.status == "fail"
        assert "403" in check.detail
        assert "hunter2" not in check.detail

    def test_that_cannot_delete(self, root: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(_Cloud, "refuses", {"delete"})

        check = artifact_root(root)

        (left,) = tmp_path.iterdir()
        assert (check.status, check.remedy) == ("warn", f"Delete {left.name} there.")

    def test_of_an_unknown_scheme(self) -> None:
        assert artifact_root("nowhere://a/b").status == "fail"

    def test_behind_a_server_is_not_tried(self) -> None:
        assert artifact_root("mlflow-artifacts:/7").status == "warn"
