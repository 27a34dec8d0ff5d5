"""Ids: the one place where randomness enters, and where a document's `_id` is derived.

Uniqueness rests on `_id` alone, the only index that every engine guarantees; and every `_id` is chosen by the
client, so that an insert can be sent twice. Parts of composed ids are hashed where people choose them, since
Cosmos DB wants ids short and without slashes.
"""

from __future__ import annotations

import uuid
from hashlib import blake2b


def random_hex() -> str:
    """Return 32 random hexadecimal digits: the form of MLflow's run ids."""
    return uuid.uuid4().hex


def digest(*parts: str) -> str:
    """Return 32 hexadecimal digits that stand for these strings, in this order."""
    hashed = blake2b(digest_size=16)
    for part in parts:
        encoded = part.encode()
        # The length keeps ("ab", "c") apart from ("a", "bc").
        hashed.update(len(encoded).to_bytes(4, "big"))
        hashed.update(encoded)
    return hashed.hexdigest()


def experiment_name_id(workspace: str, name: str) -> str:
    """Return the `_id` of the document that reserves an experiment's name."""
    return "name:" + digest(workspace, name)


def registered_model_id(workspace: str, name: str) -> str:
    """Return the `_id` of a registered model; MLflow allows neither `:` nor `/` in its name."""
    return f"{workspace}:{name}"


def model_version_id(workspace: str, name: str, version: int) -> str:
    """Return the `_id` of a model version."""
    return f"{workspace}:{name}:{version}"


def dataset_id(experiment_id: str, name: str, dataset_digest: str) -> str:
    """Return the `_id` of a dataset: MLflow holds these three to be its identity."""
    return digest(experiment_id, name, dataset_digest)
