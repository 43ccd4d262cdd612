"""What people have seen of a room: it rises, never falls, and ends at the newest entry."""

from __future__ import annotations

from hubbub.roomlog import keys
from tests.integration.roomlog.place import AMINA, BILAL, MODERATOR, Place
from tests.support.stores import Store


async def five(place: Place) -> Place:
    for number in range(5):
        await place.say(str(number))
    return place


def score(store: Store, address: str, part: str, identity_id: str = AMINA.id) -> int | None:
    found = store.command("ZSCORE", keys.room_key(address, part), identity_id)
    return None if found is None else int(float(found))


async def test_what_was_seen_rises(place: Place, store: Store) -> None:
    await five(place)
    for seq in (2, 4):
        await place.log.seen(place.hub, [(place.agora, AMINA.id, 0, seq)])
        assert score(store, place.agora, "last") == seq


async def test_what_was_seen_never_goes_down(place: Place, store: Store) -> None:
    await five(place)
    await place.log.seen(place.hub, [(place.agora, AMINA.id, 0, 4), (place.agora, AMINA.id, 0, 2)])
    assert score(store, place.agora, "last") == 4


async def test_what_was_seen_is_cut_to_the_newest_entry(place: Place, store: Store) -> None:
    await five(place)
    await place.log.seen(place.hub, [(place.agora, AMINA.id, 99, 99)])
    assert (score(store, place.agora, "first"), score(store, place.agora, "last")) == (5, 5)


async def test_the_first_head_stays_the_first(place: Place, store: Store) -> None:
    await five(place)
    await place.log.seen(place.hub, [(place.agora, AMINA.id, 1, 2)])
    await place.log.seen(place.hub, [(place.agora, AMINA.id, 3, 4)])
    assert (score(store, place.agora, "first"), score(store, place.agora, "last")) == (1, 4)


async def test_who_saw_only_what_was_before_their_join_is_no_reader_yet(place: Place, store: Store) -> None:
    await five(place)
    await place.log.seen(place.hub, [(place.agora, AMINA.id, 4, 3)])
    assert (score(store, place.agora, "first"), score(store, place.agora, "last")) == (None, None)


async def test_what_several_saw_in_several_rooms_is_told_at_once(place: Place, store: Store) -> None:
    await five(place)
    await place.say("annonce", room=place.news, who=MODERATOR)
    moves = [(place.agora, AMINA.id, 0, 3), (place.news, BILAL.id, 0, 1), (place.agora, BILAL.id, 2, 5)]
    await place.log.seen(place.hub, moves)
    found = [
        score(store, room, "last", id) for room, id in ((place.agora, AMINA.id), (place.agora, BILAL.id))
    ]
    assert (found, score(store, place.news, "last", BILAL.id)) == ([3, 5], 1)


async def test_a_room_that_is_not_there_hinders_no_other(place: Place, store: Store) -> None:
    await five(place)
    moves = [(f"{place.hub}/nowhere", AMINA.id, 0, 1), (place.agora, AMINA.id, 0, 1)]
    await place.log.seen(place.hub, moves)
    assert score(store, place.agora, "last") == 1


async def test_readers_of_an_entry_are_those_who_saw_it_and_were_there(place: Place, store: Store) -> None:
    """The count is readers(s) = count(last >= s) - count(first > s)."""
    await five(place)
    moves = [(place.agora, "u:1", 0, 2), (place.agora, "u:2", 0, 5), (place.agora, "u:3", 3, 5)]
    await place.log.seen(place.hub, moves)

    def readers(seq: int) -> int:
        last = store.command("ZCOUNT", keys.room_key(place.agora, "last"), seq, "+inf")
        first = store.command("ZCOUNT", keys.room_key(place.agora, "first"), f"({seq}", "+inf")
        return int(last) - int(first)

    assert [readers(seq) for seq in range(1, 6)] == [2, 2, 2, 2, 2]
