"""Page tokens of search_logged_models: they say which search they belong to, as MLflow's own do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genesis_flow_mongo.compat import LoggedModelsToken
from genesis_flow_mongo.query.tokens import decode_token, encode_token

if TYPE_CHECKING:
    from collections.abc import Sequence

_PARTS = ("experiment_ids", "filter_string", "order_by")


def model_token(
    after: str | None,
    experiment_ids: Sequence[str],
    filter_string: str | None,
    order_by: list[dict[str, Any]] | None,
) -> str | None:
    """Return the token of a search that goes on `after` a position, None when it does not go on."""
    if after is None:
        return None
    return encode_token(
        {
            "experiment_ids": list(experiment_ids),
            "filter_string": filter_string,
            "order_by": order_by,
            "after": after,
        }
    )


def position_of(
    token: str | None,
    experiment_ids: Sequence[str],
    filter_string: str | None,
    order_by: list[dict[str, Any]] | None,
) -> str | None:
    """Return the position that a token stands for, None without one.

    Raises:
        MlflowException: INVALID_PARAMETER_VALUE if it is none of ours, or belongs to another search.
    """
    if not token:
        return None
    mark = decode_token(token, *_PARTS, "after")
    LoggedModelsToken(*(mark[part] for part in _PARTS)).validate(
        list(experiment_ids), filter_string, order_by
    )
    return str(mark["after"])
