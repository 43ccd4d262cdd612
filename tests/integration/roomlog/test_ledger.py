"""The record of moderation: public acts with a salt for every free text, and nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from msgspec.structs import replace

from hubbub.domain import decide, entries
from hubbub.domain.decision import Subject
from hubbub.domain.identity import SYSTEM, Identity
from hubbub.roomlog import keys
from tests.integration.roomlog.place import (
    AMINA,
    BILAL,
    MODERATOR,
    OWNER,
    Deciding,
    Place,
    floor,
    grant,
    mute,
    publish,
    react,
    settings,
    switch,
)
from tests.support.stores import Store


def ledger(store: Store, address: str) -> list[tuple[str, dict[str, str]]]:
    kept: list[tuple[str, dict[str, str]]] = store.command(
        "XRANGE", keys.room_key(address, "ledger"), "-", "+"
    )
    return kept


def takes_back(place: Place, seq: int, target: Any) -> Deciding:
    return lambda case: decide.remove(case, target=target, author=Subject(case.actor), seq=seq, reason=None)


ACTS = [
    pytest.param(MODERATOR, switch("agora"), {"by.name", "reason"}, id="mode"),
    pytest.param(
        MODERATOR, settings(title="A", topic="B", slow_ms=1), {"by.name", "title", "topic"}, id="settings"
    ),
    pytest.param(OWNER, grant(), {"by.name", "subject.name", "reason"}, id="role"),
    pytest.param(MODERATOR, mute(), {"by.name", "subject.name", "reason"}, id="sanction"),
    pytest.param(MODERATOR, floor("give"), {"by.name", "subject.name"}, id="floor"),
    pytest.param(OWNER, grant(Identity.unseen("u:new")), {"by.name", "reason"}, id="role of one never seen"),
]


@pytest.mark.parametrize(("who", "act", "paths"), ACTS)
async def test_a_public_act_is_kept_with_a_salt_for_each_of_its_free_texts(
    place: Place, store: Store, who: Identity, act: Deciding, paths: set[str]
) -> None:
    seq = await place.act(place.news, who, act)
    [(id, item)] = ledger(store, place.news)
    salts = entries.decode(item["s"].encode())
    assert (id, set(salts)) == (f"{seq}-0", paths)
    assert all(re.fullmatch("[0-9a-f]{32}", salt) for salt in salts.values())


async def test_the_ledger_keeps_an_entry_as_the_log_does(place: Place, store: Store) -> None:
    await place.act(place.agora, MODERATOR, switch())
    [(_, item)] = ledger(store, place.agora)
    reading = await place.log.read(place.agora, after=0)
    assert reading is not None
    assert item["b"].encode() == reading.stands[0].body
    assert item["k"] == reading.stands[0].kind


async def test_a_removal_by_a_moderator_is_kept(place: Place, store: Store) -> None:
    seq = await place.say("un")
    await place.act(place.agora, MODERATOR, await place.removes(seq))
    assert [item["k"] for _, item in ledger(store, place.agora)] == ["removal"]


async def test_the_return_to_the_base_mode_is_kept(place: Place, store: Store) -> None:
    timed = await place.item(place.agora, MODERATOR, switch(in_ms=60_000))
    over = replace(timed.decision, fields={**timed.decision.fields, "until": 1}, to_ms=None)
    assert await place.statuses(replace(timed, decision=over)) == ["ok"]
    await place.act(place.agora, SYSTEM, decide.return_to_base)
    [_, (_, item)] = ledger(store, place.agora)
    assert entries.decode(item["b"].encode())["by"] == SYSTEM.card()
    assert set(entries.decode(item["s"].encode())) == {"reason"}


async def test_what_people_say_and_do_for_themselves_is_not_kept(place: Place, store: Store) -> None:
    seq = await place.say("un")
    await place.act(place.agora, BILAL, react(seq))
    await place.act(place.agora, AMINA, await place.edits(seq, "deux"))
    await place.act(place.agora, AMINA, takes_back(place, seq, await place.target(seq)))
    await place.act(place.news, AMINA, floor("ask"))
    await place.act(place.news, AMINA, floor("withdraw"))
    assert ledger(store, place.agora) == ledger(store, place.news) == []


async def test_no_two_texts_share_a_salt(place: Place, store: Store) -> None:
    await place.act(place.agora, MODERATOR, settings(title="A", topic="A"))
    await place.act(place.agora, MODERATOR, settings(title="B", topic="B"))
    salts = [
        salt for _, item in ledger(store, place.agora) for salt in entries.decode(item["s"].encode()).values()
    ]
    assert len(set(salts)) == len(salts) == 6


async def test_what_was_refused_is_not_kept(place: Place, store: Store) -> None:
    assert await place.statuses(await place.item(place.agora, AMINA, switch())) == ["confirmed"]
    old = await place.item(place.agora, MODERATOR, switch())
    await place.act(place.agora, OWNER, mute(BILAL, scope="hub"))
    assert await place.statuses(old) == ["stale"]
    assert [item["k"] for _, item in ledger(store, place.agora)] == ["sanction"]


async def test_a_batch_keeps_its_public_acts_in_order(place: Place, store: Store) -> None:
    acts = [
        await place.item(place.agora, AMINA, publish()),
        await place.item(place.agora, MODERATOR, switch()),
    ]
    assert await place.statuses(*acts) == ["ok", "ok"]
    assert [id for id, _ in ledger(store, place.agora)] == ["2-0"]
