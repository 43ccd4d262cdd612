"""What the routes ask of a node.

Knows the questions and their types. Refuses to know who answers them: the gateway's node does, and in
tests a small fake.
"""

from collections.abc import Sequence
from typing import Protocol

from hubbub.domain.cards import HubCard, RoomState
from hubbub.domain.identity import Credentials
from hubbub.domain.refusals import Code
from hubbub.domain.state import ModeWord
from hubbub.protocol.frames import Append, History
from hubbub.protocol.outbound import Ack, HistoryPage, RoomCard


class Node(Protocol):
    """A node as HTTP sees it; every call has a deadline of its own and raises Refused."""

    @property
    def is_ready(self) -> bool:
        """Started, and not draining."""

    async def store_answers(self) -> bool:
        """Whether the store answers now."""

    def metrics(self) -> str:
        """The node's numbers, in the text format of Prometheus."""

    def refused(self, code: Code) -> None:
        """Counts a refusal that was told."""

    async def execute(self, caller: Credentials, command: Append) -> Ack:
        """Carries out a command that appends; decided, numbered and durable when it returns."""

    async def history(self, caller: Credentials, command: History) -> HistoryPage:
        """A page of a room's log, its entries as JSON."""

    async def hubs(self, caller: Credentials) -> Sequence[HubCard]:
        """The hubs that the caller may see."""

    async def rooms(self, caller: Credentials, hub: str) -> Sequence[RoomCard]:
        """The rooms of a hub that the caller may read, as in `watching`."""

    async def create_room(
        self,
        caller: Credentials,
        hub: str,
        room: str,
        title: str,
        mode: ModeWord,
        topic: str | None,
        discussion: str | None,
    ) -> RoomState:
        """Makes a room; `room` and `discussion` are addresses in the hub. Returns its state."""

    async def admit_owner(self, caller: Credentials, room: str, deed: str) -> None:
        """Returns if the caller owns the hub of a room that is there; `deed` is what they want to do."""
