"""No credential survives `redact`, and what is needed to find a fault does."""

from __future__ import annotations

import json
import string
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from genesis_flow.redaction import redact

# Begin and end of each secret under test: whatever stands between, neither may be seen afterwards.
_BEGIN, _END = "Qx7", "Zk9"

_PRINTABLE = st.characters(min_codepoint=0x21, max_codepoint=0x24F, exclude_categories=("C", "Z"))


def _secrets(alphabet: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.text(alphabet, max_size=12).map(lambda middle: _BEGIN + middle + _END)


def _assert_hidden(text: str) -> None:
    shown = redact(text)
    assert _BEGIN not in shown
    assert _END not in shown


@given(
    password=_secrets(_PRINTABLE),
    scheme=st.sampled_from(["mongodb", "mongodb+srv", "MongoDB"]),
    hosts=st.sampled_from(["db", "db1:27017,db2:27017,[::1]:27019", "%2Ftmp%2Fm.sock", "10.0.0.1:1"]),
    tail=st.sampled_from(["", "/", "/ml", "/ml?replicaSet=rs&appName=@acct@", "/?ssl=true"]),
    around=st.sampled_from(["{}", "cannot reach {}: refused", "'{}'", '{{"uri": "{}"}}', "{},{}"]),
)
@example(password="Qx7@Zk9", scheme="mongodb", hosts="db", tail="", around="{}")
@example(password="Qx7/?#@:Zk9", scheme="mongodb", hosts="db", tail="/ml?appName=@acct@", around="{}")
def test_a_raw_password_of_a_mongo_uri_never_survives(
    password: str, scheme: str, hosts: str, tail: str, around: str
) -> None:
    uri = f"{scheme}://ann:{password}@{hosts}{tail}"

    _assert_hidden(around.format(uri, uri))


@given(password=_secrets(st.characters(exclude_categories=("Cs",))))
def test_a_percent_encoded_password_never_survives_and_the_rest_does(password: str) -> None:
    address = "db1:27017,db2:27017/ml?replicaSet=rs&appName=@acct@"

    shown = redact(f"mongodb://ann:{quote(password, safe='')}@{address}")

    assert shown == f"mongodb://ann:***@{address}"


@given(
    password=_secrets(st.sampled_from(string.ascii_letters + string.digits + "@:!$&'()*+,;=-._~%")),
    scheme=st.sampled_from(["postgresql", "postgresql+psycopg2", "https", "http", "ftp", "amqps", "redis"]),
)
def test_a_password_of_any_other_uri_never_survives(password: str, scheme: str) -> None:
    _assert_hidden(f"see {scheme}://ann:{password}@host:5432/db?sslmode=require for more")


@given(password=_secrets(st.sampled_from(string.ascii_letters + " ")))
def test_a_password_with_blanks_which_pymongo_allows_never_survives(password: str) -> None:
    _assert_hidden(f"mongodb://ann:{password}@db/ml")


_SECRET_OPTIONS = [
    *(
        "sig",
        "token",
        "password",
        "AccountKey",
        "SharedAccessKey",
        "client_secret",
        "api-key",
        "access_token",
    ),
    *("tlsCertificateKeyFilePassword", "X-Amz-Signature", "AWS_SECRET_ACCESS_KEY", "authMechanismProperties"),
]


@given(
    name=st.sampled_from(_SECRET_OPTIONS),
    value=_secrets(st.sampled_from(string.ascii_letters + string.digits + "+/=:,.%-_")),
    form=st.sampled_from(
        ["https://h/c?{n}={v}&se=2030", "{n} = {v}; next", "{n}='{v}'", '"{n}": "{v}"', "{{'{n}': '{v}'}}"]
    ),
)
def test_a_secret_option_never_survives(name: str, value: str, form: str) -> None:
    _assert_hidden(form.format(n=name, v=value))


_PIECES = [
    *("mongodb://", "mongodb+srv://", "https://", "wasbs://", "ann", ":", "@", "db:27017", "/ml", "27017"),
    *("?appName=@a@", "&", "sig=", "AccountKey=", "SharedAccessSignature=", '"token": "', "Bearer ", "="),
    *("Authorization: ", "eyJhbGciOi.eyJzd.x", "***", "*", " ", "\n", ",", ";", '"', "'", "s3cret-value"),
]


@given(st.lists(st.sampled_from(_PIECES), max_size=12).map("".join))
@example("mongodb://https://mongodb://@")
def test_redacting_twice_is_the_same_as_once(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "mongodb://acct:bWFzaw==@acct.mongo.cosmos.azure.com:10255/?ssl=true&appName=@acct@",
            "mongodb://acct:***@acct.mongo.cosmos.azure.com:10255/?ssl=true&appName=@acct@",
        ),
        ("mongodb://me@corp.com:hunter2@db/ml", "mongodb://me@corp.com:***@db/ml"),
        (
            "from mongodb://a:x@h1/a to mongodb://b:y@h2/b",
            "from mongodb://a:***@h1/a to mongodb://b:***@h2/b",
        ),
        ("https://ghp_abcdef@github.com/o/r", "https://***@github.com/o/r"),
        (
            "DefaultEndpointsProtocol=https;AccountName=lake;AccountKey=abc+/d==;EndpointSuffix=core.windows.net",
            "DefaultEndpointsProtocol=https;AccountName=lake;AccountKey=***;EndpointSuffix=core.windows.net",
        ),
        (
            "BlobEndpoint=https://lake.blob.core.windows.net/;SharedAccessSignature=sv=2022&ss=b&sig=a%2Bb%3D;X=1",
            "BlobEndpoint=https://lake.blob.core.windows.net/;SharedAccessSignature=***;X=1",
        ),
        ("https://lake/c?sv=2022&sig=a%2Bb%3D&se=2030", "https://lake/c?sv=2022&sig=***&se=2030"),
        ("?redirect=https%3A%2F%2Fh%3Fsig%3Dabc", "?redirect=https%3A%2F%2Fh%3Fsig%3D***"),
        ("Authorization: Basic YW5uOnB3", "Authorization: Basic ***"),
        ("{'Authorization': 'Bearer abcdefgh'}", "{'Authorization': 'Bearer ***'}"),
        ("sent bearer abc.def-ghi", "sent bearer ***"),
        ("got eyJhbGciOiJI.eyJzdWIi.c2ln back", "got *** back"),
        ("key " + "A" * 86 + "== refused", "key *** refused"),
        (
            "mongodb://h/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:azure,TOKEN:x&tls=true",
            "mongodb://h/?authMechanism=MONGODB-OIDC&authMechanismProperties=***&tls=true",
        ),
    ],
)
def test_only_the_secret_is_hidden(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mongodb://localhost:27017/ml?replicaSet=rs",
        "mongodb://h1:27017,h2:27017/?appName=@acct@",
        "mongodb://ann@db/ml",
        "mongodb+embedded:///home/ann/genesis-flow-data",
        "mongodb://h:27017 is down; write to help@corp.com",
        "mongodb://h is down: write to help@corp.com",
        "http://localhost:5000/api/2.0/mlflow/runs/search",
        "see http://localhost:5000 or mail a@b.org",
        "wasbs://container@account.blob.core.windows.net/artifacts",
        "abfss://container@account.dfs.core.windows.net/artifacts",
        "models:/iris@champion",
        "Invalid page token: abc; page_token=abc, max_tokens=256",
        "signature=ModelSignature(inputs=None)",
        "Basic authentication is required, Bearer token missing",
        "run 'ab12' has no metric 'design=4' or tag 'assigned'",
    ],
)
def test_harmless_text_stays(text: str) -> None:
    assert redact(text) == text


def test_json_stays_json() -> None:
    text = json.dumps({"uri": "mongodb://ann:pw@db/ml", "token": "abc", "ok": True})

    assert json.loads(redact(text)) == {"uri": "mongodb://ann:***@db/ml", "token": "***", "ok": True}
