"""Read-only views for people and BI tools: one document per key, as MLflow's SQL tables have it.

No code of ours reads them. Keys appear as stored, that is with dots and dollars percent-encoded.
"""

from __future__ import annotations

from typing import Any

from genesis_flow_mongo.schema.collections import RUNS


def _one_document_per_key(field: str, value: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"$project": {"experiment_id": 1, "workspace": 1, "pair": {"$objectToArray": f"${field}"}}},
        {"$unwind": "$pair"},
        {
            "$project": {
                "_id": 0,
                "workspace": 1,
                "experiment_id": 1,
                "run_id": "$_id",
                "key": "$pair.k",
                **value,
            }
        },
    ]


VIEWS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "params": (RUNS.name, _one_document_per_key("params", {"value": "$pair.v"})),
    "tags": (RUNS.name, _one_document_per_key("tags", {"value": "$pair.v"})),
    "latest_metrics": (
        RUNS.name,
        _one_document_per_key(
            "metrics", {"value": "$pair.v.v", "step": "$pair.v.s", "timestamp": "$pair.v.t"}
        ),
    ),
}
"""View name -> (source collection, pipeline)."""
