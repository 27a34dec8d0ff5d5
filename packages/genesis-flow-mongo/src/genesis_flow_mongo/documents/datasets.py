"""Datasets as documents."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from bson.binary import Binary
from mlflow.entities import Dataset

from genesis_flow_mongo.schema import ids

if TYPE_CHECKING:
    from collections.abc import Mapping

# In characters. MLflow allows a profile of 16 MiB, as much as a whole document may have: so a text longer
# than this is stored compressed, a shorter one so that people can read it.
_READABLE = 64 * 1024


def dataset_to_document(experiment_id: str, dataset: Dataset) -> dict[str, Any]:
    """Return the document of a dataset of an experiment."""
    return {
        "_id": ids.dataset_id(experiment_id, dataset.name, dataset.digest),
        "experiment_id": experiment_id,
        "name": dataset.name,
        "digest": dataset.digest,
        "source_type": dataset.source_type,
        "source": dataset.source,
        "schema": _packed(dataset.schema),
        "profile": _packed(dataset.profile),
    }


def dataset_from_document(document: Mapping[str, Any]) -> Dataset:
    """Return the entity of a document."""
    return Dataset(
        name=document["name"],
        digest=document["digest"],
        source_type=document["source_type"],
        source=document["source"],
        schema=_unpacked(document["schema"]),
        profile=_unpacked(document["profile"]),
    )


def _packed(text: str | None) -> str | Binary | None:
    if text is None or len(text) <= _READABLE:
        return text
    return Binary(zlib.compress(text.encode()))


def _unpacked(stored: str | bytes | None) -> str | None:
    return zlib.decompress(stored).decode() if isinstance(stored, bytes) else stored
