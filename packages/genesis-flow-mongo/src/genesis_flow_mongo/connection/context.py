"""StoreContext: all that a repository needs to know of where it works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genesis_flow_mongo.connection import clients, codec, profiles
from genesis_flow_mongo.connection.table import Table
from genesis_flow_mongo.connection.uri import StoreUri

if TYPE_CHECKING:
    from pymongo.database import Database

    from genesis_flow_mongo.connection.profiles import Profile

DEFAULT_WORKSPACE = "default"


class StoreContext:
    """One database, seen through one profile and one workspace; safe across forks and threads.

    Attributes:
        uri: The store's URI; showing it shows no password.
        profile: The engine's profile.
        workspace: The workspace that every root document is stamped with.
        shared: The schema document as it was when the store was opened: what all clients share.
    """

    def __init__(self, uri: StoreUri, profile: Profile) -> None:
        self.uri = uri
        self.profile = profile
        self.workspace = DEFAULT_WORKSPACE
        self.shared: dict[str, Any] = {}

    @classmethod
    def open(cls, store_uri: str) -> StoreContext:
        """Connect to the database of a store URI; one round trip, none when the profile is known.

        Raises:
            pymongo.errors.PyMongoError: If the server cannot be reached or refuses the credentials.
        """
        uri = StoreUri.parse(store_uri)
        if uri.profile:
            return cls(uri, profiles.named(uri.profile))
        profile = profiles.by_address(uri.address)
        return cls(uri, profile or profiles.by_hello(clients.client_of(uri).admin.command("hello")))

    def database(self) -> Database[dict[str, Any]]:
        """Return the driver's database, of this very process."""
        return clients.client_of(self.uri).get_database(self.uri.database, codec_options=codec.OPTIONS)

    def table(self, name: str) -> Table:
        """Return the verbs over one collection."""
        return Table(self, name)
