"""A connection in a room, with a cursor: what has been written to it so far."""

from typing import TYPE_CHECKING

from hubbub.domain.cards import RightsCard

if TYPE_CHECKING:
    from hubbub.gateway.connection import GatewayProtocol


class Subscription:
    """The entries up to `cursor` have been handed to the connection; nothing is queued for it.

    A join makes a new one, so that what still runs for an old one can see that it is closed.
    """

    __slots__ = (
        "connection",
        "cursor",
        "first",
        "is_catching_up",
        "is_held",
        "is_open",
        "missed_presence",
        "rights",
    )

    def __init__(self, connection: "GatewayProtocol", cursor: int, first: int, rights: RightsCard) -> None:
        self.connection = connection
        self.cursor = cursor
        self.first = first
        self.rights = rights
        self.is_open = True
        self.is_catching_up = False
        self.is_held = False
        self.missed_presence = False

    def may_be_fed(self) -> bool:
        """Whether it takes what follows its cursor now."""
        return self.is_open and not self.is_held and self.connection.is_writable
