"""Reading: raw entries from anywhere, folded pages, a room from afar, and single messages."""

from __future__ import annotations

import pytest

from hubbub.domain import entries
from hubbub.roomlog.log import Page, Reading
from tests.integration.roomlog.place import (
    AMINA,
    BILAL,
    MODERATOR,
    OWNER,
    Place,
    publish,
    react,
    settings,
    switch,
)


@pytest.fixture
async def ten(place: Place) -> Place:
    """The agora has ten messages, numbered like their texts."""
    items = [await place.item(place.agora, AMINA, publish(str(number))) for number in range(1, 11)]
    await place.append(*items)
    return place


def seqs(found: Reading | Page | None) -> list[int]:
    assert found is not None
    return [stand.seq for stand in found.stands]


# -- raw ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("after", "expected"), [(0, range(1, 11)), (7, [8, 9, 10]), (10, []), (99, [])])
async def test_a_resume_reads_what_came_after(ten: Place, after: int, expected: list[int]) -> None:
    assert seqs(await ten.log.read(ten.agora, after=after)) == list(expected)


@pytest.mark.parametrize(("newest", "expected"), [(0, []), (3, [8, 9, 10]), (300, range(1, 11))])
async def test_a_fresh_join_reads_the_newest(ten: Place, newest: int, expected: list[int]) -> None:
    assert seqs(await ten.log.read(ten.agora, newest=newest)) == list(expected)


async def test_a_reading_is_bounded_and_keeps_the_oldest_of_it(ten: Place) -> None:
    reading = await ten.log.read(ten.agora, after=2, most=3)
    assert seqs(reading) == [3, 4, 5]
    assert reading is not None and (reading.from_seq, reading.numbers.seq) == (3, 10)


async def test_a_reading_carries_the_state_of_the_same_instant(place: Place) -> None:
    await place.act(place.agora, MODERATOR, settings(title="A"))
    reading = await place.log.read(place.agora, with_state=True)
    without = await place.log.read(place.agora)
    assert reading is not None and without is not None
    assert reading.state is not None and without.state is None
    assert set(reading.state.meta) == {"created", "title"}


async def test_raw_entries_are_not_folded(place: Place) -> None:
    seq = await place.say("un")
    await place.act(place.agora, AMINA, await place.edits(seq, "deux"))
    assert [entry["text"] for entry in await place.raw()] == ["un", "deux"]


# -- pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "before", "after", "expected", "more"),
    [
        (3, None, None, [8, 9, 10], True),
        (10, None, None, range(1, 11), False),
        (300, None, None, range(1, 11), False),
        (3, 8, None, [5, 6, 7], True),
        (3, 4, None, [1, 2, 3], False),
        (3, 3, None, [1, 2], False),
        (3, 1, None, [], False),
        (3, 99, None, [8, 9, 10], True),
        (3, None, 0, [1, 2, 3], True),
        (3, None, 7, [8, 9, 10], False),
        (3, None, 8, [9, 10], False),
        (3, None, 10, [], False),
        (3, None, 99, [], False),
    ],
)
async def test_a_page_lies_before_or_after_a_seq_and_says_whether_there_is_more(
    ten: Place, limit: int, before: int | None, after: int | None, expected: list[int], more: bool
) -> None:
    page = await ten.log.page(ten.agora, limit, before, after)
    assert page is not None
    assert (seqs(page), page.more) == (list(expected), more)


async def test_a_page_of_an_empty_room_is_empty(place: Place) -> None:
    page = await place.log.page(place.agora, 300, None, None)
    assert page is not None and (page.stands, page.more) == ([], False)


async def test_a_page_brings_the_newest_edit_beside_the_message(place: Place) -> None:
    seq = await place.say("un")
    for text in ("deux", "trois"):
        await place.act(place.agora, AMINA, await place.edits(seq, text))
    page = await place.log.page(place.agora, 1, 2, None)
    assert page is not None
    [stand] = page.stands
    folded = entries.decode(entries.folded(stand.body, stand.edit, {}, []))
    assert (stand.seq, folded["text"]) == (seq, "trois")
    assert folded["edited"] == (await place.raw())[2]["at"]


async def test_a_page_counts_the_reactions_of_each_message(place: Place) -> None:
    seqs = [await place.say(text) for text in ("un", "deux")]
    for who, emoji in ((AMINA, "👍"), (BILAL, "👍"), (BILAL, "🎉"), (MODERATOR, "👀")):
        await place.act(place.agora, who, react(seqs[0], emoji))
    await place.act(place.agora, MODERATOR, react(seqs[0], "👀", on=False))
    page = await place.log.page(place.agora, 300, None, None)
    assert page is not None
    assert entries.tally(page.stands[0].tally) == {"👍": 2, "🎉": 1}
    assert page.stands[1].tally == b""


async def test_whose_a_reaction_is_can_be_asked(place: Place) -> None:
    seq = await place.say("un")
    await place.act(place.agora, BILAL, react(seq))
    members = [f"{seq}|👍|{who.id}" for who in (AMINA, BILAL)]
    assert await place.log.have_reacted(place.agora, members) == [False, True]
    assert await place.log.have_reacted(place.agora, []) == []


# -- from afar ------------------------------------------------------------------------------------


async def test_a_glance_counts_messages_after_what_was_seen(ten: Place) -> None:
    await ten.act(ten.agora, MODERATOR, switch())
    await ten.log.seen(ten.hub, [(ten.agora, BILAL.id, 0, 7)])
    glance = (await ten.log.glances(ten.hub, [ten.agora], BILAL.id))[ten.agora]
    assert (glance.seen, glance.unread, glance.numbers.seq) == (7, 3, 11)


async def test_who_never_saw_anything_has_everything_unread(ten: Place) -> None:
    glance = (await ten.log.glances(ten.hub, [ten.agora], BILAL.id))[ten.agora]
    assert (glance.seen, glance.unread) == (None, 10)


async def test_who_saw_everything_has_nothing_unread(ten: Place) -> None:
    await ten.act(ten.agora, MODERATOR, switch())
    await ten.log.seen(ten.hub, [(ten.agora, BILAL.id, 0, 10)])
    assert (await ten.log.glances(ten.hub, [ten.agora], BILAL.id))[ten.agora].unread == 0


async def test_what_was_seen_may_have_been_removed(ten: Place) -> None:
    await ten.log.seen(ten.hub, [(ten.agora, BILAL.id, 0, 7)])
    await ten.act(ten.agora, MODERATOR, await ten.removes(7))
    assert (await ten.log.glances(ten.hub, [ten.agora], BILAL.id))[ten.agora].unread == 3


async def test_glances_at_several_rooms_carry_what_made_their_state(ten: Place) -> None:
    glances = await ten.log.glances(ten.hub, [ten.news, ten.agora], None)
    assert list(glances) == [ten.news, ten.agora]
    assert entries.decode(glances[ten.news].meta["created"])["mode"] == "announcement"
    assert await ten.log.glances(ten.hub, [], None) == {}


# -- single messages and people -------------------------------------------------------------------


async def test_targets_come_with_the_seqs_of_their_edits_in_the_order_asked(ten: Place) -> None:
    for text in ("a", "b"):
        await ten.act(ten.agora, AMINA, await ten.edits(2, text))
    found = await ten.log.targets([(ten.agora, 3), (ten.agora, 2), (ten.news, 1)])
    assert [(stand and stand.seq, edits) for stand, edits in found] == [(3, b""), (2, b"11,12"), (None, b"")]
    assert await ten.log.targets([]) == []


async def test_people_who_were_introduced_are_known_to_their_hub(place: Place) -> None:
    await place.log.introduce(place.hub, {OWNER.id: b"Ola"})
    assert await place.log.people(place.hub, [AMINA.id, OWNER.id]) == [None, b"Ola"]
    assert await place.log.people(f"{place.hub}-2", [OWNER.id]) == [None]
    assert await place.log.people(place.hub, []) == []
