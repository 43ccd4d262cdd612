"""A room whose numbers were lost is usable again: rebuilt from its log, under a new epoch."""

import pytest

from hubbub.domain import entries
from hubbub.roomlog import keys
from tests.integration.roomlog.place import (
    AMINA,
    BILAL,
    MODERATOR,
    Place,
    floor,
    mute,
    publish,
    settings,
    switch,
)
from tests.support.stores import Store


def lose(store: Store, place: Place, part: str = "meta") -> None:
    assert store.command("DEL", keys.room_key(place.agora, part)) == 1


async def test_a_room_without_its_numbers_is_rebuilt_with_a_new_epoch(place: Place, store: Store) -> None:
    for text in ("un", "deux"):
        await place.say(text)
    before = await place.numbers(place.agora)
    lose(store, place)
    after = await place.numbers(place.agora)
    assert (after.seq, after.first, after.messages) == (2, 1, 2)
    assert after.epoch != before.epoch and after.rev != before.rev
    assert await place.say("trois") == 3


async def test_an_empty_room_is_rebuilt_too(place: Place, store: Store) -> None:
    lose(store, place)
    assert await place.say("un") == 1


@pytest.mark.parametrize("in_ms", [None, 3_600_000])
async def test_a_rebuilt_room_has_the_same_state(place: Place, store: Store, in_ms: int | None) -> None:
    await place.act(place.agora, MODERATOR, settings(title="A", topic="B", slow_ms=5))
    await place.act(place.agora, MODERATOR, switch("announcement"))
    await place.act(place.agora, MODERATOR, switch("agora", in_ms))
    await place.act(place.agora, MODERATOR, settings(title="C"))
    await place.act(place.agora, MODERATOR, mute(BILAL))
    before = await place.room(place.agora)
    lose(store, place)
    assert await place.room(place.agora) == before


async def test_a_rebuilt_room_keeps_who_has_the_floor(place: Place, store: Store) -> None:
    await place.act(place.agora, MODERATOR, switch("announcement"))
    await place.act(place.agora, MODERATOR, floor("give"))
    lose(store, place)
    assert (await place.room(place.agora)).has_floor(AMINA.id)


async def test_time_does_not_go_back_in_a_rebuilt_room(place: Place, store: Store) -> None:
    meta = keys.room_key(place.agora, "meta")
    ahead_ms = (await place.numbers(place.agora)).now_ms + 3_600_000
    store.command("HSET", meta, "at", ahead_ms)
    await place.say("un")
    lose(store, place)
    await place.say("deux")
    assert [entry["at"] for entry in await place.raw()] == [ahead_ms, ahead_ms]


async def test_a_rebuilt_room_remembers_ids(place: Place, store: Store) -> None:
    item = await place.item(place.agora, AMINA, publish())
    await place.append(item)
    lose(store, place)
    assert await place.statuses(item) == ["duplicate"]
    await place.say("autre")
    assert await place.statuses(item) == ["duplicate"]


async def test_the_ledger_of_a_rebuilt_room_goes_on(place: Place, store: Store) -> None:
    await place.act(place.agora, MODERATOR, switch())
    lose(store, place)
    await place.act(place.agora, MODERATOR, switch("agora"))
    kept = store.command("XRANGE", keys.room_key(place.agora, "ledger"), "-", "+")
    assert [item["k"] for _, item in kept] == ["mode", "epoch", "mode"]
    assert entries.decode(kept[1][1]["b"].encode())["previous"] == ""


async def test_a_room_that_lost_its_log_and_its_numbers_goes_on_after_its_ledger(
    place: Place, store: Store
) -> None:
    await place.say("un")
    await place.act(place.agora, MODERATOR, switch())
    lose(store, place)
    lose(store, place, "log")
    assert (await place.room(place.agora)).mode == "announcement"
    assert await place.act(place.agora, MODERATOR, publish()) == 3


async def test_a_hub_that_lost_its_numbers_gets_new_ones(place: Place, store: Store) -> None:
    before = await place.log.hub(place.hub)
    store.command("DEL", keys.hub_key(place.hub, "hub"))
    after = await place.log.hub(place.hub)
    assert before is not None and after is not None
    assert before.rev != after.rev
    assert (before.rooms, before.roles) == (after.rooms, after.roles)
    assert await place.say("un") == 1
