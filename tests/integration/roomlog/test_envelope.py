"""What the nodes of a hub hear: one envelope a batch, with what they need to keep their own state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from hubbub.domain import entries
from hubbub.roomlog import client, keys
from hubbub.roomlog.client import Ear
from hubbub.roomlog.envelope import Appended, Envelope, Made, Told, told, unpack
from hubbub.roomlog.stands import Section
from tests.integration.roomlog.place import (
    AMINA,
    BILAL,
    MODERATOR,
    OWNER,
    Place,
    created,
    grant,
    publish,
    switch,
)
from tests.support.stores import Store

HEARD_SECONDS = 5.0


async def heard(ear: Ear) -> Envelope:
    """The next envelope on the channel."""
    async with asyncio.timeout(HEARD_SECONDS):
        what, _, payload = await ear.hear()
    assert what == b"smessage"
    envelope = unpack(payload)
    assert envelope is not None
    return envelope


async def appended(ear: Ear) -> Appended:
    envelope = await heard(ear)
    assert isinstance(envelope, Appended), envelope
    return envelope


async def sections(ear: Ear) -> list[Section]:
    return (await appended(ear)).sections


@pytest.fixture
async def ear(asking: client.Store, place: Place) -> AsyncIterator[Ear]:
    """An ear on the channel of the hub, whose subscription is confirmed."""
    async with asking.listening() as ear:
        await ear.subscribe(keys.channel(place.hub))
        async with asyncio.timeout(HEARD_SECONDS):
            what, channel, _ = await ear.hear()
        assert (what, channel) == (b"ssubscribe", keys.channel(place.hub).encode())
        yield ear


async def test_an_envelope_carries_the_entries_as_the_log_keeps_them(place: Place, ear: Ear) -> None:
    await place.append(*[await place.item(place.agora, who, publish()) for who in (AMINA, BILAL)])
    [section] = await sections(ear)
    reading = await place.log.read(place.agora, after=0)
    assert reading is not None
    assert section.stands() == reading.stands
    assert section.head == reading.numbers.seq


async def test_a_section_says_where_it_begins_and_on_which_state(place: Place, ear: Ear) -> None:
    await place.say("un")
    await sections(ear)
    items = [
        await place.item(place.agora, AMINA, publish()),
        await place.item(place.agora, MODERATOR, switch()),
    ]
    await place.append(*items)
    [section] = await sections(ear)
    numbers = await place.numbers(place.agora)
    assert (section.room, section.epoch, section.first_seq) == (place.agora, numbers.epoch, 2)
    assert (section.rev, section.hub_rev) == (numbers.rev, numbers.hub_rev)
    assert section.messages == 2


async def test_a_batch_is_one_envelope_with_a_section_for_each_room(place: Place, ear: Ear) -> None:
    rooms = (place.agora, place.news, place.agora)
    await place.append(*[await place.item(room, MODERATOR, publish()) for room in rooms])
    found = {section.room: section for section in await sections(ear)}
    assert {room: len(section.bodies) for room, section in found.items()} == {place.agora: 2, place.news: 1}


async def test_envelopes_are_numbered_without_a_hole_so_that_a_missed_one_is_noticed(
    place: Place, ear: Ear
) -> None:
    for room in (place.agora, place.news, place.agora):
        await place.say("x", room=room, who=MODERATOR)
    numbers = [(await appended(ear)).number for _ in range(3)]
    assert numbers == list(range(numbers[0], numbers[0] + 3))
    hub = await place.log.hub(place.hub)
    assert hub is not None and hub.batches == numbers[-1]


async def test_a_grant_is_heard_with_the_hubs_new_revision(place: Place, ear: Ear) -> None:
    before = await place.log.hub(place.hub)
    await place.act(place.agora, OWNER, grant())
    [section] = await sections(ear)
    after = await place.log.hub(place.hub)
    assert before is not None and after is not None
    assert section.hub_rev == after.rev != before.rev


async def test_nothing_is_heard_of_what_was_refused_or_stood_already(place: Place, ear: Ear) -> None:
    await place.say("un", id="01J")
    await sections(ear)
    again = await place.item(place.agora, AMINA, publish(), id="01J")
    lost = await place.item(place.agora, AMINA, publish(reply_to=99))
    assert await place.statuses(again, lost) == ["duplicate", "unknown_entry"]
    await place.say("deux")
    [section] = await sections(ear)
    assert [entries.decode(body)["text"] for body in section.bodies] == ["deux"]


async def test_salts_of_the_ledger_are_not_pushed(place: Place, ear: Ear, store: Store) -> None:
    await place.act(place.agora, MODERATOR, switch())
    async with asyncio.timeout(HEARD_SECONDS):
        _, _, payload = await ear.hear()
    [(_, kept)] = store.command("XRANGE", keys.room_key(place.agora, "ledger"), "-", "+")
    salts = entries.decode(kept["s"].encode()).values()
    assert salts and not any(salt.encode() in payload for salt in salts)


async def test_that_a_room_was_made_is_heard(place: Place, ear: Ear) -> None:
    await place.log.create_room(f"{place.hub}/new", created())
    assert await heard(ear) == Made(f"{place.hub}/new")


async def test_a_new_epoch_is_heard_without_entries(place: Place, ear: Ear, store: Store) -> None:
    seq = await place.say("un")
    await sections(ear)
    store.command("HSET", keys.room_key(place.agora, "meta"), "run_id", "another")
    numbers = await place.numbers(place.agora)
    [section] = await sections(ear)
    assert (section.room, section.epoch, section.rev, section.first_seq) == (
        place.agora,
        numbers.epoch,
        numbers.rev,
        seq + 1,
    )
    assert section.bodies == []


async def test_what_nodes_tell_each_other_arrives_as_it_was_told(
    place: Place, ear: Ear, asking: client.Store
) -> None:
    content = {"count": 2, "joined": [AMINA.card()]}
    payload = told("presence", "n-1", place.agora, content)
    await asking.command("SPUBLISH", keys.channel(place.hub), payload)
    assert await heard(ear) == Told("presence", "n-1", place.agora, content)


def test_an_envelope_of_a_kind_that_a_newer_node_sends_is_nothing() -> None:
    assert unpack(b"\x92\xa5later\xc0") is None


async def test_other_hubs_are_not_heard(place: Place, ear: Ear) -> None:
    other = Place(place.log, f"{place.hub}-2")
    await other.made((other.agora, "agora"))
    await other.say("ailleurs")
    await place.say("ici")
    [section] = await sections(ear)
    assert section.room == place.agora


async def test_after_unsubscribing_nothing_is_heard(place: Place, ear: Ear) -> None:
    await ear.unsubscribe(keys.channel(place.hub))
    async with asyncio.timeout(HEARD_SECONDS):
        what, _, _ = await ear.hear()
    assert what == b"sunsubscribe"
    await place.say("un")
    await ear.subscribe("elsewhere")
    async with asyncio.timeout(HEARD_SECONDS):
        what, channel, _ = await ear.hear()
    assert (what, channel) == (b"ssubscribe", b"elsewhere")
