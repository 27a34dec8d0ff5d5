"""A store URI, taken apart: what is ours, what is the driver's."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from mlflow.exceptions import MlflowException

from genesis_flow.redaction import redact

DEFAULT_DATABASE = "mlflow"
EMBEDDED_SCHEME = "mongodb+embedded"
_OWN_PREFIX = "genesis"
_OWN_OPTIONS = ("genesisProfile", "genesisArtifactRoot")


@dataclass(frozen=True)
class StoreUri:
    """A store URI without our own options.

    Attributes:
        address: What pymongo (or the embedded launcher) is given; may hold a password, so it is not shown.
        database: Name of the database, `mlflow` unless the path names one.
        profile: The engine that the user named, or None to detect it.
        artifact_root: The artifact root that the user named, or None.
    """

    address: str = field(repr=False)
    database: str
    profile: str | None = None
    artifact_root: str | None = None

    @property
    def embedded(self) -> bool:
        """Whether the server is a private one, to be started on a directory."""
        return self.address.startswith(EMBEDDED_SCHEME + ":")

    def __str__(self) -> str:
        """The URI as it may be shown to people: credentials are redacted."""
        return redact(self.address)

    @classmethod
    def parse(cls, uri: str) -> StoreUri:
        """Take a `mongodb`, `mongodb+srv` or `mongodb+embedded` URI apart.

        Raises:
            MlflowException: INVALID_PARAMETER_VALUE for an option with our prefix that we do not know.
        """
        base, _, query = uri.partition("?")
        own: dict[str, str] = {}
        kept = []
        for option in filter(None, query.split("&")):
            name, _, value = option.partition("=")
            if name.startswith(_OWN_PREFIX):
                own[name] = unquote(value)
            else:
                kept.append(option)
        unknown = sorted(set(own) - set(_OWN_OPTIONS))
        if unknown:
            raise MlflowException.invalid_parameter_value(
                f"Unknown option {', '.join(unknown)} in {redact(uri)}. Known are: {', '.join(_OWN_OPTIONS)}."
            )
        return cls(
            address=base + ("?" + "&".join(kept) if kept else ""),
            database=_database_of(base),
            profile=own.get("genesisProfile"),
            artifact_root=own.get("genesisArtifactRoot"),
        )


def _database_of(base: str) -> str:
    parts = urlsplit(base)
    if parts.scheme == EMBEDDED_SCHEME:
        return DEFAULT_DATABASE
    return unquote(parts.path.strip("/")) or DEFAULT_DATABASE
