"""Settings come from the environment, typed and checked, through one door."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from mlflow.exceptions import MlflowException

import genesis_flow
from genesis_flow import settings

_ROOT = Path(__file__).parents[4]


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in settings.SETTINGS:
        monkeypatch.delenv(setting.name, raising=False)


@pytest.mark.parametrize("setting", settings.SETTINGS, ids=lambda setting: setting.name)
def test_the_default_holds_when_unset_or_empty(
    setting: settings.Setting[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert setting.get() == setting.default
    monkeypatch.setenv(setting.name, "")
    assert setting.get() == setting.default


@pytest.mark.parametrize(
    ("setting", "text", "value"),
    [
        (settings.CONNECT_TIMEOUT, "2.5", 2.5),
        (settings.OPERATION_TIMEOUT, "86400", 86400.0),
        (settings.POOL_SIZE, "1", 1),
        (settings.MONGOD, "/usr/bin/mongod", "/usr/bin/mongod"),
        (settings.DATA, "runs", "runs"),
        (settings.DEFAULT_ARTIFACT_ROOT, "wasbs://c@a/", "wasbs://c@a/"),
        (settings.EMBEDDED_CACHE, "0.25", 0.25),
    ],
)
def test_a_value_is_read_anew_and_typed(
    setting: settings.Setting[object], text: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(setting.name, text)

    assert setting.get() == value
    assert type(setting.get()) is type(value)


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        *((settings.CONNECT_TIMEOUT, text) for text in ("0", "-1", "nan", "inf", "ten", "86401", "5s")),
        *((settings.POOL_SIZE, text) for text in ("0", "-1", "1.5", "many")),
        *((settings.EMBEDDED_CACHE, text) for text in ("0.2", "nan", "10001", "1GB")),
    ],
)
def test_a_bad_value_is_refused_with_name_form_and_default(
    setting: settings.Setting[object], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(setting.name, text)

    with pytest.raises(MlflowException) as refusal:
        setting.get()

    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"
    for part in (setting.name, repr(text), setting.form, str(setting.default)):
        assert part in str(refusal.value)


def test_a_refusal_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody may well put a URI into the wrong variable."""
    monkeypatch.setenv("GENESIS_FLOW_POOL_SIZE", "mongodb://ann:hunter2@db/ml")

    with pytest.raises(MlflowException) as refusal:
        settings.POOL_SIZE.get()

    assert "hunter2" not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__


def test_all_settings_are_listed() -> None:
    declared = [value for value in vars(settings).values() if isinstance(value, settings.Setting)]

    assert list(settings.SETTINGS) == declared
    assert {name for name in settings.__all__ if isinstance(getattr(settings, name), settings.Setting)} == {
        name for name, value in vars(settings).items() if isinstance(value, settings.Setting)
    }


def test_the_default_place_is_absolute_and_may_be_below_the_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert settings.default_tracking_uri() == f"mongodb+embedded://{tmp_path}/genesis-flow-data"
    monkeypatch.setenv("HOME", "/home/ann")
    monkeypatch.setenv("GENESIS_FLOW_DATA", "~/my runs")
    assert settings.default_tracking_uri() == "mongodb+embedded:///home/ann/my%20runs"


def test_the_table_in_the_docs_is_true() -> None:
    text = (_ROOT / "docs" / "settings.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| `")]

    assert rows == [
        f"| `{setting.name}` | {'' if setting.default is None else f'`{setting.default}`'} "
        f"| {setting.form} | {setting.help} |"
        for setting in settings.SETTINGS
    ]


def test_no_other_module_of_the_core_reads_the_environment() -> None:
    """The conformance kit may: it runs in pytest, whose variables are no settings."""
    package = Path(genesis_flow.__path__[0])
    reading = re.compile(r"os\.(?:environ|getenv)\b")

    readers = {
        path.relative_to(package).parts[0]
        for path in package.rglob("*.py")
        if reading.search(path.read_text())
    }

    assert readers - {"testing"} == {"settings.py"}
