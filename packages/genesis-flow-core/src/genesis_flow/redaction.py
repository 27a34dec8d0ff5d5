"""Take credentials out of text before a person or a log sees it.

`redact` is for any text: a URI, a connection string, a driver's error, a header. It prefers to hide too much:
where a text can be read in two ways, the reading with a secret wins. What it keeps is what one needs to find
the fault: scheme, user, hosts, database and harmless options.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["MASK", "redact"]

MASK: Final = "***"

_MONGO = r"mongodb(?:\+\w+)?://"
_MONGO_URI = re.compile(rf"({_MONGO})(.*?)(?={_MONGO}|\n|$)", re.IGNORECASE)

# Options whose value often holds an `@` of its own (Azure writes `appName=@account@`). They end the part of a
# URI in which a password is looked for; else that `@` would be taken for its end, and the host be lost.
_AT_SIGN_OPTION = re.compile(r"[?&](?:appName|genesisArtifactRoot)=", re.IGNORECASE)

# A password should be percent-encoded, but the text at hand may be the very URI that was refused for not
# being so. Hence it ends at the last `@` of the word, over slashes and further `@`; or else of the line, over
# blanks, which pymongo allows, unless it begins like a port.
_MONGO_PASSWORD = re.compile(r"\A([^\s:]*:)(?:\S*(?=@)|(?!\d{1,5}(?:[\s,/?]|$)).*(?=@))")

# Outside MongoDB the authority ends where RFC 3986 says, and a number after the colon is a port.
_USERINFO = re.compile(
    r"(?<!\w)(?!mongodb)([a-z][a-z0-9+.-]*://[^\s:/?#]*:)(?!\d{1,5}(?:[/?#\s]|$))\S*(?=@)", re.IGNORECASE
)

# `https://<token>@host`, as git hosts take it. Other schemes have no secret there: `wasbs://container@account`.
_HTTP_TOKEN = re.compile(r"(https?://)[^\s/?#:@]+(?=@)", re.IGNORECASE)

_NAMES = (
    r"(?:passw(?:or)?d|passphrase|pwd|secret|credential|auth_?mechanism_?properties"
    r"|(?:(?<![a-z_-])|(?<=%[\da-f][\da-f]))(?:pass|pw|sig|token)|(?:[?&]|x-amz-|x-goog-)signature"
    r"|(?:account|shared_?access|secret_?access|api|subscription)[_-]?key"
    r"|(?:access|auth|bearer|id|refresh|sas|session|security)[_-]?token)"
)
_SAS = r"shared_?access_?signature"

# `name=value` in a query or a connection string; the `=` may be percent-encoded. A SAS has `&` of its own.
_IS = r"\s*(?:=|%3D)\s*"
_PAIR = re.compile(rf"""({_NAMES}{_IS})[^\s&;"']+""", re.IGNORECASE)
_SAS_PAIR = re.compile(rf"""({_SAS}{_IS})[^\s;"']+""", re.IGNORECASE)

# `name="value"`, and `"name": "value"` of JSON and of Python's repr. Before a colon only a quoted name
# counts: in prose, `token:` begins a sentence.
_QUOTED_PAIR = re.compile(
    rf"""((?:(?:{_NAMES}|{_SAS}){_IS}|["'][\w.-]*(?:{_NAMES}|{_SAS})["']\s*:\s*)b?(["']))(?:\\.|(?!\2)[^\n])+""",
    re.IGNORECASE,
)

_HEADER = re.compile(
    r"""(\bauthorization["']?\s*[:=]\s*["']?(?:(?:basic|bearer|digest)\s+)?)[^\s"',;]+""", re.IGNORECASE
)
_BEARER = re.compile(r"(\bbearer\s+)[\w.~+/=-]{8,}", re.IGNORECASE)
_JWT = re.compile(r"()\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)*")

# The shape of every Azure Storage and Cosmos DB key: 64 bytes in base64.
_AZURE_KEY = re.compile(r"()(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86}==")

_HIDDEN_AFTER_GROUP_1 = (
    _USERINFO,
    _HTTP_TOKEN,
    _SAS_PAIR,
    _PAIR,
    _QUOTED_PAIR,
    _HEADER,
    _BEARER,
    _JWT,
    _AZURE_KEY,
)


def redact(text: str) -> str:
    """Return the text with every credential replaced by ``***``.

    Hidden are: passwords of URIs (raw or percent-encoded, one host or many; the user name stays), tokens
    before the ``@`` of an http URI, secret options and items (``sig=``, ``AccountKey=``, ``password=``,
    ``SharedAccessSignature=``, ``authMechanismProperties=``, ``"token": "..."``, ...), ``Authorization``
    headers, bearer tokens, JWTs, and Azure account keys standing alone. Redacting twice is the same as once.

    Example:
        >>> redact("mongodb://ann:s3cret@db1:27017,db2:27017/ml?replicaSet=rs")
        'mongodb://ann:***@db1:27017,db2:27017/ml?replicaSet=rs'
        >>> redact("AccountName=lake;AccountKey=bWFzaw==;EndpointSuffix=core.windows.net")
        'AccountName=lake;AccountKey=***;EndpointSuffix=core.windows.net'
    """
    # A mask may uncover a secret to another pattern, so until nothing changes. It ends: each turn leaves
    # fewer characters that are not of a mask.
    while (shown := _pass(text)) != text:
        text = shown
    return text


def _pass(text: str) -> str:
    text = _MONGO_URI.sub(_without_mongo_password, text)
    for pattern in _HIDDEN_AFTER_GROUP_1:
        text = pattern.sub(rf"\g<1>{MASK}", text)
    return text


def _without_mongo_password(match: re.Match[str]) -> str:
    scheme, rest = match.groups()
    option = _AT_SIGN_OPTION.search(rest)
    end = option.start() if option else len(rest)
    return scheme + _MONGO_PASSWORD.sub(rf"\g<1>{MASK}", rest[:end]) + rest[end:]
