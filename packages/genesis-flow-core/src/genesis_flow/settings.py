"""Every environment variable that Genesis-Flow reads, with its type, default and meaning.

This is the one door through which the environment enters: no other module reads ``os.environ``. A setting is
read anew at each `Setting.get`, so a program may change its environment; an empty value counts as not set.
The table in ``docs/settings.md`` and ``genesis-flow settings`` both come from `SETTINGS`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar
from urllib.parse import quote

from genesis_flow.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "CONNECT_TIMEOUT",
    "DATA",
    "DEFAULT_ARTIFACT_ROOT",
    "EMBEDDED_CACHE",
    "EMBEDDED_GRACE",
    "EMBEDDED_START_TIMEOUT",
    "MONGOD",
    "OPERATION_TIMEOUT",
    "POOL_SIZE",
    "RUNTIME_DIR",
    "SETTINGS",
    "TRACKING_URI",
    "Setting",
    "default_tracking_uri",
]

T = TypeVar("T")


@dataclass(frozen=True)
class Setting(Generic[T]):
    """One environment variable.

    Attributes:
        name: The variable's name.
        default: What `get` answers when the variable is not set.
        form: The expected form, as a phrase that completes "expected ...".
        help: What the setting does, one sentence.
        parse: Turns the text into the value; raises ValueError when it cannot.
    """

    name: str
    default: T
    form: str
    help: str
    parse: Callable[[str], T]

    def get(self) -> T:
        """Return the variable's value, or the default when it is not set.

        Raises:
            MlflowException: (INVALID_PARAMETER_VALUE) if the value is not of the expected form. The text
                names the variable, the form and the default, and holds no secret.
        """
        text = self.text()
        if text is None:
            return self.default
        try:
            return self.parse(text)
        except ValueError:
            self._refuse(text)

    def text(self) -> str | None:
        """Return the variable as it stands in the environment, unchecked; None when it is not set."""
        return os.environ.get(self.name) or None

    def _refuse(self, text: str) -> NoReturn:
        # Imported here, because `import genesis_flow` must not load mlflow.
        from mlflow.exceptions import MlflowException
        from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

        raise MlflowException(
            f"The environment variable {self.name} is {redact(text)!r}: expected {self.form}. "
            f"Change it, or unset it to get the default ({self.default}).",
            error_code=INVALID_PARAMETER_VALUE,
        ) from None


def _seconds(text: str) -> float:
    value = float(text)
    # Excludes NaN too: every comparison with it is false.
    if not 0 < value <= _MOST_SECONDS:
        raise ValueError(text)
    return value


def _gigabytes(text: str) -> float:
    value = float(text)
    # mongod's own limits.
    if not 0.25 <= value <= 10_000:  # noqa: PLR2004 - the numbers are named in `form`
        raise ValueError(text)
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value


# A day: a longer wait is surely a unit mistaken (milliseconds).
_MOST_SECONDS = 86_400

TRACKING_URI: Setting[str | None] = Setting(
    name="MLFLOW_TRACKING_URI",
    default=None,
    form="a URI",
    help="MLflow's own variable: where runs are stored. `import genesis_flow as mlflow` sets it to an "
    "embedded MongoDB in GENESIS_FLOW_DATA when it is not set.",
    parse=str,
)
DATA: Setting[str] = Setting(
    name="GENESIS_FLOW_DATA",
    default="./genesis-flow-data",
    form="a directory",
    help="Directory of the embedded MongoDB that the façade uses when no tracking URI is set.",
    parse=str,
)
DEFAULT_ARTIFACT_ROOT: Setting[str | None] = Setting(
    name="MLFLOW_DEFAULT_ARTIFACT_ROOT",
    default=None,
    form="a URI or a directory",
    help="MLflow's own variable: root of the artifacts of new experiments. The URI option "
    "`genesisArtifactRoot` goes before it; without either it is `./mlartifacts`.",
    parse=str,
)
MONGOD: Setting[str | None] = Setting(
    name="GENESIS_FLOW_MONGOD",
    default=None,
    form="the path of a mongod program",
    help="The mongod that the embedded MongoDB runs; else `mongod` on PATH, else the extra `embedded`'s.",
    parse=str,
)
RUNTIME_DIR: Setting[str | None] = Setting(
    name="GENESIS_FLOW_RUNTIME_DIR",
    default=None,
    form="a directory with a short path",
    help="Directory of the embedded MongoDB's sockets; else `/tmp/genesis-flow-UID`. "
    "No other user may enter it.",
    parse=str,
)
EMBEDDED_CACHE: Setting[float] = Setting(
    name="GENESIS_FLOW_EMBEDDED_CACHE",
    default=0.25,
    form="a number of gigabytes from 0.25 to 10000",
    help="Cache of the embedded MongoDB, in gigabytes. Read by the process that starts the server.",
    parse=_gigabytes,
)
EMBEDDED_GRACE: Setting[float] = Setting(
    name="GENESIS_FLOW_EMBEDDED_GRACE",
    default=5.0,
    form="a number of seconds above 0 and up to 86400",
    help="How long, in seconds, the embedded MongoDB goes on after its last user has left, so that the next "
    "script finds it warm. Read by the process that starts the server.",
    parse=_seconds,
)
EMBEDDED_START_TIMEOUT: Setting[float] = Setting(
    name="GENESIS_FLOW_EMBEDDED_START_TIMEOUT",
    default=60.0,
    form="a number of seconds above 0 and up to 86400",
    help="Longest wait, in seconds, for an embedded MongoDB that starts; after a crash it has to recover.",
    parse=_seconds,
)
CONNECT_TIMEOUT: Setting[float] = Setting(
    name="GENESIS_FLOW_CONNECT_TIMEOUT",
    default=10.0,
    form="a number of seconds above 0 and up to 86400",
    help="Longest wait, in seconds, for a server that can be written to.",
    parse=_seconds,
)
OPERATION_TIMEOUT: Setting[float] = Setting(
    name="GENESIS_FLOW_OPERATION_TIMEOUT",
    default=60.0,
    form="a number of seconds above 0 and up to 86400",
    help="Longest time, in seconds, that one store operation may take, its retries included.",
    parse=_seconds,
)
POOL_SIZE: Setting[int] = Setting(
    name="GENESIS_FLOW_POOL_SIZE",
    default=8,
    form="a whole number of at least 1",
    help="Most connections that one process opens to each server.",
    parse=_count,
)

SETTINGS: tuple[Setting[str] | Setting[str | None] | Setting[float] | Setting[int], ...] = (
    TRACKING_URI,
    DATA,
    DEFAULT_ARTIFACT_ROOT,
    MONGOD,
    RUNTIME_DIR,
    EMBEDDED_CACHE,
    EMBEDDED_GRACE,
    EMBEDDED_START_TIMEOUT,
    CONNECT_TIMEOUT,
    OPERATION_TIMEOUT,
    POOL_SIZE,
)


def default_tracking_uri() -> str:
    """Return the URI of the embedded MongoDB in `DATA`, as an absolute path; it need not exist yet."""
    return f"mongodb+embedded://{quote(str(Path(DATA.get()).expanduser().absolute()))}"
