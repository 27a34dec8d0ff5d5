"""The address of an embedded MongoDB: `mongodb+embedded:///absolute/dir`, or relative."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from genesis_flow.embedded.errors import EmbeddedError

SCHEME = "mongodb+embedded"
DATABASE = "mlflow"


@dataclass(frozen=True)
class EmbeddedUri:
    """A data directory and the driver's options.

    Attributes:
        data_dir: absolute, symbolic links resolved, so that two spellings of one directory are one server.
        options: `key=value` pairs for pymongo, in the order given; ours (`genesis…`) are left out.
    """

    data_dir: Path
    options: tuple[str, ...] = ()

    @classmethod
    def parse(cls, uri: str) -> EmbeddedUri:
        """Read `mongodb+embedded:///abs`, `mongodb+embedded:rel`, `…://./rel`, `…://~/below-home`.

        Percent-escapes are decoded; a `?` or `#` in the directory's name must be escaped.

        Raises:
            EmbeddedError: INVALID_PARAMETER_VALUE, when the scheme is another one, when a host is
                given, or when no directory is.
        """
        parts = urlsplit(uri)
        if parts.scheme != SCHEME:
            raise EmbeddedError(
                "INVALID_PARAMETER_VALUE",
                f"An embedded MongoDB is addressed as {SCHEME}:///absolute/dir; the scheme found is "
                f"{parts.scheme!r}.",
            )
        if parts.netloc not in {"", ".", "..", "~"}:
            raise EmbeddedError(
                "INVALID_PARAMETER_VALUE",
                f"{SCHEME}:// names a directory, not a host. Write three slashes for an absolute directory "
                f"({SCHEME}:///data/mlflow) or {SCHEME}:data/mlflow for a relative one.",
            )
        path = unquote(parts.netloc + parts.path)
        if not path or "\0" in path:
            raise EmbeddedError(
                "INVALID_PARAMETER_VALUE",
                f"The URI names no directory. Write {SCHEME}:///absolute/dir or {SCHEME}:relative/dir.",
            )
        options = tuple(o for o in parts.query.split("&") if o and not o.lower().startswith("genesis"))
        return cls(_absolute(path), options)

    @classmethod
    def of(cls, data_dir: str) -> EmbeddedUri:
        """Address a directory by its path.

        Raises:
            EmbeddedError: INVALID_PARAMETER_VALUE, when the path leads nowhere.
        """
        return cls(_absolute(data_dir))

    def __str__(self) -> str:
        query = f"?{'&'.join(self.options)}" if self.options else ""
        return f"{SCHEME}://{quote(str(self.data_dir))}{query}"

    def mongo_uri(self, socket: Path) -> str:
        """The plain `mongodb://` URI of the server that listens on `socket`."""
        query = "&".join(("directConnection=true", *self.options))
        return f"mongodb://{quote(str(socket), safe='')}/{DATABASE}?{query}"


def _absolute(path: str) -> Path:
    try:
        return Path(path).expanduser().resolve()
    except (RuntimeError, OSError) as exc:  # `~nobody`; a loop of links
        raise EmbeddedError(
            "INVALID_PARAMETER_VALUE",
            f"{path!r} does not lead to a directory: {exc}. Name an existing or new one.",
        ) from exc
