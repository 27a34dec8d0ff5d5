from __future__ import annotations

import pytest
from bson.errors import InvalidDocument
from mlflow.exceptions import MlflowException
from pymongo import errors as driver

from genesis_flow_mongo.connection.errors import driver_errors, translate


@pytest.mark.parametrize(
    ("raised", "code", "text"),
    [
        (
            driver.ServerSelectionTimeoutError("h:1: refused, Timeout: 3s, Topology <…>"),
            "TEMPORARILY_UNAVAILABLE",
            "h:1: refused. Is",
        ),
        (driver.AutoReconnect("reset"), "TEMPORARILY_UNAVAILABLE", "was lost: reset"),
        (
            driver.OperationFailure("no", 18, {"errmsg": "Authentication failed."}),
            "PERMISSION_DENIED",
            "Authentication",
        ),
        (
            driver.OperationFailure("x", 16500, {"errmsg": "RetryAfterMs=3"}),
            "REQUEST_LIMIT_EXCEEDED",
            "throttling",
        ),
        (driver.OperationFailure("x", 50, {"errmsg": "too slow"}), "TEMPORARILY_UNAVAILABLE", "too slow"),
        (driver.OperationFailure("x", 17419, {"errmsg": "too big"}), "INVALID_PARAMETER_VALUE", "too big"),
        (driver.OperationFailure("x", 9, {"errmsg": "odd"}), "INTERNAL_ERROR", "code 9: odd"),
        (
            driver.BulkWriteError({"writeErrors": [{"code": 10334, "errmsg": "first"}]}),
            "INVALID_PARAMETER_VALUE",
            "first",
        ),
        (driver.ConfigurationError("odd option"), "INVALID_PARAMETER_VALUE", "odd option"),
        (InvalidDocument("no NUL"), "INVALID_PARAMETER_VALUE", "no NUL"),
        (driver.PyMongoError("odd"), "INTERNAL_ERROR", "odd"),
    ],
)
def test_each_driver_error_has_mlflows_code_and_what_the_server_said(
    raised: Exception, code: str, text: str
) -> None:
    translated = translate(raised)

    assert translated.error_code == code
    assert text in str(translated)


def test_an_answer_is_not_repeated_whole() -> None:
    answer = {"errmsg": "odd", "code": 9, "documents": ["p4ssword"]}

    assert "p4ssword" not in str(translate(driver.OperationFailure(f"odd, full error: {answer}", 9, answer)))


def test_credentials_are_hidden_wherever_they_stand() -> None:
    raised = driver.OperationFailure("x", 9, {"errmsg": "see mongodb://me:p4ssword@host/ml"})

    assert "p4ssword" not in str(translate(raised))


def test_a_store_lets_no_driver_error_through() -> None:
    @driver_errors
    class Store:
        def read(self) -> None:
            raise driver.AutoReconnect("reset")

        def refuse(self) -> None:
            raise KeyError("ours")

    with pytest.raises(MlflowException) as caught:
        Store().read()
    assert isinstance(caught.value.__cause__, driver.AutoReconnect)
    with pytest.raises(KeyError):
        Store().refuse()
