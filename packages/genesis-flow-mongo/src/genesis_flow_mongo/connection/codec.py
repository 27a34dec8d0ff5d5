"""How BSON becomes Python: as plain types, so that nothing of the driver shows in MLflow's entities."""

from __future__ import annotations

from typing import Any

from bson.codec_options import CodecOptions, TypeDecoder, TypeRegistry
from bson.int64 import Int64


class _PlainInt(TypeDecoder):
    """Reads a 64-bit integer as an int: the driver's own subclass of it is more than YAML can write."""

    bson_type = Int64

    def transform_bson(self, value: Any) -> int:
        """Return the plain integer."""
        return int(value)


OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(type_registry=TypeRegistry([_PlainInt()]))
"""The codec options of every database that we open."""
