from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_flow.embedded.errors import EmbeddedError
from genesis_flow.embedded.uri import EmbeddedUri


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("mongodb+embedded:///data/ml", "/data/ml"),
        ("mongodb+embedded:/data/ml", "/data/ml"),
        ("mongodb+embedded:///data//ml/../ml/", "/data/ml"),
        ("mongodb+embedded:///a%20b/%3Fc%23", "/a b/?c#"),
        ("mongodb+embedded:data", "{here}/data"),
        ("mongodb+embedded:./data", "{here}/data"),
        ("mongodb+embedded://./data", "{here}/data"),
        ("mongodb+embedded://../data", "{above}/data"),
        ("mongodb+embedded:~/data", "{home}/data"),
        ("mongodb+embedded://~/data", "{home}/data"),
        ("MongoDB+Embedded:///data/ml", "/data/ml"),
    ],
)
def test_names_a_directory(uri: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    found = EmbeddedUri.parse(uri)

    places = {"here": tmp_path / "here", "above": tmp_path, "home": tmp_path / "home"}
    assert str(found.data_dir) == expected.format(**places)


def test_two_spellings_of_a_directory_are_one(tmp_path: Path) -> None:
    (tmp_path / "true").mkdir()
    (tmp_path / "link").symlink_to("true")

    assert EmbeddedUri.of(str(tmp_path / "link")) == EmbeddedUri.of(str(tmp_path / "true"))


def test_hands_the_drivers_options_on_and_keeps_ours() -> None:
    uri = EmbeddedUri.parse("mongodb+embedded:///d?w=1&genesisArtifactRoot=/a&maxPoolSize=3&GENESISprofile=x")

    assert uri.mongo_uri(Path("/run/x y/m.sock")) == (
        "mongodb://%2Frun%2Fx%20y%2Fm.sock/mlflow?directConnection=true&w=1&maxPoolSize=3"
    )


@given(st.lists(st.text(st.characters(exclude_characters="\0/", codec="utf-8"), min_size=1), min_size=1))
def test_what_is_printed_is_read_back(names: list[str]) -> None:
    uri = EmbeddedUri.of("/" + "/".join(names))

    assert EmbeddedUri.parse(str(uri)) == uri
    assert EmbeddedUri.parse(f"mongodb+embedded://{quote(str(uri.data_dir))}") == uri


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("mongodb://localhost/ml", "the scheme found is 'mongodb'"),
        ("mongodb+embedded://host/data", "names a directory, not a host"),
        ("mongodb+embedded://user:secret@host/data", "names a directory, not a host"),
        ("mongodb+embedded:", "names no directory"),
        ("mongodb+embedded://", "names no directory"),
        ("mongodb+embedded://?w=1", "names no directory"),
        ("mongodb+embedded:///a%00b", "names no directory"),
        ("mongodb+embedded:~nobody-of-this-name/x", "does not lead to a directory"),
    ],
)
def test_refuses_what_names_no_directory(uri: str, says: str) -> None:
    with pytest.raises(EmbeddedError, match=says) as caught:
        EmbeddedUri.parse(uri)

    assert caught.value.code == "INVALID_PARAMETER_VALUE"
    assert "secret" not in str(caught.value)
