"""Who is in which room on which node, as nodes write it down and tell each other.

Knows the hashes that expire with their node, and the channel. Refuses to know what a card says: cards of
people are opaque bytes. Nothing here is part of a log; what is lost is read again within 10 s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hubbub.roomlog import envelope, keys
from hubbub.roomlog.client import Command, Store

KEPT_SECONDS = 30
"""A node's word on who is in a room holds that long; it is renewed at every check, each 5 s."""


@dataclass(frozen=True, slots=True)
class News:
    """What changed in one room on this node: cards that came, ids that left, who types."""

    room: str
    joined: Mapping[str, bytes]
    left: Sequence[str]
    typing: Mapping[str, Any]


class Attendance:
    """The attendance of all rooms as one node writes and reads it; raises as Store does."""

    def __init__(self, store: Store, node: str) -> None:
        self._store = store
        self._node = node

    async def tell(self, news: Sequence[News], now_ms: int) -> None:
        """Writes down what changed, and tells the other nodes; in one write."""
        commands: list[Command] = []
        for one in news:
            if one.joined:
                commands += self._present(one.room, one.joined, now_ms)
            if one.left:
                commands.append(("HDEL", keys.present_key(one.room, self._node), *one.left))
            if one.joined or one.left:
                commands.append(self._told("presence", one.room, [one.joined, one.left]))
            if one.typing:
                commands.append(self._told("typing", one.room, one.typing))
        if commands:
            await self._store.pipeline(commands)

    async def renew(self, room: str, cards: Mapping[str, bytes], now_ms: int) -> None:
        """Says again who is here, before the last word expires; who left without a word is gone then."""
        if cards:
            again: list[Command] = [("MULTI",), ("DEL", keys.present_key(room, self._node))]
            await self._store.pipeline([*again, *self._present(room, cards, now_ms), ("EXEC",)])

    async def elsewhere(self, room: str, now_ms: int) -> dict[str, list[bytes]]:
        """The cards of who is in a room on each of the other nodes."""
        nodes = await self._other_nodes(room, now_ms)
        if not nodes:
            return {}
        found = await self._store.pipeline([("HVALS", keys.present_key(room, node)) for node in nodes])
        return dict(zip(nodes, found, strict=True))

    async def counts(self, rooms: Sequence[str], now_ms: int) -> dict[str, int]:
        """How many people are in each room of one hub, on the other nodes."""
        nodes = await self._other_nodes(rooms[0], now_ms) if rooms else []
        if not nodes:
            return dict.fromkeys(rooms, 0)
        commands = [("HKEYS", keys.present_key(room, node)) for room in rooms for node in nodes]
        replies = iter(await self._store.pipeline(commands))
        return {room: len(set().union(*(next(replies) for _ in nodes))) for room in rooms}

    def _present(self, room: str, cards: Mapping[str, bytes], now_ms: int) -> list[Command]:
        key = keys.present_key(room, self._node)
        return [
            ("HSET", key, *(part for pair in cards.items() for part in pair)),
            ("EXPIRE", key, KEPT_SECONDS),
            ("ZADD", keys.nodes_key(room), now_ms + KEPT_SECONDS * 1000, self._node),
        ]

    def _told(self, kind: envelope.ToldKind, room: str, content: Any) -> Command:
        return ("SPUBLISH", keys.channel_of(room), envelope.told(kind, self._node, room, content))

    async def _other_nodes(self, room: str, now_ms: int) -> list[str]:
        names = await self._store.command("ZRANGEBYSCORE", keys.nodes_key(room), now_ms, "+inf")
        return [name.decode() for name in names if name.decode() != self._node]
