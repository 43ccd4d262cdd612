"""Numbering: every accepted entry has the next `seq`, a time that never goes back, and its bytes."""

import asyncio

from hubbub.roomlog import keys
from tests.integration.roomlog.place import AMINA, BILAL, MODERATOR, Place, publish, switch
from tests.support.stores import Store


async def test_the_first_entry_of_a_room_has_seq_one(place: Place) -> None:
    assert await place.say("un") == 1


async def test_an_answer_names_the_epoch_that_a_read_names(place: Place) -> None:
    [answer] = await place.append(await place.item(place.agora, AMINA, publish()))
    assert answer.epoch == (await place.numbers(place.agora)).epoch


async def test_the_items_of_a_batch_are_numbered_in_their_order(place: Place) -> None:
    items = [await place.item(place.agora, AMINA, publish(text)) for text in ("un", "deux", "trois")]
    assert [answer.number for answer in await place.append(*items)] == [1, 2, 3]
    assert [entry["text"] for entry in await place.raw()] == ["un", "deux", "trois"]


async def test_rooms_of_one_batch_are_numbered_apart(place: Place) -> None:
    items = [
        await place.item(room, MODERATOR, publish())
        for room in (place.agora, place.news, place.agora, place.news)
    ]
    assert [answer.number for answer in await place.append(*items)] == [1, 1, 2, 2]


async def test_what_many_append_at_once_is_numbered_without_a_hole(place: Place) -> None:
    items = [await place.item(place.agora, who, publish()) for who in (AMINA, BILAL) for _ in range(20)]
    answers = await asyncio.gather(*(place.append(item) for item in items))
    assert sorted(answer.number for [answer] in answers) == list(range(1, 41))
    assert [entry["seq"] for entry in await place.raw()] == list(range(1, 41))


async def test_an_entry_is_kept_as_it_was_written_behind_its_seq_and_time(place: Place) -> None:
    text = 'Ça va ? "👍"\n\\ \u2028 é'
    await place.act(place.agora, AMINA, publish(text, data={"a": [1, None, {"b": "ü"}]}, is_question=True))
    [entry] = await place.raw()
    at = entry.pop("at")
    assert entry == {
        "seq": 1,
        "kind": "message",
        "id": "unused",
        "by": AMINA.card(),
        "text": text,
        "question": True,
        "data": {"a": [1, None, {"b": "ü"}]},
    }
    assert at <= (await place.numbers(place.agora)).now_ms


async def test_time_never_goes_back_within_a_room(place: Place, store: Store) -> None:
    ahead_ms = (await place.numbers(place.agora)).now_ms + 3_600_000
    store.command("HSET", keys.room_key(place.agora, "meta"), "at", ahead_ms)
    await place.say("un")
    await place.say("deux")
    assert [entry["at"] for entry in await place.raw()] == [ahead_ms, ahead_ms]


async def test_messages_are_counted_and_other_entries_are_not(place: Place) -> None:
    await place.say("un")
    await place.act(place.agora, MODERATOR, switch())
    assert (await place.numbers(place.agora)).messages == 1


async def test_only_what_changes_the_state_raises_a_revision(place: Place) -> None:
    before = await place.numbers(place.agora)
    await place.say("un")
    said = await place.numbers(place.agora)
    await place.act(place.agora, MODERATOR, switch())
    switched = await place.numbers(place.agora)
    assert said.rev == before.rev != switched.rev
    assert before.hub_rev == switched.hub_rev
