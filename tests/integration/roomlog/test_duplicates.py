"""An id is remembered for ten minutes at least, however the memory of ids is rotated meanwhile."""

import pytest

from hubbub.roomlog import keys
from tests.integration.roomlog.place import AMINA, Place, publish
from tests.support.stores import Store

MINUTE_MS = 60_000


async def is_remembered(place: Place, id: str) -> bool:
    item = await place.item(place.agora, AMINA, publish(reply_to=10**9), id=id)  # never accepted
    return await place.statuses(item) == ["duplicate"]


def turn_clock(store: Store, place: Place, minutes: int) -> None:
    """Lets the memory of ids be that much older than it is."""
    meta = keys.room_key(place.agora, "meta")
    rotated = int(store.command("HGET", meta, "rotated"))
    store.command("HSET", meta, "rotated", rotated - minutes * MINUTE_MS)


@pytest.mark.parametrize("quiet_minutes", [0, 9, 11, 19, 21, 1_000])
async def test_the_first_message_after_a_quiet_time_is_remembered(
    place: Place, store: Store, quiet_minutes: int
) -> None:
    turn_clock(store, place, quiet_minutes)
    await place.say("un", id="01J")
    assert await is_remembered(place, "01J")


@pytest.mark.parametrize("minutes", [9, 11, 19])
async def test_an_id_is_remembered_across_a_rotation(place: Place, store: Store, minutes: int) -> None:
    await place.say("un", id="01J")
    turn_clock(store, place, minutes)
    await place.say("deux")
    assert await is_remembered(place, "01J")


async def test_an_id_written_just_before_a_rotation_is_remembered_until_the_next(
    place: Place, store: Store
) -> None:
    turn_clock(store, place, 9)
    await place.say("un", id="01J")
    turn_clock(store, place, 2)
    await place.say("rotation")
    turn_clock(store, place, 9)
    await place.say("no rotation")
    assert await is_remembered(place, "01J")


async def test_no_more_than_one_rotation_comes_within_ten_minutes(place: Place, store: Store) -> None:
    turn_clock(store, place, 4)
    await place.say("un", id="01J")
    for minutes in (2, 5):
        turn_clock(store, place, minutes)
        await place.say("deux")
    assert await is_remembered(place, "01J")


async def test_ids_are_forgotten_in_the_end(place: Place, store: Store) -> None:
    await place.say("un", id="01J")
    for _ in range(2):
        turn_clock(store, place, 11)
        await place.say("rotation")
    assert not await is_remembered(place, "01J")


async def test_ids_of_a_room_that_was_quiet_for_long_are_forgotten_at_once(
    place: Place, store: Store
) -> None:
    await place.say("un", id="01J")
    turn_clock(store, place, 21)
    await place.say("deux")
    assert not await is_remembered(place, "01J")
