"""What is told at most once and never stored in a log: presence, typing, and what has been seen.

Knows which rooms have something to tell, and tells it at the node's beat: to the readers here, to the
other nodes, and to the store for those who come later. Refuses to know sockets.
"""

from typing import TYPE_CHECKING, Any

import msgspec

from hubbub.domain import limits
from hubbub.domain.identity import Role
from hubbub.domain.rights import may_publish, role_of
from hubbub.gateway import presence
from hubbub.gateway.presence import Card
from hubbub.protocol import frames
from hubbub.roomlog import envelope
from hubbub.roomlog.attendance import Attendance, News
from hubbub.roomlog.client import OutcomeUnknown, StoreUnavailable

if TYPE_CHECKING:
    from hubbub.gateway.connection import GatewayProtocol
    from hubbub.gateway.node import Node
    from hubbub.gateway.room import Room

SEEN_MOVES = 50_000
"""Positions waiting to be written; beyond that the newest are dropped, as ephemeral things may be."""


class Ephemera:
    """Presence, typing and seen positions of all rooms of a node."""

    def __init__(self, node: "Node") -> None:
        self._node = node
        self._attendance = Attendance(node.store, node.name)
        self._stirred: set[Room] = set()
        self._typed_here: dict[Room, dict[str, dict[str, str]]] = {}
        self._moves: dict[str, dict[tuple[str, str], tuple[int, int]]] = {}

    # -- What happens here -----------------------------------------------------------------------

    def stir(self, room: "Room") -> None:
        """Somebody came or went."""
        self._stirred.add(room)

    def typing(self, room: "Room", connection: "GatewayProtocol") -> None:
        """Somebody types; dropped in a big room, and from those who may not publish."""
        if room.presence.count > limits.TYPING_PEOPLE:
            return
        who = room.standing_of(connection.identity.id, connection.token_role(room.hub.name))
        if may_publish(room.state, who):
            card = connection.identity.card()
            shown = {name: card[name] for name in card if name != "kind"}
            self._typed_here.setdefault(room, {})[connection.identity.id] = shown
            room.typers[connection.identity.id] = shown
            self._stirred.add(room)

    def seen(self, room: "Room", identity_id: str, first: int, seq: int) -> None:
        """Somebody has read up to `seq`; `first` is the head when they joined."""
        moves = self._moves.setdefault(room.hub.name, {})
        known = moves.get((room.address, identity_id))
        if known is not None:
            first, seq = min(first, known[0]), max(seq, known[1])
        elif len(moves) >= SEEN_MOVES:
            return
        moves[room.address, identity_id] = (first, seq)

    def heard(self, room: "Room", told: envelope.Told) -> None:
        """Another node tells of one of its rooms."""
        match told.kind:
            case "presence":
                joined, left = told.content
                cards = {id: presence.decode(card) for id, card in joined.items()}
                room.presence.heard(told.node, cards, left)
            case "typing":
                room.typers.update(told.content)
        self._stirred.add(room)

    # -- The beat --------------------------------------------------------------------------------

    async def tell(self) -> None:
        """Pushes what changed since the last beat; raises StoreUnavailable or OutcomeUnknown."""
        stirred, self._stirred = self._stirred, set()
        typed, self._typed_here = self._typed_here, {}
        news = []
        for room in stirred:
            self._push_presence(room)
            self._push_typing(room)
            news.append(self._news(room, typed.get(room, {})))
        await self._attendance.tell(news, self._node.clock.now_ms())

    async def write_seen(self) -> None:
        """Writes the positions that have moved; on failure they wait for the next beat."""
        moves_by_hub, self._moves = self._moves, {}
        for hub, moves in moves_by_hub.items():
            flat = [(room, id, first, seq) for (room, id), (first, seq) in moves.items()]
            for start in range(0, len(flat), limits.BATCH_COMMANDS):
                try:
                    await self._node.log.seen(hub, flat[start : start + limits.BATCH_COMMANDS])
                except (StoreUnavailable, OutcomeUnknown):
                    for room, id, first, seq in flat[start:]:
                        self._moves.setdefault(hub, {}).setdefault((room, id), (first, seq))
                    return

    def _push_presence(self, room: "Room") -> None:
        joined, left = room.presence.changes()
        if not joined and not left and room.presence.count == room.shown_count:
            return
        room.shown_count = room.presence.count
        bare = frames.Presence(room=room.address, count=room.presence.count)
        named = msgspec.structs.replace(
            bare,
            joined=[card_shown(room, card) for card in joined],
            left=[{"id": card.identity.id} for card in left],
        )
        is_big = room.presence.count > limits.PRESENCE_NAMES_PEOPLE
        for subscription in list(room.subscriptions.values()):
            may_see = not is_big and may_see_names(room, subscription.connection)
            subscription.connection.send_if_reading(named if may_see else bare)
            subscription.missed_presence |= not subscription.connection.is_writable

    @staticmethod
    def _push_typing(room: "Room") -> None:
        typers, room.typers = room.typers, {}
        people = room.presence.everybody if typers else {}
        shown = [card for id, card in typers.items() if id not in people or not people[id].is_quiet]
        if shown and room.presence.count <= limits.TYPING_PEOPLE:
            push = frames.TypingPush(room=room.address, who=shown[: limits.TYPING_NAMES])
            for subscription in list(room.subscriptions.values()):
                subscription.connection.send_if_reading(push)

    @staticmethod
    def _news(room: "Room", typed: dict[str, dict[str, str]]) -> News:
        joined, left = room.presence.news_for_peers()
        return News(room.address, {id: presence.encode(card) for id, card in joined.items()}, left, typed)

    # -- What the store holds --------------------------------------------------------------------

    async def renew(self, rooms: list["Room"]) -> None:
        """Says again who is here, and reads who is elsewhere; at every check."""
        for room in rooms:
            cards = {id: presence.encode(card) for id, card in room.presence.here().items()}
            await self._attendance.renew(room.address, cards, self._node.clock.now_ms())
            await self.read_peers(room)

    async def read_peers(self, room: "Room") -> None:
        """Reads who is in a room on the other nodes."""
        found = await self._attendance.elsewhere(room.address, self._node.clock.now_ms())
        people: dict[str, dict[str, Card]] = {}
        for node, packed in found.items():
            cards = [presence.decode(card) for card in packed]
            people[node] = {card.identity.id: card for card in cards}
        room.presence.read(people)
        self._stirred.add(room)

    async def counts(self, rooms: list[str]) -> dict[str, int]:
        """How many people are in each room of one hub that this node does not have open."""
        return await self._attendance.counts(rooms, self._node.clock.now_ms())


def may_see_names(room: "Room", connection: "GatewayProtocol") -> bool:
    """Names are for everybody in an agora, and for moderators elsewhere."""
    if room.state.mode == "agora":
        return True
    token = connection.token_role(room.hub.name)
    return room.standing_of(connection.identity.id, token).role >= Role.MODERATOR


def card_shown(room: "Room", card: Card) -> dict[str, Any]:
    """Somebody in a room as the wire shows them, with their role now."""
    role = role_of(room.hub.state, card.identity.id, card.token, room.hub.node.clock.now_ms())
    return {**card.identity.card(), "role": role.word}
