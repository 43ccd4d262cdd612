"""Hubs and rooms are made once, and what is not there is told so."""

from hubbub.domain import entries
from hubbub.domain.state import HubState
from hubbub.roomlog.log import RoomLog
from tests.integration.roomlog.place import AMINA, BILAL, MODERATOR, OWNER, Place, created, publish


async def test_a_hub_is_made_once_with_its_first_owners(place: Place) -> None:
    reading = await place.log.hub(place.hub)
    assert reading is not None
    hub = HubState.load(place.hub, reading.rooms, reading.roles.values(), reading.sanctions.values())
    assert hub.grants.keys() == {MODERATOR.id, OWNER.id}
    assert hub.rooms == {place.agora, place.news}


async def test_a_hub_made_again_exists_and_keeps_its_owners(place: Place) -> None:
    role = {"kind": "role", "by": BILAL.card(), "subject": BILAL.card(), "role": "owner", "reason": "mine"}
    body = entries.rest({"kind": "created", "by": BILAL.card()})
    before = await place.log.hub(place.hub)
    change, _ = await place.log.create_hub(place.hub, body, {BILAL.id: entries.rest(role)})
    after = await place.log.hub(place.hub)
    assert change == "exists"
    assert before is not None and after is not None
    assert (before.rev, before.roles) == (after.rev, after.roles)


async def test_hubs_are_listed(place: Place) -> None:
    assert place.hub in await place.log.hubs()


async def test_a_room_needs_its_hub(log: RoomLog, place: Place) -> None:
    change, _ = await log.create_room(f"{place.hub}-not/agora", created())
    assert change == "missing"


async def test_a_fresh_room_is_empty_and_can_be_read_from_its_first_entry(place: Place) -> None:
    numbers = await place.numbers(place.agora)
    assert (numbers.seq, numbers.first, numbers.messages) == (0, 1, 0)
    assert await place.raw() == []


async def test_a_room_begins_with_what_it_was_created_with(place: Place) -> None:
    before, made_at = await place.log.create_room(
        f"{place.hub}/x", created("announcement", title="X", discussion=place.agora)
    )
    room = await place.room(f"{place.hub}/x")
    assert (before, room.mode, room.title, room.discussion) == ("made", "announcement", "X", place.agora)
    assert room.mode_entry["at"] == made_at


async def test_a_room_made_again_exists_and_stays_as_it_is(place: Place) -> None:
    await place.say("un")
    change, _ = await place.log.create_room(place.agora, created("announcement"))
    room, numbers = await place.room(place.agora), await place.numbers(place.agora)
    assert (change, room.mode, numbers.seq) == ("exists", "agora", 1)


async def test_two_rooms_have_epochs_of_their_own(place: Place) -> None:
    assert (await place.numbers(place.agora)).epoch != (await place.numbers(place.news)).epoch


async def test_what_is_not_there_reads_as_nothing(log: RoomLog, place: Place) -> None:
    nowhere = f"{place.hub}/nowhere"
    assert await log.hub(f"{place.hub}-not") is None
    assert await log.read(nowhere) is None
    assert await log.read(f"{place.hub}-not/agora") is None
    assert await log.page(nowhere, 10, None, None) is None
    assert list(await log.glances(place.hub, [nowhere, place.agora], None)) == [place.agora]


async def test_nothing_is_appended_to_a_room_that_is_not_there(place: Place) -> None:
    item = await place.item(place.agora, AMINA, publish())
    nowhere = f"{place.hub}/nowhere"
    lost = await place.item(place.agora, AMINA, publish(), room=nowhere, rev_by_room={nowhere: "x 1"})
    assert await place.statuses(lost, item) == ["unknown_room", "ok"]
