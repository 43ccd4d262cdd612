"""Who is in which room on which node, as nodes write it down and tell each other.

Knows the hashes of people, the numbers of words, and the channel. Refuses to know what a card says: cards
of people are opaque bytes. Nothing here is part of a log; what is lost is read again within 10 s.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from hubbub.domain.names import hub_of
from hubbub.roomlog import envelope, keys
from hubbub.roomlog.client import Command, Store

LIVES_SECONDS = 30
"""A node that has not said for that long that it lives is taken for dead, with all its people."""

KEPT_SECONDS = 3_600
"""What a dead node has written down goes by itself after that time; nobody has read it for long by then."""

AT_ONCE = 256
"""Commands, or cards, in one write: what the store and this node do in a millisecond or two."""


@dataclass(frozen=True, slots=True)
class Word:
    """What changed in one room on this node: cards that came, ids that left. See `envelope.Told`."""

    room: str
    number: int
    joined: Mapping[str, bytes] = field(default_factory=dict)
    left: Sequence[str] = ()


class Attendance:
    """The attendance of all rooms as one node writes and reads it; raises as Store does."""

    def __init__(self, store: Store, node: str) -> None:
        self._store = store
        self._node = node

    # -- What this node says ---------------------------------------------------------------------

    async def tell(self, words: Sequence[Word], typing: Mapping[str, Any]) -> None:
        """Writes down what changed, and tells the other nodes, also who types where; in one write."""
        commands: list[Command] = []
        for word in words:
            commands += self._written(word)
            told = envelope.told("presence", self._node, word.room, [word.joined, word.left], word.number)
            commands.append(("SPUBLISH", keys.channel_of(word.room), told))
        for room, who in typing.items():
            told = envelope.told("typing", self._node, room, who)
            commands.append(("SPUBLISH", keys.channel_of(room), told))
        await self._ask(commands)

    async def write_anew(self, rooms: Iterable[tuple[str, Mapping[str, bytes], int]]) -> None:
        """Writes down everybody in each of the rooms; whoever sees the number reads them again."""
        commands: list[Command] = []
        for room, cards, number in rooms:
            key = keys.present_key(room, self._node)
            commands.append(("UNLINK", key))
            pairs = iter(cards.items())
            while some := dict(islice(pairs, AT_ONCE)):
                commands += _present(key, some)
                if len(some) == AT_ONCE or len(commands) >= AT_ONCE:
                    await self._ask(commands)
                    commands = []
            commands.append(self._said(room, number))
        await self._ask(commands)

    def _written(self, word: Word) -> list[Command]:
        key = keys.present_key(word.room, self._node)
        commands = _present(key, word.joined) if word.joined else []
        if word.left:
            commands.append(("HDEL", key, *word.left))
        return [*commands, self._said(word.room, word.number)]

    def _said(self, room: str, number: int) -> Command:
        return ("HSET", keys.words_key(hub_of(room)), self._node, number)

    async def renew(self, rooms: Sequence[str]) -> list[int]:
        """Keeps what is written down of rooms from expiring; how many people stand there for each."""
        commands: list[Command] = []
        for room in rooms:
            key = keys.present_key(room, self._node)
            commands += [("EXPIRE", key, KEPT_SECONDS), ("HLEN", key)]
        return [int(count) for count in (await self._ask(commands))[1::2]]

    # -- What the other nodes say ----------------------------------------------------------------

    async def leave(self) -> None:
        """Says that this node is going."""
        await self._ask([("ZREM", keys.NODES, self._node)])

    async def live(self, now_ms: int) -> frozenset[str]:
        """Says that this node lives, and returns which other ones do."""
        *_, names = await self._ask(
            [
                ("ZADD", keys.NODES, now_ms + LIVES_SECONDS * 1000, self._node),
                ("ZREMRANGEBYSCORE", keys.NODES, "-inf", now_ms - KEPT_SECONDS * 1000),
                ("ZRANGEBYSCORE", keys.NODES, now_ms, "+inf"),
            ]
        )
        return frozenset(name.decode() for name in names) - {self._node}

    async def numbers(self, hubs: Sequence[str]) -> list[dict[str, int]]:
        """For each hub the number of each node's last word, its own and those of dead nodes among them."""
        replies = await self._ask([("HGETALL", keys.words_key(hub)) for hub in hubs])
        return [
            {node.decode(): int(number) for node, number in zip(flat[::2], flat[1::2], strict=True)}
            for flat in replies
        ]

    async def forget(self, hub: str, nodes: Sequence[str]) -> None:
        """Removes the numbers of nodes that are dead."""
        await self._ask([("HDEL", keys.words_key(hub), *nodes)])

    async def elsewhere(self, rooms: Sequence[str], nodes: Sequence[str]) -> list[dict[str, list[bytes]]]:
        """For each room, the cards of who is in it on each of these nodes."""
        asked = [("HVALS", keys.present_key(room, node)) for room in rooms for node in nodes]
        found = iter(await self._ask(asked))
        return [{node: next(found) for node in nodes} for _ in rooms]

    async def counts(self, rooms: Sequence[str], nodes: Sequence[str]) -> dict[str, int]:
        """How many people are in each room on these nodes; who is on several counts once."""
        count_by_room = dict.fromkeys(rooms, 0)
        places = [(room, keys.present_key(room, node)) for room in rooms for node in nodes]
        filled: dict[str, list[str]] = {}
        for start in range(0, len(places), AT_ONCE):
            some = places[start : start + AT_ONCE]
            sizes = await self._ask([("HLEN", key) for _, key in some])
            for (room, key), size in zip(some, sizes, strict=True):
                if size:
                    count_by_room[room] += size
                    filled.setdefault(room, []).append(key)
        for room, hashes in filled.items():
            if len(hashes) > 1:
                found = await self._ask([("HKEYS", key) for key in hashes])
                count_by_room[room] = len(set[bytes]().union(*found))
        return count_by_room

    async def _ask(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to the commands in one write; an error reply is raised."""
        replies = await self._store.pipeline(commands) if commands else []
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply
        return replies


def _present(key: str, cards: Mapping[str, bytes]) -> list[Command]:
    return [("HSET", key, *(part for pair in cards.items() for part in pair)), ("EXPIRE", key, KEPT_SECONDS)]
