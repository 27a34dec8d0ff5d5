"""A private MongoDB below a directory, for one user, without a port: started, shared and ended by its users.

`join` is the whole interface; `genesis-flow embedded` is the same for people. See docs/embedded.md.
"""

from __future__ import annotations

from genesis_flow.embedded.membership import Membership, join

__all__ = ["Membership", "join"]
