from __future__ import annotations

import base64
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow.exceptions import MlflowException

from genesis_flow_mongo.query.tokens import decode_token, encode_token

_VALUES = st.one_of(st.none(), st.integers(), st.text(), st.floats(allow_nan=False))


@given(st.dictionaries(st.text(), st.one_of(_VALUES, st.lists(_VALUES))))
def test_a_position_comes_back_as_it_was(position: dict[str, object]) -> None:
    assert decode_token(encode_token(position)) == position


def test_a_nan_survives() -> None:
    assert math.isnan(decode_token(encode_token({"after": [math.nan]}), "after")["after"][0])


@pytest.mark.parametrize("token", ["garbage", "", "e30=", base64.b64encode(b"[1]").decode(), "ÿ", b"\xff"])
def test_a_foreign_token_is_refused(token: str) -> None:
    with pytest.raises(MlflowException, match="Begin without a token") as caught:
        decode_token(token, "after")

    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
