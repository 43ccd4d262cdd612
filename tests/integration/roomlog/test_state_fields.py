"""The fields that make a room's and a hub's state: set, replaced and dropped with the entries that say so."""

from typing import Literal

import pytest

from hubbub.domain.identity import Role
from hubbub.domain.limits import DUPLICATE_SECONDS, SLOW_MS_MAX
from hubbub.roomlog import keys
from tests.integration.roomlog.place import (
    AMINA,
    BILAL,
    MODERATOR,
    OWNER,
    Place,
    floor,
    grant,
    mute,
    publish,
    settings,
    switch,
)
from tests.support.stores import Store

Scope = Literal["room", "hub"]


@pytest.mark.parametrize("scope", ["room", "hub"])
async def test_a_lifted_mute_is_forgotten(place: Place, scope: Scope) -> None:
    await place.act(place.agora, MODERATOR, mute(AMINA, scope))
    await place.act(place.agora, MODERATOR, mute(BILAL, scope))
    await place.act(place.agora, MODERATOR, mute(AMINA, scope, "unmute"))
    case = await place.case(place.agora, AMINA)
    sanctions = (case.room if scope == "room" else case.hub).sanctions
    assert list(sanctions) == [("mute", BILAL.id)]
    await place.say("un")


async def test_a_mute_of_the_hub_is_kept_with_the_room_in_whose_log_it_is(place: Place) -> None:
    seq = await place.act(place.news, MODERATOR, mute(scope="hub"))
    refused = await place.item(place.agora, AMINA, settings(title="x"))
    hub = (await place.case(place.agora, AMINA)).hub
    rule = hub.sanctions["mute", AMINA.id].rule
    assert refused.decision.refusal is not None
    assert (rule["room"], rule["seq"]) == (place.news, seq)


async def test_a_later_mute_replaces_the_earlier_one(place: Place, store: Store) -> None:
    await place.act(place.agora, MODERATOR, mute())
    await place.act(place.agora, MODERATOR, mute(action="unmute"))
    seq = await place.act(place.agora, MODERATOR, mute())
    assert (await place.room(place.agora)).sanctions["mute", AMINA.id].entry["seq"] == seq
    assert store.command("HLEN", keys.room_key(place.agora, "sanctions")) == 1


async def test_a_later_grant_replaces_the_earlier_one(place: Place) -> None:
    await place.act(place.agora, OWNER, grant(AMINA, Role.MODERATOR))
    await place.act(place.news, OWNER, grant(AMINA, Role.SPEAKER))
    hub = (await place.case(place.agora, AMINA)).hub
    assert (hub.grants[AMINA.id].role, hub.grants[AMINA.id].room) == (Role.SPEAKER, place.news)


async def test_after_a_switch_and_back_one_may_ask_for_the_floor_anew(place: Place) -> None:
    await place.act(place.news, AMINA, floor("ask"))
    await place.act(place.news, MODERATOR, switch("agora"))
    await place.act(place.news, MODERATOR, switch("announcement"))
    await place.act(place.news, AMINA, floor("ask"))


async def test_after_a_mute_was_lifted_one_may_ask_for_the_floor_anew(place: Place) -> None:
    await place.act(place.news, MODERATOR, floor("give"))
    await place.act(place.news, MODERATOR, mute())
    assert not (await place.room(place.news)).turn_by_identity
    await place.act(place.news, MODERATOR, mute(action="unmute"))
    await place.act(place.news, AMINA, floor("ask"))


async def test_a_turn_is_one_field_however_often_it_goes_round(place: Place, store: Store) -> None:
    for who, action in ((AMINA, "ask"), (MODERATOR, "give"), (MODERATOR, "take"), (MODERATOR, "give")):
        await place.act(place.news, who, floor(action))
    assert store.command("HLEN", keys.room_key(place.news, "floor")) == 1
    assert (await place.room(place.news)).has_floor(AMINA.id)


async def test_who_spoke_longer_ago_than_the_slowest_mode_is_forgotten(place: Place, store: Store) -> None:
    spoke = keys.room_key(place.agora, "spoke")
    now_ms = (await place.numbers(place.agora)).now_ms
    store.command("ZADD", spoke, now_ms - SLOW_MS_MAX - 1, BILAL.id)
    store.command("HSET", keys.room_key(place.agora, "meta"), "rotated", now_ms - DUPLICATE_SECONDS * 1000)
    await place.say("un")
    assert store.command("ZRANGE", spoke, 0, -1) == [AMINA.id]


async def test_a_message_from_before_slow_mode_counts(place: Place) -> None:
    await place.say("un")
    await place.act(place.agora, MODERATOR, settings(slow_ms=60_000))
    assert await place.statuses(await place.item(place.agora, AMINA, publish())) == ["slow_mode"]
