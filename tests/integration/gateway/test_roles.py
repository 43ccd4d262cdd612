"""Roles: from tokens, granted and taken back (protocol, sections 1 and 4)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.integration.gateway.scene import (
    Scene,
    assert_acked,
    assert_refused,
    fresh_id,
    log_of,
    role_token,
)
from tests.support.client import Client
from tests.support.waiting import until

RANKS = ["participant", "speaker", "moderator", "owner"]


async def grant(by: Client, room: str, subject: str, role: str, **more: Any) -> dict[str, Any]:
    command = {"t": "grant", "room": room, "subject": subject, "role": role, "reason": "Trusted"}
    return await by.ask({**command, **more})


async def test_a_grant_is_an_entry_and_holds_at_once(scene: Scene) -> None:
    owner, subject = await scene.person("olga", "owner"), await scene.person()
    seq = assert_acked(await grant(owner, scene.room, subject.identity_id, "moderator"))
    assert_acked(await subject.switch(scene.room, "announcement"))
    entry = (await subject.expect_entry(scene.room, seq=seq))["e"]
    assert entry == {
        "seq": seq, "at": entry["at"], "kind": "role", "role": "moderator", "reason": "Trusted",
        "by": {"id": owner.identity_id, "name": "olga", "kind": "person"},
        "subject": {"id": subject.identity_id, "name": "amina", "kind": "person"},
    }  # fmt: skip
    assert (await subject.expect("rights"))["role"] == "moderator"
    assert (await subject.join(scene.room))["role"] == "moderator"


async def test_a_grant_is_for_the_whole_hub(scene: Scene) -> None:
    other_room = await scene.make_room(mode="announcement")
    owner, subject = await scene.person("olga", "owner"), await scene.person(rooms=(other_room,))
    assert_refused(await subject.publish(other_room, "x"), "announcement_only")
    assert_acked(await grant(owner, scene.room, subject.identity_id, "speaker"))
    assert_acked(await subject.publish(other_room, "x"))


async def test_a_granted_role_wins_over_a_higher_one_in_a_token(scene: Scene) -> None:
    owner, subject = await scene.person("olga", "owner"), await scene.moderator()
    assert_acked(await grant(owner, scene.room, subject.identity_id, "participant"))
    assert_refused(await subject.switch(scene.room, "announcement"), "forbidden")
    again = await scene.stranger()
    await again.hello(token=role_token(subject.identity_id, "owner"))
    assert (await again.join(scene.room))["role"] == "participant"


@pytest.mark.parametrize("actor", RANKS)
@pytest.mark.parametrize("held", RANKS)
async def test_a_grant_takes_a_rank_above_both_roles(shared_scene: Scene, actor: str, held: str) -> None:
    by, subject = await shared_scene.person("alex", actor), await shared_scene.person("boris", held)
    for role in RANKS:
        if role == held:
            continue
        needed = max(RANKS.index(held), RANKS.index(role)) + 1
        may = RANKS.index(actor) >= needed or actor == "owner"
        reply = await grant(by, shared_scene.room, subject.identity_id, role)
        if may:
            assert_acked(reply)
            return
        assert_refused(reply, "forbidden")
        assert reply["rule"] == {"role": RANKS[min(needed, 3)]}


async def test_nobody_promotes_themselves(scene: Scene) -> None:
    clients = [await scene.person("alex", role) for role in ("participant", "speaker", "moderator")]
    for client in clients:
        assert_refused(await grant(client, scene.room, client.identity_id, "owner"), "forbidden")
    assert await log_of(clients[0], scene.room) == []


async def test_a_role_that_is_held_already_is_no_change(scene: Scene) -> None:
    owner, subject = await scene.person("olga", "owner"), await scene.person()
    assert_refused(await grant(owner, scene.room, subject.identity_id, "participant"), "no_change")
    assert_acked(await grant(owner, scene.room, subject.identity_id, "speaker"))
    assert_refused(await grant(owner, scene.room, subject.identity_id, "speaker"), "no_change")


async def test_one_never_seen_has_no_name_in_the_entry(scene: Scene) -> None:
    owner, subject = await scene.person("olga", "owner"), fresh_id("unseen")
    seq = assert_acked(await grant(owner, scene.room, subject, "speaker"))
    entry = (await owner.expect_entry(scene.room, seq=seq))["e"]
    assert entry["subject"]["id"] == subject and "name" not in entry["subject"]


async def test_owners_make_and_unmake_owners_and_the_last_granted_one_stays(shared_scene: Scene) -> None:
    scene = shared_scene
    owner, subject = await scene.person("olga", "owner"), await scene.person()
    first, second = subject.identity_id, fresh_id("second")
    assert_acked(await grant(owner, scene.room, first, "owner"))
    assert_acked(await grant(subject, scene.room, second, "owner"))
    assert_acked(await grant(subject, scene.room, second, "participant"))
    assert_refused(await grant(subject, scene.room, first, "participant"), "forbidden")
    assert_refused(await grant(owner, scene.room, first, "moderator"), "forbidden")
    assert_acked(await grant(owner, scene.room, second, "owner"))
    assert_acked(await grant(subject, scene.room, first, "participant"))
    assert_refused(await grant(subject, scene.room, first, "owner"), "forbidden")
    assert_refused(await grant(owner, scene.room, second, "participant"), "forbidden")


async def test_the_role_of_the_token_last_presented_counts_for_one_who_has_left(scene: Scene) -> None:
    moderator = await scene.moderator()
    subject = await scene.person("sam", "moderator", valid_seconds=3)
    expires_at = time.time() + 3
    me = subject.identity_id
    await subject.close()
    mute = {"t": "sanction", "room": scene.room, "action": "mute", "subject": me, "reason": "x"}
    assert_refused(await moderator.ask(mute), "forbidden")
    await until("the token is over", lambda: time.time() > expires_at)
    assert_acked(await moderator.ask(mute))


async def test_people_lists_who_has_been_granted_a_role(scene: Scene) -> None:
    owner, subject = await scene.person("olga", "owner"), await scene.person("samira")
    assert_acked(await grant(owner, scene.room, subject.identity_id, "speaker"))
    people: list[dict[str, Any]] = []
    more: Any = None
    while more is not False:
        command = {"t": "people", "hub": "place", "of": "roles"}
        page = await subject.ask(command if more is None else {**command, "after": more})
        assert page["t"] == "people" and len(page["people"]) <= 200
        people += page["people"]
        more = page["more"]
    mine = next(row for row in people if row["id"] == subject.identity_id)
    assert mine["name"] == "samira" and mine["role"] == "speaker"


async def test_people_lists_sanctions_for_moderators_only(scene: Scene) -> None:
    moderator, subject = await scene.moderator(), await scene.person()
    for scope in ("room", "hub"):
        command = {"t": "sanction", "room": scene.room, "action": "mute", "scope": scope, "reason": "Insults"}
        assert_acked(await moderator.ask({**command, "subject": subject.identity_id}))
    ask = {"t": "people", "hub": "place", "of": "sanctions"}
    assert assert_refused(await subject.ask(ask), "forbidden")["rule"] == {"role": "moderator"}
    people: list[dict[str, Any]] = []
    more: Any = None
    while more is not False:
        page = await moderator.ask(ask if more is None else {**ask, "after": more})
        people += page["people"]
        more = page["more"]
    found = [row for row in people if row["id"] == subject.identity_id]
    assert sorted(row["scope"] for row in found) == ["hub", "room"]
    assert {row["reason"] for row in found} == {"Insults"}


async def test_people_comes_in_pages_of_two_hundred(shared_scene: Scene) -> None:
    scene = shared_scene
    owner = await scene.person("olga", "owner")
    subjects = [fresh_id("many") for _ in range(205)]
    command = {"t": "grant", "room": scene.room, "role": "speaker", "reason": "x"}
    for subject in subjects:
        assert_acked(await owner.ask({**command, "subject": subject}))
    found: list[str] = []
    more: Any = None
    while more is not False:
        ask = {"t": "people", "hub": "place", "of": "roles"}
        page = await owner.ask(ask if more is None else {**ask, "after": more})
        assert len(page["people"]) == 200 or page["more"] is False
        found += [row["id"] for row in page["people"]]
        more = page["more"]
    assert set(subjects) <= set(found) and len(found) == len(set(found))
