"""A removal erases: no key keeps the text, and everywhere the log is read a stand-in is found."""

from hubbub.domain import decide, entries
from hubbub.domain.decision import Subject
from hubbub.roomlog import keys
from tests.integration.roomlog.place import AMINA, BILAL, MODERATOR, Place, everything, publish, react
from tests.support.stores import Store

SECRETS = ("secret-one", "secret-two", "secret-three")


async def removed_with_edits(place: Place) -> int:
    """A message with data, edited twice, reacted on, and then removed by a moderator; gives its `seq`."""
    seq = await place.act(place.agora, AMINA, publish(SECRETS[0], data={"key": SECRETS[0]}))
    await place.act(place.agora, BILAL, react(seq))
    for text in SECRETS[1:]:
        await place.act(place.agora, AMINA, await place.edits(seq, text))
    await place.act(place.agora, MODERATOR, await place.removes(seq))
    return seq


async def test_no_key_of_the_hub_keeps_a_text_that_was_removed(place: Place, store: Store) -> None:
    await removed_with_edits(place)
    kept = repr(everything(store, place.hub))
    assert "hors sujet" in kept, "what is kept is not searched well"
    assert not [secret for secret in SECRETS if secret in kept]


async def test_a_removed_message_and_its_edits_stand_without_their_texts(place: Place) -> None:
    seq = await removed_with_edits(place)
    stands = await place.raw()
    assert [(entry["seq"], entry["kind"]) for entry in stands] == [
        (1, "removed"),
        (2, "reaction"),
        (3, "edit"),
        (4, "edit"),
        (5, "removal"),
    ]
    assert set(stands[0]) == {"seq", "at", "kind", "by"}
    assert stands[0]["by"] == AMINA.card()
    assert set(stands[2]) == {"seq", "at", "kind", "by", "target"}
    assert (stands[4]["target"], stands[4]["reason"]) == (seq, "hors sujet")


async def test_a_page_shows_the_same_stand_ins(place: Place) -> None:
    await removed_with_edits(place)
    page = await place.log.page(place.agora, 300, None, None)
    assert page is not None
    assert [entries.decode(stand.body) for stand in page.stands] == await place.raw()
    assert not any(stand.edit or stand.tally for stand in page.stands)


async def test_a_stand_in_is_found_wherever_a_reading_begins_and_ends(place: Place) -> None:
    await removed_with_edits(place)
    whole = await place.raw()
    for start in range(5):
        for most in range(1, 6):
            reading = await place.log.read(place.agora, after=start, most=most)
            assert reading is not None
            assert [entries.decode(stand.body) for stand in reading.stands] == whole[start : start + most]


async def test_reactions_and_edits_of_a_removed_message_are_forgotten(place: Place, store: Store) -> None:
    seq = await removed_with_edits(place)
    for part in ("edits", "tallies", "reactors"):
        assert store.command("EXISTS", keys.room_key(place.agora, part)) == 0
    assert await place.log.have_reacted(place.agora, [f"{seq}|👍|{BILAL.id}"]) == [False]


async def test_reactions_of_other_messages_stay(place: Place) -> None:
    seq = await place.say("un")
    other = await place.say("deux")
    for target in (seq, other):
        await place.act(place.agora, BILAL, react(target))
    await place.act(place.agora, MODERATOR, await place.removes(seq))
    members = [f"{target}|👍|{BILAL.id}" for target in (seq, other)]
    assert await place.log.have_reacted(place.agora, members) == [False, True]


async def test_what_was_removed_is_no_target_any_more(place: Place) -> None:
    seq = await removed_with_edits(place)
    [(stand, edits)] = await place.log.targets([(place.agora, seq)])
    assert (stand, edits) == (None, b"")


async def test_a_removal_adds_an_entry_and_takes_no_number_away(place: Place) -> None:
    seq = await place.say("un")
    removal = await place.act(place.agora, MODERATOR, await place.removes(seq))
    numbers = await place.numbers(place.agora)
    assert (removal, numbers.seq, numbers.first) == (2, 2, 1)


async def test_one_may_take_back_ones_own_message(place: Place, store: Store) -> None:
    seq = await place.say(SECRETS[0])
    target = await place.target(seq)
    await place.act(
        place.agora,
        AMINA,
        lambda case: decide.remove(case, target=target, author=Subject(AMINA), seq=seq, reason=None),
    )
    assert [entry["kind"] for entry in await place.raw()] == ["removed", "removal"]
    assert SECRETS[0] not in repr(everything(store, place.hub))
