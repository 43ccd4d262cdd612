"""What is told at most once and never stored in a log: presence, typing, and what has been seen.

Knows which rooms have something to tell, and tells it at the node's beat: to the readers here, to the
other nodes over the hub's channel, to the store for those who come later. Refuses to know sockets.
"""

from typing import TYPE_CHECKING, Any

import msgspec

from hubbub.domain import limits
from hubbub.domain.identity import Role
from hubbub.domain.rights import may_publish, role_of
from hubbub.gateway import presence
from hubbub.gateway.presence import Card
from hubbub.protocol import frames
from hubbub.roomlog import envelope, keys
from hubbub.roomlog.client import Command, OutcomeUnknown, StoreUnavailable

if TYPE_CHECKING:
    from hubbub.gateway.connection import GatewayProtocol
    from hubbub.gateway.node import Node
    from hubbub.gateway.room import Room

PRESENT_SECONDS = 30
"""A node's word on who is in a room holds that long; it is renewed at every check, each 10 s."""

SEEN_MOVES = 50_000
"""Positions waiting to be written; beyond that the newest are dropped, as ephemeral things may be."""


class Ephemera:
    """Presence, typing and seen positions of all rooms of a node."""

    def __init__(self, node: "Node") -> None:
        self._node = node
        self._stirred: set[Room] = set()
        self._typed_here: dict[Room, dict[str, dict[str, str]]] = {}
        self._moves: dict[str, dict[tuple[str, str], tuple[int, int]]] = {}

    # -- What happens here -----------------------------------------------------------------------

    def stir(self, room: "Room") -> None:
        """Somebody came or went."""
        self._stirred.add(room)

    def typing(self, room: "Room", connection: "GatewayProtocol") -> None:
        """Somebody types; dropped in a big room, and from those who may not publish."""
        if room.presence.count > limits.TYPING_PEOPLE or connection.is_quiet:
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
        commands: list[Command] = []
        for room in stirred:
            self._push_presence(room)
            self._push_typing(room)
            commands += self._news(room, typed.get(room, {}))
        if commands:
            await self._node.store.pipeline(commands)

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
            subscription.connection.send(named if may_see else bare)

    @staticmethod
    def _push_typing(room: "Room") -> None:
        typers, room.typers = room.typers, {}
        if typers and room.presence.count <= limits.TYPING_PEOPLE:
            push = frames.TypingPush(room=room.address, who=list(typers.values())[: limits.TYPING_NAMES])
            for subscription in list(room.subscriptions.values()):
                subscription.connection.send(push)

    def _news(self, room: "Room", typed: dict[str, dict[str, str]]) -> list[Command]:
        """What the other nodes and the store are told of this one's people in a room."""
        joined, left = room.presence.news_for_peers()
        channel, key = keys.channel(room.hub.name), keys.present_key(room.address, self._node.name)
        commands: list[Command] = []
        packed = {id: presence.encode(card) for id, card in joined.items()}
        if packed:
            commands.append(("HSET", key, *(part for pair in packed.items() for part in pair)))
            commands.append(("EXPIRE", key, PRESENT_SECONDS))
            commands.append(self._alive(room.hub.name))
        if left:
            commands.append(("HDEL", key, *left))
        told: list[tuple[Any, ...]] = []
        if packed or left:
            told.append(("presence", [packed, left]))
        if typed:
            told.append(("typing", typed))
        for kind, content in told:
            commands.append(
                ("SPUBLISH", channel, envelope.told(kind, self._node.name, room.address, content))
            )
        return commands

    def _alive(self, hub: str) -> Command:
        return (
            "ZADD",
            keys.nodes_key(hub),
            self._node.clock.now_ms() + PRESENT_SECONDS * 1000,
            self._node.name,
        )

    # -- What the store holds --------------------------------------------------------------------

    async def renew(self, rooms: list["Room"]) -> None:
        """Keeps this node's hashes alive and reads the others'; at every check."""
        for room in rooms:
            if room.presence.local:
                key = keys.present_key(room.address, self._node.name)
                cards = {id: presence.encode(card) for id, card in room.presence.local.items()}
                await self._node.store.pipeline(
                    [
                        ("HSET", key, *(part for pair in cards.items() for part in pair)),
                        ("EXPIRE", key, PRESENT_SECONDS),
                        self._alive(room.hub.name),
                    ]
                )
            await self.read_peers(room)

    async def read_peers(self, room: "Room") -> None:
        """Reads who is in a room on the other nodes."""
        nodes = await self._other_nodes(room.hub.name)
        hashes = (
            await self._node.store.pipeline(
                [("HVALS", keys.present_key(room.address, node)) for node in nodes]
            )
            if nodes
            else []
        )
        people: dict[str, dict[str, Card]] = {}
        for node, found in zip(nodes, hashes, strict=True):
            cards = [presence.decode(packed) for packed in found]
            people[node] = {card.identity.id: card for card in cards}
        room.presence.read(people)
        self._stirred.add(room)

    async def counts(self, hub: str, rooms: list[str]) -> dict[str, int]:
        """How many people are in each room, on all nodes, where this node does not have it open."""
        nodes = await self._other_nodes(hub)
        if not nodes or not rooms:
            return dict.fromkeys(rooms, 0)
        commands = [("HKEYS", keys.present_key(room, node)) for room in rooms for node in nodes]
        replies = iter(await self._node.store.pipeline(commands))
        return {room: len(set().union(*(next(replies) for _ in nodes))) for room in rooms}

    async def _other_nodes(self, hub: str) -> list[str]:
        names = await self._node.store.command(
            "ZRANGEBYSCORE", keys.nodes_key(hub), self._node.clock.now_ms(), "+inf"
        )
        return [name.decode() for name in names if name.decode() != self._node.name]


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
