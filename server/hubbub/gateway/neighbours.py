"""What the nodes tell each other of who is in the rooms, and how a lost word is noticed.

Knows the number of the last word of each node and hub. A node numbers its words of a hub, and writes down
people and number; who finds another number there than it has heard reads that node's people again, at the
next look (each 5 s). So hubs in which nobody comes or goes cost one number each, and a node alone nothing.
Refuses to know what readers are told (ephemera).
"""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from hubbub.domain.cards import Named
from hubbub.gateway import presence
from hubbub.gateway.turns import Turn
from hubbub.roomlog import envelope
from hubbub.roomlog.attendance import AT_ONCE, KEPT_SECONDS, Attendance, Word

if TYPE_CHECKING:
    from hubbub.gateway.hub import Hub
    from hubbub.gateway.node import Node
    from hubbub.gateway.room import Room

LOOKS_A_ROUND = KEPT_SECONDS // 15
"""Looks, each 5 s, in which all rooms are renewed once: three times before what is written would expire."""

Typed = Mapping["Room", dict[str, Named]]


class _Words:
    """What was said in one hub: by this node, and by each of the others as far as it was heard."""

    def __init__(self, now_ms: int) -> None:
        # Beyond all numbers of an earlier time that the hub was open here: nobody says a thousand words a ms.
        self._numbers = itertools.count(now_ms * 1000)
        self.written = 0
        self.heard: dict[str, int] = {}
        self.is_known = False

    def next_number(self) -> int:
        return next(self._numbers)


class Neighbours:
    """The people whom other nodes have in the rooms of this one, and those whom it tells them of.

    Its methods raise StoreUnavailable or OutcomeUnknown; what was not done then is done at the next beat.
    """

    def __init__(self, node: "Node", stir: Callable[["Room"], None]) -> None:
        self._clock = node.clock
        self._attendance = Attendance(node.store, node.name)
        self._name = node.name
        self._stir = stir
        self._live: frozenset[str] | None = None
        self._words_by_hub: WeakKeyDictionary[Hub, _Words] = WeakKeyDictionary()
        self._unwritten: set[Room] = set()
        self._meanwhile: dict[Room, list[envelope.Told]] = {}
        self._round: deque[Room] = deque()
        self._share = 1
        self._writing = asyncio.Lock()  # of two writes about one room the newer one comes later

    def _words(self, hub: "Hub") -> _Words:
        words = self._words_by_hub.get(hub)
        if words is None:
            words = self._words_by_hub[hub] = _Words(self._clock.now_ms())
        return words

    # -- What this node tells --------------------------------------------------------------------

    async def tell(self, rooms: Iterable["Room"], typed: Typed) -> None:
        """Tells who came and went here; what the store did not take is written anew the next time."""
        waiting = deque(rooms)
        async with self._writing:
            try:
                await self._write_anew()
                while waiting:
                    await self._tell_some(waiting, typed)
            finally:
                for room in waiting:
                    self._stir(room)

    async def _tell_some(self, waiting: "deque[Room]", typed: Typed) -> None:
        """Tells of as many rooms as fit into one write."""
        words: list[tuple[Room, Word]] = []
        typing: dict[str, Any] = {}
        size = 0
        while waiting and size < AT_ONCE:
            room = waiting.popleft()
            for word in self._words_of(room):
                words.append((room, word))
                size += len(word.joined) + len(word.left)
            size += 1
            if room in typed:
                typing[room.address] = typed[room]
        try:
            await self._attendance.tell([word for _, word in words], typing)
        except BaseException:
            self._unwritten.update(room for room, _ in words)
            raise
        for room, word in words:
            self._words(room.hub).written = word.number

    def _words_of(self, room: "Room") -> Iterator[Word]:
        joined, left = room.presence.news_for_peers()
        words, cards, ids = self._words(room.hub), iter(joined.items()), iter(left)
        while True:
            came = {id: presence.encode(card) for id, card in itertools.islice(cards, AT_ONCE)}
            went = list(itertools.islice(ids, AT_ONCE))
            if not came and not went:
                return
            yield Word(room.address, words.next_number(), came, went)

    async def _write_anew(self) -> None:
        rooms = {room: self._words(room.hub).next_number() for room in self._unwritten}
        await self._attendance.write_anew(
            (room.address, self._everybody_in(room), number) for room, number in rooms.items()
        )
        self._unwritten -= rooms.keys()
        for room, number in rooms.items():
            self._words(room.hub).written = number

    @staticmethod
    def _everybody_in(room: "Room") -> dict[str, bytes]:
        room.presence.news_for_peers()
        return {id: presence.encode(card) for id, card in room.presence.here().items()}

    async def leave(self) -> None:
        """This node goes, and everybody here with it."""
        await self._attendance.leave()

    # -- What the others tell --------------------------------------------------------------------

    def heard(self, hub: "Hub", room: "Room | None", told: envelope.Told) -> None:
        """Another node tells who came and went in a room, be it open here or not."""
        heard = self._words(hub).heard
        known = heard.setdefault(told.node, 0)
        if told.number <= known:
            return  # has been read already
        if told.number == known + 1:
            heard[told.node] = told.number  # else one was missed, as the next look finds
        if room in self._meanwhile:
            self._meanwhile[room].append(told)
        elif room is not None:
            self._take(room, told)

    @staticmethod
    def _take(room: "Room", told: envelope.Told) -> None:
        joined, left = told.content
        room.presence.heard(told.node, {id: presence.decode(card) for id, card in joined.items()}, left)

    async def open(self, room: "Room") -> None:
        """Reads who is in a room on the other nodes."""
        await self._read([room], await self._nodes_in(room.hub))

    async def counts(self, hub: "Hub", rooms: Sequence[str]) -> dict[str, int]:
        """How many people the other nodes have in rooms of a hub."""
        return await self._attendance.counts(rooms, await self._nodes_in(hub))

    async def _nodes_in(self, hub: "Hub") -> list[str]:
        """The other nodes that have said something in a hub."""
        words = self._words(hub)
        if not words.is_known:
            if self._live is None:
                self._live = await self._attendance.live(self._clock.now_ms())
            [numbers] = await self._attendance.numbers([hub.name])
            await self._bury(hub, numbers)
            words.is_known = True
            for node in self._live & numbers.keys():
                words.heard[node] = max(numbers[node], words.heard.get(node, 0))
        return list(words.heard)

    async def _read(self, rooms: Sequence["Room"], nodes: Sequence[str]) -> None:
        """Reads the people of these nodes; what they tell meanwhile is newer, and taken after that."""
        rooms_at_once = max(1, AT_ONCE // max(1, len(nodes)))
        turn = Turn()
        for start in range(0, len(rooms) if nodes else 0, rooms_at_once):
            some = rooms[start : start + rooms_at_once]
            self._meanwhile.update((room, []) for room in some)
            try:
                found = await self._attendance.elsewhere([room.address for room in some], nodes)
                for room, packed_by_node in zip(some, found, strict=True):
                    for node, packed in packed_by_node.items():
                        await self._replace(room, node, packed, turn)
                    self._stir(room)
            finally:
                for room in some:
                    for told in self._meanwhile.pop(room, ()):
                        self._take(room, told)

    @staticmethod
    async def _replace(room: "Room", node: str, packed: Sequence[bytes], turn: Turn) -> None:
        gone = set(room.presence.there(node))
        for one in packed:
            card = presence.decode(one)
            gone.discard(card.identity.id)
            room.presence.heard(node, {card.identity.id: card}, ())
            await turn.pause()
        room.presence.heard(node, {}, gone)

    # -- Each 5 s --------------------------------------------------------------------------------

    async def look(self, hubs: Sequence["Hub"]) -> None:
        """Says that this node lives, forgets the dead, and reads what was missed of the living."""
        live = self._live = await self._attendance.live(self._clock.now_ms())
        for hub in hubs:
            self._forget(hub, self._words(hub).heard.keys() - live)
        for start in range(0, len(hubs) if live else 0, AT_ONCE):
            some = hubs[start : start + AT_ONCE]
            written = [self._words(hub).written for hub in some]
            numbers = await self._attendance.numbers([hub.name for hub in some])
            for hub, before, number_by_node in zip(some, written, numbers, strict=True):
                if number_by_node.get(self._name, 0) < before:  # the store has lost something
                    self._unwritten.update(hub.rooms.values())
                await self._compare(hub, number_by_node)
        await self._renew(hubs)

    async def _compare(self, hub: "Hub", numbers: dict[str, int]) -> None:
        await self._bury(hub, numbers)
        heard, live = self._words(hub).heard, self._live or frozenset()
        missed = {node: heard.get(node, 0) for node in live if numbers.get(node, 0) > heard.get(node, 0)}
        heard.update((node, numbers[node]) for node in missed)
        try:
            await self._read(list(hub.rooms.values()), list(missed))
        except BaseException:
            heard.update(missed)
            raise

    async def _bury(self, hub: "Hub", numbers: dict[str, int]) -> None:
        """Removes what dead nodes have said last."""
        strange = numbers.keys() - {self._name, *(self._live or ())}
        if strange:  # dead, or new since the last look
            self._live = await self._attendance.live(self._clock.now_ms())
            if dead := strange - self._live:
                await self._attendance.forget(hub.name, list(dead))

    def _forget(self, hub: "Hub", dead: set[str]) -> None:
        for node in dead:
            del self._words(hub).heard[node]
            for room in hub.rooms.values():
                room.presence.heard(node, {}, room.presence.there(node))
                self._stir(room)

    async def _renew(self, hubs: Sequence["Hub"]) -> None:
        """Keeps a share of the rooms from expiring; what the store has not got is written anew."""
        if not self._round:
            self._round.extend(room for hub in hubs for room in hub.rooms.values())
            self._share = len(self._round) // LOOKS_A_ROUND + 1
        some = [self._round.popleft() for _ in range(min(self._share, len(self._round)))]
        some = [room for room in some if room.presence.count_here and room not in self._unwritten]
        for start in range(0, len(some), AT_ONCE // 2):
            rooms = some[start : start + AT_ONCE // 2]
            async with self._writing:
                told = [room.presence.count_told for room in rooms]
                counts = await self._attendance.renew([room.address for room in rooms])
            for room, before, count in zip(rooms, told, counts, strict=True):
                if before != count:
                    self._unwritten.add(room)
