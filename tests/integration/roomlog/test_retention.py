"""Old entries are trimmed, by number, by age and by entries, together with all that belongs to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from msgspec import structs

from hubbub.roomlog import client, keys
from hubbub.roomlog.log import Retention, RoomLog
from tests.integration.roomlog.place import (
    AMINA,
    BILAL,
    MODERATOR,
    Place,
    everything,
    publish,
    react,
    switch,
)
from tests.support.stores import Store
from tests.support.waiting import until

Keeping = Callable[[Retention], Place]


@pytest.fixture
def keeping(place: Place, asking: client.Store) -> Keeping:
    """The hub as a node with another retention writes to it."""

    def with_retention(retain: Retention) -> Place:
        return replace(place, log=RoomLog(asking, "n-1", is_lossless=False, retain=retain))

    return with_retention


async def texts(place: Place) -> list[str]:
    return [entry["text"] for entry in await place.raw() if entry["kind"] == "message"]


async def test_so_many_messages_are_kept_and_no_more(keeping: Keeping) -> None:
    place = keeping(Retention(messages=3))
    for number in range(1, 6):
        await place.say(str(number))
    assert await texts(place) == ["3", "4", "5"]
    assert (await place.numbers(place.agora)).first == 3


async def test_a_batch_longer_than_what_is_kept_leaves_its_newest(keeping: Keeping) -> None:
    place = keeping(Retention(messages=3))
    await place.append(*[await place.item(place.agora, AMINA, publish(str(n))) for n in range(1, 9)])
    assert await texts(place) == ["6", "7", "8"]


async def test_what_is_older_than_is_kept_is_gone_for_whoever_reads(keeping: Keeping, store: Store) -> None:
    place = keeping(Retention())
    await place.say("un")
    written_at: int = (await place.raw())[0]["at"]

    async def is_older_than_a_ms() -> bool:
        return (await place.numbers(place.agora)).now_ms > written_at + 1

    await until("a ms and more has passed in the store", is_older_than_a_ms)
    brief = keeping(Retention(ms=1))
    assert await texts(brief) == []


async def test_entries_are_bounded_too_so_that_reactions_cannot_fill_a_room(keeping: Keeping) -> None:
    place = keeping(Retention(messages=1))
    seq = await place.say("un")
    for _ in range(6):
        for on in (True, False):
            item = await place.item(place.agora, BILAL, react(seq, on=on))
            await place.append(item)  # the last ones find no message any more
    numbers = await place.numbers(place.agora)
    assert (numbers.seq, numbers.first) == (11, 2)
    assert await texts(place) == []


async def test_what_belonged_to_a_trimmed_message_goes_with_it(keeping: Keeping, store: Store) -> None:
    place = keeping(Retention(messages=2))
    seq = await place.say("un")
    await place.act(place.agora, AMINA, await place.edits(seq, "deux"))
    await place.act(place.agora, BILAL, react(seq))
    gone = await place.say("trois")
    await place.act(place.agora, MODERATOR, await place.removes(gone))
    for number in range(3):
        await place.say(f"neuf {number}")
    for part in ("edits", "tallies", "reactors", "removed"):
        assert store.command("EXISTS", keys.room_key(place.agora, part)) == 0, part
    assert [entry["kind"] for entry in await place.raw()] == ["message", "message"]


async def test_a_stand_in_is_kept_as_long_as_what_came_before_it(keeping: Keeping) -> None:
    place = keeping(Retention(messages=3))
    await place.say("un")
    gone = await place.say("deux")
    await place.act(place.agora, MODERATOR, await place.removes(gone))
    await place.say("trois")
    assert [entry["kind"] for entry in await place.raw()] == ["message", "removed", "removal", "message"]
    await place.say("quatre")
    numbers = await place.numbers(place.agora)
    assert [entry["seq"] for entry in await place.raw()] == list(range(numbers.first, numbers.seq + 1))


async def test_the_ledger_and_the_state_are_never_trimmed(keeping: Keeping, store: Store) -> None:
    place = keeping(Retention(messages=2))
    await place.act(place.agora, MODERATOR, switch("announcement"))
    before = await place.room(place.agora)
    for number in range(5):
        await place.say(str(number), who=MODERATOR)
    assert [entry["kind"] for entry in await place.raw()] == ["message", "message"]
    assert await place.room(place.agora) == before
    assert store.command("XLEN", keys.room_key(place.agora, "ledger")) == 1


async def test_trimmed_entries_are_read_from_first_on(keeping: Keeping) -> None:
    place = keeping(Retention(messages=3))
    for number in range(1, 6):
        await place.say(str(number))
    reading = await place.log.read(place.agora, after=0)
    page = await place.log.page(place.agora, 10, None, 0)
    assert reading is not None and page is not None
    assert [stand.seq for stand in reading.stands] == [stand.seq for stand in page.stands] == [3, 4, 5]
    assert reading.from_seq == 3


async def test_there_is_no_more_before_what_was_trimmed(keeping: Keeping) -> None:
    place = keeping(Retention(messages=3))
    for number in range(1, 6):
        await place.say(str(number))
    page = await place.log.page(place.agora, 10, 3, None)
    newest = await place.log.page(place.agora, 3, None, None)
    assert page is not None and (page.stands, page.more) == ([], False)
    assert newest is not None and (len(newest.stands), newest.more) == (3, False)


async def test_unread_messages_are_counted_in_what_is_kept(keeping: Keeping) -> None:
    place = keeping(Retention(messages=3))
    for number in range(1, 6):
        await place.say(str(number))
    await place.log.seen(place.hub, [(place.agora, BILAL.id, 0, 1)])
    glances = await place.log.glances(place.hub, [place.agora], BILAL.id)
    nobody = await place.log.glances(place.hub, [place.agora], AMINA.id)
    assert (glances[place.agora].unread, nobody[place.agora].unread) == (3, 3)


async def test_a_trimmed_room_that_lost_its_numbers_begins_where_it_did(
    keeping: Keeping, store: Store
) -> None:
    place = keeping(Retention(messages=3))
    for number in range(1, 6):
        await place.say(str(number))
    store.command("DEL", keys.room_key(place.agora, "meta"))
    numbers = await place.numbers(place.agora)
    assert (numbers.first, numbers.seq, numbers.messages) == (3, 5, 5)


async def test_a_trimmed_message_is_no_target(keeping: Keeping) -> None:
    place = keeping(Retention(messages=1))
    await place.say("un")
    await place.say("deux")
    item = await place.item(place.agora, AMINA, publish(reply_to=1))
    assert await place.statuses(item) == ["unknown_entry"]


async def test_one_call_trims_a_bounded_number_and_the_next_ones_go_on(
    keeping: Keeping, store: Store
) -> None:
    place = keeping(Retention())
    item = await place.item(place.agora, AMINA, publish())
    batch = [structs.replace(item, id=f"bulk-{number}") for number in range(600)]
    for start in range(0, 600, 200):
        await place.append(*batch[start : start + 200])
    brief = keeping(Retention(messages=5))
    first = (await brief.numbers(brief.agora)).first
    assert first == 513
    await brief.say("un")
    numbers = await brief.numbers(brief.agora)
    assert numbers.seq - numbers.first + 1 == 5
    assert store.command("XLEN", keys.room_key(place.agora, "log")) == 5


async def test_what_is_kept_does_not_grow_with_what_was_said(keeping: Keeping, store: Store) -> None:
    place = keeping(Retention(messages=3))
    sizes = []
    for _ in range(2):
        for number in range(4):
            seq = await place.say(str(number))
            await place.act(place.agora, BILAL, react(seq))
        kept = everything(store, place.hub)
        parts = ("log", "edits", "tallies", "reactors", "removed")
        sizes.append([len(kept.get(keys.room_key(place.agora, part), ())) for part in parts])
    assert sizes[0] == sizes[1]
