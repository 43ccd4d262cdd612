"""What is told at most once and never stored in a log: presence, typing, and what has been seen.

Knows which rooms have something to tell, and tells it at the node's beat: to the readers here, to the
other nodes, and to the store for those who come later. Refuses to know sockets, and how nodes keep
each other's people (neighbours).
"""

import asyncio
from itertools import islice
from typing import TYPE_CHECKING, assert_never

from hubbub.domain import limits
from hubbub.domain.cards import Gone, Named, Present
from hubbub.domain.identity import Role
from hubbub.domain.rights import may_publish, role_of
from hubbub.gateway.neighbours import Neighbours
from hubbub.gateway.presence import Card
from hubbub.gateway.push import Push, pause_seconds
from hubbub.gateway.turns import Turn
from hubbub.protocol import frames
from hubbub.roomlog import envelope
from hubbub.roomlog.client import OutcomeUnknown, StoreUnavailable

if TYPE_CHECKING:
    from hubbub.gateway.connection import GatewayProtocol
    from hubbub.gateway.hub import Hub
    from hubbub.gateway.node import Node
    from hubbub.gateway.room import Room

SEEN_MOVES = 50_000
"""Positions waiting to be written; beyond that the newest are dropped, as ephemeral things may be."""


class Ephemera:
    """Presence, typing and seen positions of all rooms of a node."""

    def __init__(self, node: "Node") -> None:
        self._node = node
        self.neighbours = Neighbours(node, self.stir)
        self._stirred: set[Room] = set()
        self._typed_here: dict[Room, dict[str, Named]] = {}
        self._moves: dict[str, dict[tuple[str, str], tuple[int, int]]] = {}
        self._writing = asyncio.Lock()  # who asks for a write gets also what another one has under way

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
            shown: Named = {"id": card["id"]}
            if "name" in card:
                shown["name"] = card["name"]
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

    def heard(self, hub: "Hub", told: envelope.Told) -> None:
        """Another node tells of one of its rooms."""
        room = hub.room_at(told.room)
        match told.kind:
            case "presence":
                self.neighbours.heard(hub, room, told)
            case "typing":
                if room is not None:
                    room.typers.update(told.content)
            case _:
                assert_never(told.kind)
        if room is not None:
            self._stirred.add(room)

    # -- The beat --------------------------------------------------------------------------------

    async def tell(self) -> None:
        """Pushes what changed since the last beat; raises StoreUnavailable or OutcomeUnknown."""
        stirred, self._stirred = self._stirred, set()
        typed, self._typed_here = self._typed_here, {}
        turn = Turn()
        for room in stirred:
            await self._push_presence(room, turn)
            await self._push_typing(room, turn)
            await turn.pause()
        await self.neighbours.tell(stirred, typed)

    async def _push_presence(self, room: "Room", turn: Turn) -> None:
        people, now = room.presence, asyncio.get_running_loop().time()
        is_big = people.count > limits.PRESENCE_NAMES_PEOPLE
        if is_big and now < room.shown_next_at:
            self._stirred.add(room)
            return
        joined, left = people.changes()
        if people.count == room.shown_count and (is_big or not (joined or left)):
            return
        room.shown_count, room.shown_next_at = people.count, now + pause_seconds(len(room.subscriptions))
        bare = named = Push(frames.Presence(room=room.address, count=people.count))
        if not is_big:
            came = [card_shown(room, card) for card in joined]
            went: list[Gone] = [{"id": card.identity.id} for card in left]
            frame = frames.Presence(room=room.address, count=people.count, joined=came, left=went)
            named = Push(frame)
        for subscription in list(room.subscriptions.values()):
            if subscription.is_open:
                may_see = not is_big and may_see_names(room, subscription.connection)
                is_told = (named if may_see else bare).to(subscription.connection)
                subscription.missed_presence |= not is_told
                await turn.pause()

    @staticmethod
    async def _push_typing(room: "Room", turn: Turn) -> None:
        typers, room.typers = room.typers, {}
        shown = [card for id, card in typers.items() if not room.presence.is_hushed(id)]
        if shown and room.presence.count <= limits.TYPING_PEOPLE:
            push = Push(frames.TypingPush(room=room.address, who=shown[: limits.TYPING_NAMES]))
            for subscription in list(room.subscriptions.values()):
                if subscription.is_open:
                    push.to(subscription.connection)
                    await turn.pause()

    async def write_seen(self) -> None:
        """Writes the positions that have moved; on failure they wait for the next beat."""
        async with self._writing:
            await self._write_moves()

    async def _write_moves(self) -> None:
        for hub, moves in list(self._moves.items()):
            while moves:
                some = dict(islice(moves.items(), limits.BATCH_COMMANDS))
                for place in some:
                    del moves[place]
                try:
                    await self._node.log.seen(hub, [(*place, *move) for place, move in some.items()])
                except (StoreUnavailable, OutcomeUnknown):
                    waiting = self._moves.setdefault(hub, moves)
                    for place, move in some.items():
                        waiting.setdefault(place, move)
                    return
            self._moves.pop(hub, None)


def may_see_names(room: "Room", connection: "GatewayProtocol") -> bool:
    """Names are for everybody in an agora, and for moderators elsewhere."""
    if room.state.mode == "agora":
        return True
    token = connection.token_role(room.hub.name)
    return room.standing_of(connection.identity.id, token).role >= Role.MODERATOR


def card_shown(room: "Room", card: Card) -> Present:
    """Somebody in a room as the wire shows them, with their role now."""
    role = role_of(room.hub.state, card.identity.id, card.token, room.hub.node.clock.now_ms())
    return {**card.identity.card(), "role": role.word}
