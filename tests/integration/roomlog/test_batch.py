"""Within one batch, each item is judged on what the items before it leave."""

from msgspec.structs import replace

from hubbub.domain import entries
from hubbub.domain.identity import Role
from hubbub.roomlog import keys
from tests.integration.roomlog.place import (
    AMINA,
    BILAL,
    MODERATOR,
    OWNER,
    Place,
    floor,
    grant,
    publish,
    react,
    settings,
    switch,
)
from tests.support.stores import Store


async def tallies(place: Place, seq: int) -> dict[str, int]:
    """The reactions of a message as a page folds them."""
    page = await place.log.page(place.agora, 300, None, None)
    assert page is not None
    [tally] = [stand.tally for stand in page.stands if stand.seq == seq]
    return entries.tally(tally) if tally else {}


async def test_the_same_id_twice_is_one_entry(place: Place) -> None:
    items = [await place.item(place.agora, AMINA, publish(text), id="01J") for text in ("un", "deux")]
    first, second = await place.append(*items)
    assert (first.status, second.status, second.number) == ("ok", "duplicate", first.number)
    assert len(await place.raw()) == 1


async def test_the_same_reaction_twice_is_one_entry(place: Place) -> None:
    seq = await place.say("un")
    items = [await place.item(place.agora, AMINA, react(seq)) for _ in range(2)]
    assert await place.statuses(*items) == ["ok", "no_change"]


async def test_a_reaction_set_and_taken_back_leaves_no_tally(place: Place, store: Store) -> None:
    seq = await place.say("un")
    items = [await place.item(place.agora, AMINA, react(seq, on=on)) for on in (True, False)]
    assert await place.statuses(*items) == ["ok", "ok"]
    assert store.command("EXISTS", keys.room_key(place.agora, "tallies")) == 0
    assert await place.log.have_reacted(place.agora, [f"{seq}|👍|{AMINA.id}"]) == [False]


async def test_what_is_left_of_several_reactions_is_counted(place: Place) -> None:
    seq = await place.say("un")
    items = [
        await place.item(place.agora, AMINA, react(seq)),
        await place.item(place.agora, BILAL, react(seq)),
        await place.item(place.agora, BILAL, react(seq, "🎉")),
        await place.item(place.agora, AMINA, react(seq, on=False)),
    ]
    assert await place.statuses(*items) == ["ok"] * 4
    assert await tallies(place, seq) == {"👍": 1, "🎉": 1}
    await place.act(place.agora, BILAL, react(seq, on=False))
    await place.act(place.agora, BILAL, react(seq, "🎉", on=False))
    assert await tallies(place, seq) == {}


async def test_one_may_reply_to_and_react_on_a_message_of_the_same_batch(place: Place) -> None:
    items = [
        await place.item(place.agora, AMINA, publish("un")),
        await place.item(place.agora, BILAL, publish("re", reply_to=1)),
        await place.item(place.agora, BILAL, react(1)),
    ]
    assert await place.statuses(*items) == ["ok"] * 3


async def test_what_is_removed_is_no_target_for_what_follows(place: Place) -> None:
    seq = await place.say("un")
    items = [
        await place.item(place.agora, MODERATOR, await place.removes(seq)),
        await place.item(place.agora, AMINA, await place.edits(seq, "deux")),
        await place.item(place.agora, AMINA, react(seq)),
        await place.item(place.agora, AMINA, await place.removes(seq)),
    ]
    assert await place.statuses(*items) == ["ok"] + ["unknown_entry"] * 3


async def test_a_removal_that_does_not_know_the_edit_before_it_is_stale(place: Place) -> None:
    seq = await place.say("un")
    items = [
        await place.item(place.agora, AMINA, await place.edits(seq, "deux")),
        await place.item(place.agora, MODERATOR, await place.removes(seq)),
    ]
    assert await place.statuses(*items) == ["ok", "stale"]


async def test_a_reaction_before_the_removal_of_its_message_leaves_no_tally(
    place: Place, store: Store
) -> None:
    seq = await place.say("un")
    items = [
        await place.item(place.agora, AMINA, react(seq)),
        await place.item(place.agora, MODERATOR, await place.removes(seq)),
    ]
    assert await place.statuses(*items) == ["ok", "ok"]
    for part in ("tallies", "reactors", "edits"):
        assert store.command("EXISTS", keys.room_key(place.agora, part)) == 0


async def test_no_message_of_a_participant_follows_a_switch(place: Place) -> None:
    items = [
        await place.item(place.agora, AMINA, publish("avant")),
        await place.item(place.agora, MODERATOR, switch()),
        await place.item(place.agora, AMINA, publish("après")),
    ]
    assert await place.statuses(*items) == ["ok", "ok", "stale"]
    assert [entry["kind"] for entry in await place.raw()] == ["message", "mode"]


async def test_after_a_stale_item_every_later_one_of_the_room_is_stale(place: Place) -> None:
    old = await place.item(place.agora, AMINA, publish())
    await place.act(place.agora, MODERATOR, settings(title="x"))
    new = await place.item(place.agora, AMINA, publish())
    refused = await place.item(place.agora, AMINA, publish(about=(place.news, 1)))
    assert refused.decision.refusal is not None
    assert await place.statuses(old, new, refused) == ["stale"] * 3
    assert await place.statuses(new) == ["ok"]


async def test_after_a_stale_item_the_other_rooms_go_on(place: Place) -> None:
    old = await place.item(place.agora, AMINA, publish())
    await place.act(place.agora, MODERATOR, settings(title="x"))
    other = await place.item(place.news, MODERATOR, publish())
    assert await place.statuses(old, other) == ["stale", "ok"]


async def test_a_duplicate_after_a_stale_item_is_still_a_duplicate(place: Place) -> None:
    accepted = await place.item(place.agora, AMINA, publish())
    await place.append(accepted)
    old = await place.item(place.agora, AMINA, publish())
    await place.act(place.agora, MODERATOR, settings(title="x"))
    assert await place.statuses(old, accepted) == ["stale", "duplicate"]


async def test_a_grant_makes_what_follows_stale_in_every_room_of_the_hub(place: Place) -> None:
    items = [
        await place.item(place.agora, OWNER, grant(AMINA, Role.SPEAKER)),
        await place.item(place.news, MODERATOR, publish()),
    ]
    assert await place.statuses(*items) == ["ok", "stale"]


async def test_asking_for_the_floor_twice_is_stale(place: Place) -> None:
    items = [await place.item(place.news, AMINA, floor("ask")) for _ in range(2)]
    assert await place.statuses(*items) == ["ok", "stale"]


async def test_an_ask_right_before_a_switch_leaves_no_ask(place: Place) -> None:
    items = [
        await place.item(place.news, AMINA, floor("ask")),
        await place.item(place.news, MODERATOR, switch("agora")),
    ]
    assert await place.statuses(*items) == ["ok", "ok"]
    assert not (await place.room(place.news)).turn_by_identity


async def test_two_messages_at_once_are_one_too_many_in_slow_mode(place: Place) -> None:
    await place.act(place.agora, MODERATOR, settings(slow_ms=60_000))
    items = [await place.item(place.agora, AMINA, publish(text)) for text in ("un", "deux")]
    first, second = await place.append(*items)
    assert (first.status, second.status, second.number) == ("ok", "slow_mode", 60_000)


async def test_what_was_decided_on_the_revision_that_an_earlier_item_makes_is_accepted(place: Place) -> None:
    """So a node may send a switch and what it allows in one batch."""
    switched = await place.item(place.news, MODERATOR, switch("agora"))
    said = await place.item(place.news, MODERATOR, publish())
    epoch, number = said.rev_by_room[place.news].split()
    said = replace(said, rev_by_room={place.news: f"{epoch} {int(number) + 1}"})
    assert await place.statuses(switched, said) == ["ok", "ok"]


async def test_an_empty_batch_changes_nothing(place: Place) -> None:
    assert await place.append() == []
