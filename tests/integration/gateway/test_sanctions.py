"""Mutes and bans of a room and of a hub (protocol, section 4, "Sanctions", and 6)."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from tests.integration.gateway.scene import (
    HUB,
    Scene,
    assert_acked,
    assert_refused,
    caught_up,
    fresh_id,
    log_of,
    role_token,
    settled,
)
from tests.support.client import Client, ConnectionLost
from tests.support.waiting import until


def in_ms(milliseconds: int) -> int:
    return int(time.time() * 1000) + milliseconds


async def sanction(by: Client, room: str, action: str, subject: str, **more: Any) -> dict[str, Any]:
    command = {"t": "sanction", "room": room, "action": action, "subject": subject, "reason": "Insults"}
    return await by.ask({**command, **more})


async def test_a_sanction_is_an_entry_for_all_to_see(scene: Scene) -> None:
    moderator, subject = await scene.moderator(), await scene.person()
    end = in_ms(3_600_000)
    seq = assert_acked(await sanction(moderator, scene.room, "mute", subject.identity_id, until=end))
    entry = (await subject.expect_entry(scene.room, seq=seq))["e"]
    assert entry == {
        "seq": seq, "at": entry["at"], "kind": "sanction", "action": "mute", "scope": "room", "until": end,
        "by": {"id": moderator.identity_id, "name": "max", "kind": "person"}, "reason": "Insults",
        "subject": {"id": subject.identity_id, "name": "amina", "kind": "person"},
    }  # fmt: skip


@pytest.mark.parametrize("scope", ["room", "hub"])
async def test_a_mute_forbids_writing_in_every_form_and_says_why(scene: Scene, scope: str) -> None:
    moderator, subject = await scene.moderator(), await scene.person()
    target = assert_acked(await subject.publish(scene.room, "x"))
    seq = assert_acked(await sanction(moderator, scene.room, "mute", subject.identity_id, scope=scope))
    rule = (await subject.expect_entry(scene.room, seq=seq))["e"]
    for command in (
        {"t": "publish", "text": "x"},
        {"t": "edit", "target": target, "text": "y"},
        {"t": "react", "target": target, "emoji": "👍", "on": True},
        {"t": "floor", "action": "ask"},
    ):
        refused = assert_refused(await subject.ask({**command, "room": scene.room}), "muted")
        assert refused["rule"] == {**rule, "room": scene.room}
    assert len(await log_of(moderator, scene.room)) == 2


async def test_one_who_is_muted_reads_on_and_removes_what_is_theirs(scene: Scene) -> None:
    moderator, subject = await scene.moderator(), await scene.person()
    target = assert_acked(await subject.publish(scene.room, "x"))
    assert_acked(await sanction(moderator, scene.room, "mute", subject.identity_id))
    seq = assert_acked(await moderator.publish(scene.room, "Read this"))
    await subject.expect_entry(scene.room, seq=seq)
    assert (await subject.join(scene.room))["t"] == "joined"
    assert len(await log_of(subject, scene.room)) == 3
    assert_acked(await subject.ask({"t": "remove", "room": scene.room, "target": target}))


async def test_a_mute_of_a_room_is_of_that_room_only_and_one_of_the_hub_of_all(scene: Scene) -> None:
    other_room = await scene.make_room()
    rooms = (scene.room, other_room)
    moderator, subject = await scene.moderator(rooms=rooms), await scene.person(rooms=rooms)
    assert_acked(await sanction(moderator, scene.room, "mute", subject.identity_id))
    assert_acked(await subject.publish(other_room, "x"))
    assert_acked(await sanction(moderator, scene.room, "mute", subject.identity_id, scope="hub"))
    refused = assert_refused(await subject.publish(other_room, "x"), "muted")
    assert refused["rule"]["room"] == scene.room and refused["rule"]["scope"] == "hub"


async def test_a_ban_takes_all_connections_of_the_banned_out(scene: Scene) -> None:
    moderator, first = await scene.moderator(), await scene.person()
    second = await scene.person(subject=first.identity_id, codec="json")
    assert_acked(await sanction(moderator, scene.room, "ban", first.identity_id))
    for client in (first, second):
        left = await client.expect("left", room=scene.room)
        assert left["reason"] == "banned" and "ref" not in left
        assert client.is_open
    await moderator.publish(scene.room, "behind closed doors")
    await settled(first)
    assert not any(push["t"] == "entry" and push["e"]["kind"] == "message" for push in first.inbox)


async def test_one_who_is_banned_neither_joins_nor_reads_and_is_told_why(scene: Scene) -> None:
    moderator, subject = await scene.moderator(), await scene.person()
    seq = assert_acked(await sanction(moderator, scene.room, "ban", subject.identity_id))
    rule = {**(await moderator.expect_entry(scene.room, seq=seq))["e"], "room": scene.room}
    await subject.expect("left")
    path, token = f"/api/rooms/{scene.room}/entries", role_token(subject.identity_id)
    for reply in (
        await subject.join(scene.room),
        await subject.join(scene.room, limit=0),
        await subject.join(scene.room, after=(moderator.position_by_room[scene.room][0], 0)),
        await subject.ask({"t": "history", "room": scene.room}),
    ):
        assert assert_refused(reply, "banned")["rule"] == rule
    answer = await scene.http("GET", path, token=token)
    assert answer.status_code == 403
    assert answer.json()["code"] == "banned" and answer.json()["rule"] == rule
    answer = await scene.http("POST", path, token=token, json={"text": "x"})
    assert answer.status_code == 403 and answer.json()["code"] == "banned"


async def test_a_command_of_one_who_was_banned_is_refused(scene: Scene) -> None:
    moderator, subject = await scene.moderator(), await scene.person()
    assert_acked(await sanction(moderator, scene.room, "ban", subject.identity_id))
    reply = await subject.publish(scene.room, "x")
    assert reply["t"] == "nack" and reply["code"] in ("banned", "not_joined"), reply


@pytest.mark.parametrize("scope", ["room", "hub"])
@pytest.mark.parametrize("way", ["join", "join of nothing", "resume", "history", "http"])
async def test_from_the_ack_of_a_ban_until_that_of_its_end_nothing_is_read(
    scene: Scene, scope: str, way: str
) -> None:
    moderator, subject = await scene.moderator(), await scene.person(rooms=())
    me, token = subject.identity_id, role_token(subject.identity_id)
    epoch = moderator.position_by_room[scene.room][0]

    async def is_banned() -> bool:
        match way:
            case "http":
                answer = await scene.http("GET", f"/api/rooms/{scene.room}/entries", token=token)
                return answer.status_code == 403
            case "history":
                reply = await subject.ask({"t": "history", "room": scene.room})
            case "resume":
                reply = await subject.join(scene.room, after=(epoch, 0))
            case "join":
                reply = await subject.join(scene.room)
            case _:
                reply = await subject.join(scene.room, limit=0)
        return bool(reply["t"] == "nack" and reply["code"] == "banned")

    for _ in range(15):
        assert_acked(await sanction(moderator, scene.room, "ban", me, scope=scope))
        assert await is_banned()
        assert_acked(await sanction(moderator, scene.room, "unban", me, scope=scope))
        assert not await is_banned()


async def test_lists_leave_out_a_room_that_one_is_banned_from(scene: Scene) -> None:
    moderator, subject = await scene.moderator(), await scene.person()
    assert_acked(await sanction(moderator, scene.room, "ban", subject.identity_id))
    watching = await subject.ask({"t": "watch", "hub": HUB})
    addresses = [card["room"] for card in watching["rooms"]]
    assert scene.room not in addresses and f"{HUB}/agora" in addresses
    answer = await scene.http("GET", f"/api/hubs/{HUB}/rooms", token=role_token(subject.identity_id))
    assert scene.room not in [card["room"] for card in answer.json()["rooms"]]


async def test_a_ban_from_the_hub_closes_all_of_its_rooms_and_the_watch(scene: Scene) -> None:
    other_room = await scene.make_room()
    moderator, subject = await scene.moderator(), await scene.person(rooms=(scene.room, other_room))
    await subject.ask({"t": "watch", "hub": HUB})
    assert_acked(await sanction(moderator, scene.room, "ban", subject.identity_id, scope="hub"))
    await subject.expect("left", room=scene.room, reason="banned")
    await subject.expect("left", room=other_room, reason="banned")
    for command in (
        {"t": "watch", "hub": HUB},
        {"t": "join", "room": other_room},
        {"t": "join", "room": f"{HUB}/agora"},
        {"t": "history", "room": f"{HUB}/agora"},
        {"t": "people", "hub": HUB, "of": "roles"},
    ):
        refused = assert_refused(await subject.ask(command), "banned")
        assert refused["rule"]["scope"] == "hub" and refused["rule"]["room"] == scene.room
    token = role_token(subject.identity_id)
    answer = await scene.http("GET", f"/api/hubs/{HUB}/rooms", token=token)
    assert answer.status_code == 403 and answer.json()["code"] == "banned"
    hubs = (await scene.http("GET", "/api/hubs", token=token)).json()["hubs"]
    assert HUB not in [hub["hub"] for hub in hubs]


async def test_nothing_of_a_watched_hub_is_told_to_one_who_was_banned_from_it(scene: Scene) -> None:
    moderator, subject = await scene.moderator(), await scene.person()
    witness = await scene.person("wilma")
    for client in (subject, witness):
        await client.ask({"t": "watch", "hub": HUB})
    assert_acked(await sanction(moderator, scene.room, "ban", subject.identity_id, scope="hub"))
    await subject.expect("left", room=scene.room)
    while any(push["t"] == "heads" for push in subject.inbox):
        await subject.expect("heads")
    seq = assert_acked(await moderator.publish(scene.room, "behind closed doors"))

    def is_told() -> bool:
        heads = [push["rooms"] for push in witness.inbox if push["t"] == "heads"]
        return any(rooms.get(scene.room, {}).get("seq") == seq for rooms in heads)

    await until("others are told", is_told)
    await settled(subject)
    told = [push["rooms"] for push in subject.inbox if push["t"] == "heads"]
    assert not any(rooms.get(scene.room, {}).get("seq") == seq for rooms in told)


@pytest.mark.parametrize(("action", "end"), [("mute", "unmute"), ("ban", "unban")])
async def test_the_end_of_a_sanction_lifts_what_has_the_same_scope_only(
    scene: Scene, action: str, end: str
) -> None:
    moderator, subject = await scene.moderator(), await scene.person()
    me = subject.identity_id

    async def may_write() -> bool:
        if (await subject.join(scene.room))["t"] != "joined":
            return False
        return bool((await subject.publish(scene.room, "x"))["t"] == "ack")

    assert_acked(await sanction(moderator, scene.room, action, me, scope="hub"))
    assert_refused(await sanction(moderator, scene.room, end, me), "no_change")
    assert not await may_write()
    assert_acked(await sanction(moderator, scene.room, action, me, scope="room"))
    assert_acked(await sanction(moderator, scene.room, end, me, scope="hub"))
    assert not await may_write()
    assert_acked(await sanction(moderator, scene.room, end, me))
    assert await may_write()


@pytest.mark.parametrize("scope", ["room", "hub"])
async def test_a_sanction_ends_by_itself_and_no_entry_says_so(scene: Scene, scope: str) -> None:
    moderator, subject = await scene.moderator(), await scene.person()
    end = in_ms(700)
    me = subject.identity_id
    assert_acked(await sanction(moderator, scene.room, "mute", me, until=end, scope=scope))
    assert_refused(await subject.publish(scene.room, "x"), "muted")
    assert (await subject.expect("rights"))["rights"]["publish"] is False
    assert (await subject.expect("rights"))["rights"]["publish"] is True
    seq = assert_acked(await subject.publish(scene.room, "x"))
    entries = await log_of(subject, scene.room)
    assert [entry["kind"] for entry in entries] == ["sanction", "message"] and entries[1]["seq"] == seq
    assert entries[1]["at"] >= end


async def test_a_ban_ends_by_itself(scene: Scene) -> None:
    moderator, subject = await scene.moderator(), await scene.person()
    assert_acked(await sanction(moderator, scene.room, "ban", subject.identity_id, until=in_ms(500)))
    assert_refused(await subject.join(scene.room), "banned")

    async def is_in() -> bool:
        return bool((await subject.join(scene.room))["t"] == "joined")

    await until("the ban is over", is_in)
    assert_acked(await subject.publish(scene.room, "x"))


async def test_a_sanction_that_is_so_already_is_no_change_and_another_end_is_one(scene: Scene) -> None:
    moderator, subject = await scene.moderator(), await scene.person()
    me, end = subject.identity_id, in_ms(3_600_000)
    assert_refused(await sanction(moderator, scene.room, "unmute", me), "no_change")
    assert_acked(await sanction(moderator, scene.room, "mute", me))
    assert_refused(await sanction(moderator, scene.room, "mute", me), "no_change")
    assert_acked(await sanction(moderator, scene.room, "mute", me, until=end))
    assert_acked(await sanction(moderator, scene.room, "unmute", me))
    assert_refused(await sanction(moderator, scene.room, "unmute", me), "no_change")


async def test_an_end_in_the_past_is_refused(scene: Scene) -> None:
    moderator, subject = await scene.moderator(), await scene.person()
    reply = await sanction(moderator, scene.room, "mute", subject.identity_id, until=5)
    assert "until" in assert_refused(reply, "bad_request")["reason"]


@pytest.mark.parametrize(
    ("actor", "subject"),
    [
        (None, None), ("speaker", None), ("moderator", "moderator"), ("moderator", "owner"),
        ("owner", "owner"),
    ],
)  # fmt: skip
async def test_who_is_not_of_higher_rank_sanctions_nobody(
    scene: Scene, actor: str | None, subject: str | None
) -> None:
    client, other = await scene.person("alex", actor), await scene.person("boris", subject)
    for action in ("mute", "ban"):
        assert_refused(await sanction(client, scene.room, action, other.identity_id), "forbidden")
        assert_refused(await sanction(client, scene.room, action, client.identity_id), "forbidden")
    assert await log_of(client, scene.room) == []


@pytest.mark.parametrize(
    ("actor", "subject"), [("moderator", None), ("moderator", "speaker"), ("owner", "moderator")]
)
async def test_who_is_of_higher_rank_sanctions(scene: Scene, actor: str, subject: str | None) -> None:
    client, other = await scene.person("alex", actor), await scene.person("boris", subject)
    assert_acked(await sanction(client, scene.room, "mute", other.identity_id))
    assert_refused(await other.publish(scene.room, "x"), "muted")


async def test_somebody_never_seen_can_be_banned_beforehand(scene: Scene) -> None:
    moderator, subject = await scene.moderator(), fresh_id("unseen")
    seq = assert_acked(await sanction(moderator, scene.room, "ban", subject))
    entry = (await moderator.expect_entry(scene.room, seq=seq))["e"]
    assert entry["subject"]["id"] == subject and "name" not in entry["subject"]
    late = await scene.stranger()
    await late.hello(token=role_token(subject))
    assert_refused(await late.join(scene.room), "banned")


async def test_guests_can_be_banned_too(scene: Scene) -> None:
    moderator, guest = await scene.moderator(), await scene.stranger()
    await guest.hello(name="Gast")
    await guest.join(scene.room)
    assert_acked(await sanction(moderator, scene.room, "ban", guest.identity_id))
    await guest.expect("left", reason="banned")
    again = await scene.stranger()
    await again.hello(token=guest.welcome["token"])
    assert_refused(await again.join(scene.room), "banned")


@pytest.mark.parametrize("action", ["ban", "mute"])
async def test_nothing_of_the_sanctioned_follows_in_the_middle_of_a_flood(scene: Scene, action: str) -> None:
    moderator, subject = await scene.moderator(), await scene.person()
    witness = await scene.person("wilma")
    is_over = asyncio.Event()

    async def flood() -> None:
        while not is_over.is_set():
            refs = [subject.send({"t": "publish", "room": scene.room, "text": "x"}) for _ in range(20)]
            replies = [await subject.answer(ref) for ref in refs]
            codes = {reply["code"] for reply in replies if reply["t"] == "nack"}
            assert codes <= {"banned", "muted", "not_joined"}, codes
            if codes:
                return

    flooding = asyncio.create_task(flood())
    await caught_up(witness, scene.room, 100)
    seq = assert_acked(await sanction(moderator, scene.room, action, subject.identity_id))
    async with asyncio.timeout(10):
        await flooding
    is_over.set()
    await caught_up(witness, scene.room, seq)
    entries = await log_of(moderator, scene.room)
    assert entries[-1]["seq"] == seq and entries[-1]["kind"] == "sanction"


async def test_a_flood_over_many_connections_ends_with_the_ban(scene: Scene) -> None:
    moderator = await scene.moderator()
    subject = fresh_id("eve")
    tabs = [await scene.person("eve", subject=subject) for _ in range(5)]
    refused = 0

    async def flood(tab: Client) -> None:
        nonlocal refused
        while True:
            reply = await tab.publish(scene.room, "x")
            if reply["t"] == "nack":
                assert reply["code"] in ("banned", "not_joined")
                refused += 1
                return

    floods = [asyncio.create_task(flood(tab)) for tab in tabs]
    await caught_up(moderator, scene.room, 50)
    seq = assert_acked(await sanction(moderator, scene.room, "ban", subject, scope="hub"))
    try:
        async with asyncio.timeout(10):
            await asyncio.gather(*floods)
    except ConnectionLost:
        raise AssertionError("a ban from a hub closes no connection") from None
    assert refused == 5
    assert (await log_of(moderator, scene.room))[-1]["seq"] == seq


@pytest.mark.parametrize("action", ["mute", "ban"])
async def test_the_end_of_a_sanction_has_no_end_itself(scene: Scene, action: str) -> None:
    moderator, subject = await scene.moderator(), await scene.person()
    assert_acked(await sanction(moderator, scene.room, action, subject.identity_id))
    lifted = await sanction(moderator, scene.room, f"un{action}", subject.identity_id, until=in_ms(60_000))
    assert assert_refused(lifted, "bad_request")["reason"].startswith("until")
    assert_acked(await sanction(moderator, scene.room, f"un{action}", subject.identity_id))
