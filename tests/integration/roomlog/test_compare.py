"""What is compared before an entry is appended, in which order, and that a refusal leaves no trace."""

from typing import Any

import pytest
from msgspec.structs import replace

from hubbub.domain import decide
from hubbub.domain.decision import Decision
from hubbub.domain.identity import Role
from hubbub.roomlog import keys
from hubbub.roomlog.batch import Item
from tests.integration.roomlog.place import (
    AMINA,
    BILAL,
    MODERATOR,
    OWNER,
    Deciding,
    Place,
    everything,
    floor,
    grant,
    mute,
    publish,
    react,
    settings,
    switch,
)
from tests.support.stores import Store


def decided(item: Item, **changes: Any) -> Item:
    """The same item with other fields of its decision."""
    return replace(item, decision=replace(item.decision, **changes))


# -- duplicates first -----------------------------------------------------------------------------


async def test_the_same_author_and_id_is_answered_with_the_same_seq(place: Place) -> None:
    seq = await place.say("un", id="01J")
    await place.say("deux")
    [again] = await place.append(await place.item(place.agora, AMINA, publish("other"), id="01J"))
    assert (again.status, again.number) == ("duplicate", seq)
    assert [entry["text"] for entry in await place.raw()] == ["un", "deux"]


async def test_an_id_is_its_authors_and_its_rooms(place: Place) -> None:
    await place.say("un", id="01J")
    assert await place.say("deux", who=BILAL, id="01J") == 2
    assert await place.say("trois", room=place.news, who=MODERATOR, id="01J") == 1


async def test_a_retry_of_what_was_accepted_is_never_stale(place: Place) -> None:
    item = await place.item(place.agora, AMINA, publish(), id="01J")
    await place.append(item)
    await place.act(place.agora, MODERATOR, switch())
    assert await place.statuses(item) == ["duplicate"]


async def test_a_retry_of_what_was_accepted_is_never_refused(place: Place) -> None:
    await place.say("un", id="01J")
    await place.act(place.agora, MODERATOR, switch())
    retry = await place.item(place.agora, AMINA, publish("un"), id="01J")
    assert retry.decision.refusal is not None
    assert await place.statuses(retry) == ["duplicate"]


async def test_a_retry_is_a_duplicate_before_its_target_is_looked_for(place: Place) -> None:
    seq = await place.say("un")
    reply = await place.item(place.agora, AMINA, publish("re", reply_to=seq), id="01J")
    await place.append(reply)
    await place.act(place.agora, MODERATOR, await place.removes(seq))
    assert await place.statuses(reply) == ["duplicate"]


async def test_an_id_that_was_refused_is_not_remembered(place: Place) -> None:
    lost = await place.item(place.agora, AMINA, publish(reply_to=99), id="01J")
    assert await place.statuses(lost) == ["unknown_entry"]
    assert await place.say("un", id="01J") == 1


# -- then what the decision was made on -----------------------------------------------------------


async def test_a_refusal_on_the_newest_state_is_confirmed(place: Place) -> None:
    item = await place.item(place.news, AMINA, publish())
    assert item.decision.refusal is not None
    assert await place.statuses(item) == ["confirmed"]


async def test_a_refusal_on_an_old_state_is_stale(place: Place) -> None:
    item = await place.item(place.news, AMINA, publish())
    await place.act(place.news, MODERATOR, switch("agora"))
    assert await place.statuses(item) == ["stale"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(switch("agora"), id="mode"),
        pytest.param(settings(title="x"), id="settings"),
        pytest.param(mute(), id="mute"),
        pytest.param(mute(scope="hub"), id="hub mute"),
        pytest.param(grant(), id="role"),
        pytest.param(floor("give"), id="floor"),
    ],
)
async def test_what_was_decided_before_a_change_of_state_is_stale(place: Place, change: Deciding) -> None:
    item = await place.item(place.news, MODERATOR, publish())
    await place.act(place.news, OWNER, change)
    assert await place.statuses(item) == ["stale"]


async def test_talk_and_asks_make_nobody_stale(place: Place) -> None:
    item = await place.item(place.news, MODERATOR, publish())
    await place.act(place.news, AMINA, floor("ask"))
    await place.act(place.news, OWNER, publish())
    await place.act(place.news, AMINA, react(2))
    assert await place.statuses(item) == ["ok"]


async def test_a_change_of_another_room_makes_nobody_stale(place: Place) -> None:
    item = await place.item(place.agora, AMINA, publish())
    await place.act(place.news, MODERATOR, switch("agora"))
    assert await place.statuses(item) == ["ok"]


async def test_a_change_of_a_room_that_the_decision_read_is_stale(place: Place) -> None:
    await place.act(place.news, MODERATOR, settings(discussion=place.agora))
    seq = await place.say("annonce", room=place.news, who=MODERATOR)
    news = await place.room(place.news)
    item = await place.item(place.agora, AMINA, publish(about=(place.news, seq), about_room=news))
    await place.act(place.news, MODERATOR, settings(discussion=""))
    assert await place.statuses(item) == ["stale"]


@pytest.mark.parametrize(
    ("from_in_ms", "to_in_ms", "status"),
    [
        (None, 60_000, "ok"),
        (-60_000, None, "ok"),
        (-60_000, 60_000, "ok"),
        (60_000, None, "stale"),
        (None, -60_000, "stale"),
        (None, 0, "stale"),
    ],
)
async def test_a_decision_holds_only_within_its_interval_of_the_stores_time(
    place: Place, from_in_ms: int | None, to_in_ms: int | None, status: str
) -> None:
    now = (await place.numbers(place.agora)).now_ms
    item = decided(
        await place.item(place.agora, AMINA, publish()),
        from_ms=now + from_in_ms if from_in_ms is not None else None,
        to_ms=now + to_in_ms if to_in_ms is not None else None,
    )
    assert await place.statuses(item) == [status]


async def test_an_edit_that_another_edit_overtook_comes_after_it(place: Place) -> None:
    seq = await place.say("un")
    item = await place.item(place.agora, AMINA, await place.edits(seq, "deux"))
    await place.act(place.agora, AMINA, await place.edits(seq, "trois"))
    assert await place.statuses(item) == ["ok"]


async def test_a_turn_that_another_one_overtook_is_stale(place: Place) -> None:
    item = await place.item(place.news, MODERATOR, floor("give"))
    await place.act(place.news, AMINA, floor("ask"))
    assert await place.statuses(item) == ["stale"]


# -- then the conditions --------------------------------------------------------------------------


async def test_a_reply_to_nothing_is_unknown(place: Place) -> None:
    assert await place.statuses(await place.item(place.agora, AMINA, publish(reply_to=1))) == [
        "unknown_entry"
    ]


async def test_only_a_message_can_be_a_target(place: Place) -> None:
    seq = await place.act(place.agora, MODERATOR, settings(title="x"))
    assert await place.statuses(await place.item(place.agora, AMINA, react(seq))) == ["unknown_entry"]


async def test_a_removed_message_is_no_target(place: Place) -> None:
    seq = await place.say("un")
    item = await place.item(place.agora, AMINA, publish("re", reply_to=seq))
    await place.act(place.agora, MODERATOR, await place.removes(seq))
    assert (
        await place.statuses(item, await place.item(place.agora, AMINA, react(seq))) == ["unknown_entry"] * 2
    )


async def test_an_announcement_of_the_other_room_must_be_there(place: Place) -> None:
    await place.act(place.news, MODERATOR, settings(discussion=place.agora))
    seq = await place.say("annonce", room=place.news, who=MODERATOR)
    news = await place.room(place.news)

    def about(number: int) -> Any:
        return publish(about=(place.news, number), about_room=news)

    items = [await place.item(place.agora, AMINA, about(number)) for number in (seq, seq + 1, 1)]
    assert await place.statuses(*items) == ["ok", "unknown_entry", "unknown_entry"]


async def test_a_reaction_that_is_there_or_not_there_already_is_no_change(place: Place) -> None:
    seq = await place.say("un")
    await place.act(place.agora, AMINA, react(seq))
    assert await place.statuses(await place.item(place.agora, AMINA, react(seq))) == ["no_change"]
    assert await place.statuses(await place.item(place.agora, AMINA, react(seq, on=False))) == ["ok"]
    assert await place.statuses(await place.item(place.agora, AMINA, react(seq, on=False))) == ["no_change"]


async def test_the_twenty_first_emoji_of_a_message_is_too_large(place: Place) -> None:
    seq = await place.say("un")
    emojis = [chr(0x1F600 + number) for number in range(21)]
    items = [await place.item(place.agora, AMINA, react(seq, emoji)) for emoji in emojis]
    assert await place.statuses(*items) == ["ok"] * 20 + ["too_large"]
    same = await place.item(place.agora, BILAL, react(seq, emojis[0]))
    other = await place.item(place.agora, BILAL, react(seq, emojis[20]))
    assert await place.statuses(same, other) == ["ok", "too_large"]


async def test_slow_mode_tells_how_long_to_wait(place: Place) -> None:
    await place.act(place.agora, MODERATOR, settings(slow_ms=60_000))
    await place.say("un")
    [answer] = await place.append(await place.item(place.agora, AMINA, publish("deux")))
    assert answer.status == "slow_mode"
    assert 0 < answer.number <= 60_000


async def test_slow_mode_binds_each_author_apart_and_moderators_not_at_all(place: Place) -> None:
    await place.act(place.agora, MODERATOR, settings(slow_ms=60_000))
    items = [await place.item(place.agora, who, publish()) for who in (AMINA, BILAL, MODERATOR, MODERATOR)]
    assert await place.statuses(*items) == ["ok"] * 4


async def test_slow_mode_lets_one_speak_again_when_the_time_is_over(place: Place, store: Store) -> None:
    await place.act(place.agora, MODERATOR, settings(slow_ms=60_000))
    await place.say("un")
    a_minute_ago_ms = (await place.numbers(place.agora)).now_ms - 60_000
    store.command("ZADD", keys.room_key(place.agora, "spoke"), a_minute_ago_ms, AMINA.id)
    assert await place.say("deux") == 3


async def test_a_missing_target_is_told_before_slow_mode(place: Place) -> None:
    await place.act(place.agora, MODERATOR, settings(slow_ms=60_000))
    await place.say("un")
    assert await place.statuses(await place.item(place.agora, AMINA, publish(reply_to=99))) == [
        "unknown_entry"
    ]


# -- and nothing is left of what was refused ------------------------------------------------------


async def test_a_refusal_of_any_kind_leaves_the_store_as_it_was(place: Place, store: Store) -> None:
    seq = await place.say("un", id="01J")
    await place.act(place.agora, AMINA, react(seq))
    old = await place.item(place.agora, AMINA, publish())
    await place.act(place.agora, MODERATOR, settings(slow_ms=60_000))
    refused = [
        await place.item(place.agora, AMINA, publish(), id="01J"),
        await place.item(place.agora, AMINA, publish(reply_to=99)),
        await place.item(place.agora, AMINA, react(seq)),
        await place.item(place.agora, AMINA, publish()),
        await place.item(place.news, AMINA, publish()),
        old,
    ]
    before = everything(store, place.hub)
    expected = ["duplicate", "unknown_entry", "no_change", "slow_mode", "confirmed", "stale"]
    assert await place.statuses(*refused) == expected
    assert everything(store, place.hub) == before


async def test_a_refused_decision_carries_no_entry() -> None:
    refused = Decision(refusal=decide.NOTHING_SUCH)
    item = Item("h/agora", AMINA.id, "1", {"h/agora": "x 1"}, "x 1", refused)
    assert item.packable({"h/agora": 1}).kind is None


async def test_the_last_owner_is_safe_from_two_who_leave_at_once(place: Place) -> None:
    await place.act(place.agora, OWNER, grant(BILAL, Role.OWNER))
    both = [await place.item(place.agora, who, grant(who, Role.PARTICIPANT)) for who in (OWNER, BILAL)]
    assert await place.statuses(*both) == ["ok", "stale"]
