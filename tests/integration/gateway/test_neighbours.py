"""What nodes tell each other of who is in a room: told at once, and found later if a word was lost.

Two nodes over a real store; a test carries their words from one to the other, or loses them.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hubbub.domain.identity import Identity
from hubbub.gateway.neighbours import LOOKS_A_ROUND, Neighbours
from hubbub.gateway.presence import Card, RoomPresence
from hubbub.roomlog import attendance, client, envelope, keys
from hubbub.roomlog.clock import StoreClock
from tests.support.stores import Store


def card(name: str) -> Card:
    return Card(Identity(f"u:{name}", name))


class Line(client.Store):
    """The connections of one node; its words are kept instead of published."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.words: list[bytes] = []
        self.asked: list[tuple[Any, ...]] = []
        self.is_cut = False

    async def pipeline(self, commands: Sequence[Any]) -> list[Any]:
        if self.is_cut:
            raise client.OutcomeUnknown("cut")
        self.asked += [tuple(command) for command in commands]
        self.words += [command[2] for command in commands if command[0] == "SPUBLISH"]
        return await super().pipeline([("PING",) if one[0] == "SPUBLISH" else one for one in commands])


class Place:
    """A hub as one node has it open, with its rooms."""

    def __init__(self, node: FakeNode, name: str) -> None:
        self.name = name
        self.node = node
        self.rooms: dict[str, Any] = {}

    async def open(self, name: str) -> Any:
        room: Any = SimpleNamespaceByIdentity(
            address=f"{self.name}/{name}", hub=self, presence=RoomPresence(), is_gone=False
        )
        await self.node.neighbours.open(room)
        self.rooms[room.address] = room
        return room


class SimpleNamespaceByIdentity(SimpleNamespace):
    """A room stands in sets and mappings."""

    __hash__ = object.__hash__  # type: ignore[assignment]


class FakeNode:
    """As much of a node as its neighbours need."""

    def __init__(self, url: str) -> None:
        self.name = f"n-{uuid.uuid4().hex[:8]}"
        self.clock = StoreClock()
        self.store = Line(url)
        self.stirred: list[Any] = []
        self.neighbours = Neighbours(cast(Any, self), self.stirred.append)

    async def tell(self, *rooms: Any) -> list[envelope.Told]:
        """Tells of the rooms; returns the words that were said, which nobody has heard yet."""
        self.store.words.clear()
        await self.neighbours.tell(rooms, {})
        told = [envelope.unpack(word) for word in self.store.words]
        return [one for one in told if isinstance(one, envelope.Told)]

    def hear(self, hub: Place, told: envelope.Told) -> None:
        self.neighbours.heard(cast(Any, hub), hub.rooms.get(told.room), told)

    async def look(self, *hubs: Place) -> None:
        await self.neighbours.look(cast(Any, hubs))

    async def stop_living(self) -> None:
        await self.store.command("ZADD", keys.NODES, self.clock.now_ms() - 1, self.name)


@pytest.fixture
async def nodes(redis_store: Store) -> AsyncIterator[list[FakeNode]]:
    """Three nodes on one store; they live and know of each other."""
    made = [FakeNode(redis_store.url) for _ in range(3)]
    for node in made:
        await node.look()
    yield made
    for node in made:
        node.store.is_cut = False
        await node.neighbours.leave()
        await node.store.aclose()


@pytest.fixture
def hub_name() -> str:
    return f"h{uuid.uuid4().hex[:10]}"


async def opened(nodes: Sequence[FakeNode], hub_name: str) -> list[tuple[Place, Any]]:
    """The same room, open on each node."""
    hubs = [Place(node, hub_name) for node in nodes]
    return [(hub, await hub.open("agora")) for hub in hubs]


async def test_who_comes_and_goes_is_told_to_the_other_node(nodes: list[FakeNode], hub_name: str) -> None:
    here, there, _ = nodes
    (_, room), (hub, other) = await opened([here, there], hub_name)
    room.presence.enter(card("Amina"))
    for told in await here.tell(room):
        there.hear(hub, told)
    assert other.presence.named("u:Amina") == card("Amina")
    room.presence.leave(card("Amina"))
    for told in await here.tell(room):
        there.hear(hub, told)
    assert other.presence.count == 0


async def test_a_lost_word_is_made_good_at_the_next_look(nodes: list[FakeNode], hub_name: str) -> None:
    here, there, _ = nodes
    (_, room), (hub, other) = await opened([here, there], hub_name)
    room.presence.enter(card("Amina"))
    await here.tell(room)
    assert other.presence.count == 0
    await there.look(hub)
    assert other.presence.count == 1 and other in there.stirred


async def test_a_lost_word_is_made_good_although_later_ones_are_heard(
    nodes: list[FakeNode], hub_name: str
) -> None:
    here, there, _ = nodes
    (_, room), (hub, other) = await opened([here, there], hub_name)
    room.presence.enter(card("Amina"))
    await here.tell(room)
    room.presence.enter(card("Boris"))
    for told in await here.tell(room):
        there.hear(hub, told)
    assert other.presence.count == 1
    await there.look(hub)
    assert other.presence.count == 2


async def test_a_word_that_comes_late_does_not_undo_what_was_read(
    nodes: list[FakeNode], hub_name: str
) -> None:
    here, there, _ = nodes
    (_, room), (hub, other) = await opened([here, there], hub_name)
    room.presence.enter(card("Amina"))
    [came] = await here.tell(room)
    room.presence.leave(card("Amina"))
    await here.tell(room)
    await there.look(hub)
    there.hear(hub, came)
    assert other.presence.count == 0


async def test_a_word_that_comes_while_people_are_read_is_not_lost(
    nodes: list[FakeNode], hub_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there, _ = nodes
    (_, room), (hub, other) = await opened([here, there], hub_name)
    room.presence.enter(card("Amina"))
    await here.tell(room)
    read = attendance.Attendance.elsewhere

    async def slow(self: Any, *asked: Any) -> Any:
        found = await read(self, *asked)
        room.presence.enter(card("Boris"))
        for told in await here.tell(room):
            there.hear(hub, told)
        return found

    monkeypatch.setattr(attendance.Attendance, "elsewhere", slow)
    await there.look(hub)
    assert other.presence.count == 2


async def test_who_is_in_a_room_already_is_known_when_it_is_opened(
    nodes: list[FakeNode], hub_name: str
) -> None:
    [(_, room)] = await opened(nodes[:1], hub_name)
    for number in range(attendance.AT_ONCE + 1):
        room.presence.enter(card(f"p{number}"))
    assert len(await nodes[0].tell(room)) == 2
    hub = Place(nodes[1], hub_name)
    assert (await hub.open("agora")).presence.count == attendance.AT_ONCE + 1
    assert await nodes[1].neighbours.counts(cast(Any, hub), [room.address]) == {
        room.address: attendance.AT_ONCE + 1
    }


async def test_somebody_on_two_nodes_counts_once_in_a_room_that_is_not_open(
    nodes: list[FakeNode], hub_name: str
) -> None:
    places = await opened(nodes[:2], hub_name)
    for node, (_, room) in zip(nodes, places, strict=False):
        room.presence.enter(card("Amina"))
        await node.tell(room)
    hub, address = cast(Any, Place(nodes[2], hub_name)), f"{hub_name}/agora"
    assert await nodes[2].neighbours.counts(hub, [address]) == {address: 1}


async def test_a_dead_node_takes_its_people_with_it(nodes: list[FakeNode], hub_name: str) -> None:
    here, there, _ = nodes
    (_, room), (hub, other) = await opened([here, there], hub_name)
    room.presence.enter(card("Amina"))
    for told in await here.tell(room):
        there.hear(hub, told)
    await here.stop_living()
    await there.look(hub)
    assert other.presence.count == 0 and other in there.stirred
    assert here.name.encode() not in await there.store.command("HKEYS", keys.words_key(hub_name))


async def test_a_node_that_was_taken_for_dead_is_back_with_its_people(
    nodes: list[FakeNode], hub_name: str
) -> None:
    here, there, _ = nodes
    (own, room), (hub, other) = await opened([here, there], hub_name)
    room.presence.enter(card("Amina"))
    await here.tell(room)
    await here.stop_living()
    await there.look(hub)
    await here.look(own)
    await here.tell()
    await there.look(hub)
    assert other.presence.count == 1


async def test_what_the_store_did_not_take_is_written_anew(nodes: list[FakeNode], hub_name: str) -> None:
    here, there, _ = nodes
    (_, room), (hub, other) = await opened([here, there], hub_name)
    room.presence.enter(card("Amina"))
    here.store.is_cut = True
    with pytest.raises(client.OutcomeUnknown):
        await here.tell(room)
    here.store.is_cut = False
    await here.tell()
    await there.look(hub)
    assert other.presence.count == 1


async def test_what_the_store_has_lost_is_written_anew(nodes: list[FakeNode], hub_name: str) -> None:
    here, there, _ = nodes
    (own, room), (hub, other) = await opened([here, there], hub_name)
    room.presence.enter(card("Amina"))
    await here.tell(room)
    await here.store.command("DEL", keys.words_key(hub_name), keys.present_key(room.address, here.name))
    await here.look(own)
    await here.tell()
    await there.look(hub)
    assert other.presence.count == 1


async def test_people_who_are_gone_from_the_store_alone_are_found_missing_within_a_round(
    nodes: list[FakeNode], hub_name: str
) -> None:
    here, _, _ = nodes
    [(own, room)] = await opened([here], hub_name)
    room.presence.enter(card("Amina"))
    await here.tell(room)
    key = keys.present_key(room.address, here.name)
    await here.store.command("DEL", key)
    for _ in range(LOOKS_A_ROUND):
        await here.look(own)
        await here.tell()
    assert await here.store.command("HLEN", key) == 1


async def test_a_look_at_quiet_hubs_touches_no_room(nodes: list[FakeNode], hub_name: str) -> None:
    here, there, _ = nodes
    (_, room), (hub, _) = await opened([here, there], hub_name)
    rooms = [room, *[await hub.open(f"r{number}") for number in range(20)]]
    rooms[0].presence.enter(card("Amina"))
    for told in await here.tell(rooms[0]):
        there.hear(hub, told)
    await there.look(hub)
    there.store.asked.clear()
    await there.look(hub)
    assert [command[0] for command in there.store.asked] == [
        "ZADD", "ZREMRANGEBYSCORE", "ZRANGEBYSCORE", "HGETALL",
    ]  # fmt: skip
