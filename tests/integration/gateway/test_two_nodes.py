"""Two nodes on one store are one server (protocol, sections 5, 8 and 10)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
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
    pushed,
    role_token,
)
from tests.support.client import Client, CodecName
from tests.support.server import Node
from tests.support.waiting import until


@pytest.fixture
def scene(shared_scene: Scene) -> Scene:
    """A fresh room on two nodes."""
    return shared_scene


async def test_what_is_published_on_one_node_is_read_on_the_other(
    scene: Scene, two_nodes: list[Node]
) -> None:
    author = await scene.person()
    codecs: tuple[CodecName, ...] = ("json", "msgpack")
    readers = [await scene.person(node=node, codec=codec) for node in two_nodes for codec in codecs]
    refs = [author.send({"t": "publish", "room": scene.room, "text": f"m{n}"}) for n in range(300)]
    for ref in refs:
        assert_acked(await author.answer(ref))
    for reader in readers:
        await caught_up(reader, scene.room, 300)
        assert [entry["text"] for entry in pushed(reader, scene.room)] == [f"m{n}" for n in range(300)]
    assert pushed(readers[0], scene.room) == pushed(readers[3], scene.room)


async def test_authors_on_two_nodes_share_one_order(scene: Scene, two_nodes: list[Node]) -> None:
    people = [await scene.person(f"p{n}", node=two_nodes[n % 2]) for n in range(4)]

    async def write(person: Client) -> None:
        refs = [person.send({"t": "publish", "room": scene.room, "text": f"{n}"}) for n in range(100)]
        seqs = [assert_acked(await person.answer(ref)) for ref in refs]
        assert seqs == sorted(seqs)

    await asyncio.gather(*(write(person) for person in people))
    for person in people:
        await caught_up(person, scene.room, 400)
    logs = [pushed(person, scene.room) for person in people]
    assert all(log == logs[0] for log in logs)
    assert [entry["seq"] for entry in logs[0]] == list(range(1, 401))


async def test_a_switch_on_one_node_binds_the_other_at_once(scene: Scene, two_nodes: list[Node]) -> None:
    moderator, participant = await scene.moderator(), await scene.person(node=two_nodes[1])
    for _ in range(30):
        assert_acked(await moderator.switch(scene.room, "announcement"))
        assert_refused(await participant.publish(scene.room, "x"), "announcement_only")
        assert_acked(await moderator.switch(scene.room, "agora"))
        assert_acked(await participant.publish(scene.room, "x"))


async def test_sanctions_and_roles_of_one_node_bind_the_other_at_once(
    scene: Scene, two_nodes: list[Node]
) -> None:
    owner, subject = await scene.person("olga", "owner"), await scene.person(node=two_nodes[1])
    common = {"room": scene.room, "subject": subject.identity_id, "reason": "x"}
    for _ in range(10):
        for scope in ("room", "hub"):
            command = {"t": "sanction", "scope": scope, **common}
            assert_acked(await owner.ask({**command, "action": "mute"}))
            assert_refused(await subject.publish(scene.room, "x"), "muted")
            assert_acked(await owner.ask({**command, "action": "unmute"}))
            assert_acked(await subject.publish(scene.room, "x"))
        assert_acked(await owner.ask({"t": "grant", "role": "moderator", **common}))
        assert_acked(await subject.ask({"t": "settings", "room": scene.room, "topic": f"{time.time()}"}))
        assert_acked(await owner.ask({"t": "grant", "role": "participant", **common}))
        settings = {"t": "settings", "room": scene.room, "topic": "never"}
        assert_refused(await subject.ask(settings), "forbidden")


async def test_a_ban_on_one_node_expels_from_the_other_and_shuts_every_way_in(
    scene: Scene, two_nodes: list[Node]
) -> None:
    moderator, subject = await scene.moderator(), await scene.person(node=two_nodes[1])
    command = {"t": "sanction", "room": scene.room, "subject": subject.identity_id, "reason": "x"}
    token = role_token(subject.identity_id)
    for scope in ("room", "hub") * 5:
        await subject.join(scene.room)
        assert_acked(await moderator.ask({**command, "action": "ban", "scope": scope}))
        assert_refused(await subject.ask({"t": "history", "room": scene.room}), "banned")
        assert_refused(await subject.join(scene.room, limit=0), "banned")
        answer = await scene.http("GET", f"/api/rooms/{scene.room}/entries", token=token, node=two_nodes[1])
        assert answer.status_code == 403
        await subject.expect("left", room=scene.room, reason="banned")
        assert_acked(await moderator.ask({**command, "action": "unban", "scope": scope}))
        assert (await subject.join(scene.room))["t"] == "joined"


async def test_nothing_of_participants_on_any_node_follows_a_switch(
    scene: Scene, two_nodes: list[Node]
) -> None:
    moderators = [await scene.moderator(node=node) for node in two_nodes]
    talkers = [await scene.person(f"p{n}", node=two_nodes[n % 2]) for n in range(4)]
    is_over = asyncio.Event()

    async def flood(talker: Client) -> None:
        while not is_over.is_set():
            refs = [talker.send({"t": "publish", "room": scene.room, "text": "x"}) for _ in range(10)]
            for ref in refs:
                reply = await talker.answer(ref)
                assert reply["t"] == "ack" or reply["code"] == "announcement_only", reply

    floods = [asyncio.create_task(flood(talker)) for talker in talkers]
    for number in range(20):
        mode = "agora" if number % 2 else "announcement"
        assert_acked(await moderators[number // 2 % 2].switch(scene.room, mode))
        if mode == "agora":
            await caught_up(moderators[1], scene.room, moderators[1].position_by_room[scene.room][1] + 5)
    is_over.set()
    await asyncio.gather(*floods)
    reader = moderators[0]
    head = (await reader.ask({"t": "history", "room": scene.room}))["as_of"]
    await caught_up(reader, scene.room, head)
    mode = "agora"
    for entry in pushed(reader, scene.room):
        mode = entry.get("mode", mode)
        assert entry["kind"] == "mode" or mode == "agora", entry


async def test_a_retry_at_the_other_node_is_a_duplicate(scene: Scene, two_nodes: list[Node]) -> None:
    first = await scene.person()
    second = await scene.person(subject=first.identity_id, node=two_nodes[1])
    for number in range(20):
        seq = assert_acked(await first.publish(scene.room, "x", id=f"id-{number}"))
        again = await second.publish(scene.room, "x", id=f"id-{number}")
        assert again["seq"] == seq and again["duplicate"] is True
    assert len(await log_of(second, scene.room)) == 20


async def test_the_same_id_at_both_nodes_at_once_is_appended_once(
    scene: Scene, two_nodes: list[Node]
) -> None:
    first = await scene.person()
    second = await scene.person(subject=first.identity_id, node=two_nodes[1])
    refs = [
        (tab, tab.send({"t": "publish", "room": scene.room, "text": "x", "id": f"id-{n}"}))
        for n in range(50)
        for tab in (first, second)
    ]
    replies = [await tab.answer(ref) for tab, ref in refs]
    assert all(reply["t"] == "ack" for reply in replies)
    assert sum(not reply.get("duplicate") for reply in replies) == 50
    assert len(await log_of(first, scene.room)) == 50


async def test_a_reader_moves_to_the_other_node_and_misses_nothing(
    scene: Scene, two_nodes: list[Node]
) -> None:
    author, reader = await scene.person(), await scene.person("boris")
    seen: list[int] = []
    for turn in range(6):
        for _ in range(10):
            assert_acked(await author.publish(scene.room, "x"))
        await caught_up(reader, scene.room, turn * 20 + 10)
        seen += [entry["seq"] for entry in pushed(reader, scene.room)]
        position = reader.position_by_room[scene.room]
        await reader.close()
        for _ in range(10):
            assert_acked(await author.publish(scene.room, "x"))
        reader = await scene.person("boris", subject=reader.identity_id, node=two_nodes[turn % 2], rooms=())
        joined = await reader.join(scene.room, after=position)
        assert joined["recovered"] is True
        await caught_up(reader, scene.room, turn * 20 + 20)
        seen += [entry["seq"] for entry in joined["entries"] + pushed(reader, scene.room)]
        reader.inbox.clear()
    assert seen == list(range(1, 121))


async def test_a_guest_is_the_same_at_every_node(scene: Scene, two_nodes: list[Node]) -> None:
    here, there = await scene.stranger(), await scene.stranger(node=two_nodes[1])
    welcome = await here.hello(name="Amina")
    again = await there.hello(token=welcome["token"])
    assert again["identity"] == welcome["identity"] and again["node"] != welcome["node"]


async def told(client: Client, t: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait for a push of that type that fits; returns it."""
    found: list[dict[str, Any]] = []

    def is_told() -> bool:
        found[:] = [push for push in client.inbox if push["t"] == t and holds(push)]
        return bool(found)

    await until(f"a fitting {t}", is_told)
    return found[0]


async def test_people_on_both_nodes_are_present_in_one_room(scene: Scene, two_nodes: list[Node]) -> None:
    here, there = await scene.person(), await scene.person("boris", node=two_nodes[1])
    await told(here, "presence", lambda push: push["count"] == 2)
    await told(there, "presence", lambda push: push["count"] == 2)

    async def both_are_named() -> bool:
        reply = await there.ask({"t": "who", "room": scene.room})
        ids = sorted(row["id"] for row in reply["who"])
        return bool(reply["count"] == 2 and ids == sorted([here.identity_id, there.identity_id]))

    await until("both are named", both_are_named)
    joined = await there.join(scene.room)
    assert joined["present"] == 2
    here.inbox.clear()
    await there.close()
    push = await told(here, "presence", lambda push: bool(push["count"] == 1))
    assert [row["id"] for row in push["left"]] == [there.identity_id]


async def test_one_person_on_two_nodes_is_one_person(scene: Scene, two_nodes: list[Node]) -> None:
    subject = fresh_id("tabs")
    here = await scene.person(subject=subject)
    await scene.person(subject=subject, node=two_nodes[1])
    other = await scene.person("boris", node=two_nodes[1])
    await told(here, "presence", lambda push: push["count"] == 2)
    reply = await other.ask({"t": "who", "room": scene.room})
    assert reply["count"] == 2


async def test_typing_on_one_node_is_told_on_the_other(scene: Scene, two_nodes: list[Node]) -> None:
    here, there = await scene.person(), await scene.person("boris", node=two_nodes[1])
    here.send_frame({"t": "typing", "room": scene.room})
    push = await there.expect("typing", room=scene.room)
    assert push["who"] == [{"id": here.identity_id, "name": "amina"}]


async def test_a_watcher_on_one_node_is_told_what_moves_on_the_other(
    scene: Scene, two_nodes: list[Node]
) -> None:
    moderator, watcher = await scene.moderator(), await scene.person(rooms=(), node=two_nodes[1])
    watching = await watcher.ask({"t": "watch", "hub": HUB})
    assert scene.room in [card["room"] for card in watching["rooms"]]
    seq = assert_acked(await moderator.publish(scene.room, "x"))
    push = await told(watcher, "heads", lambda push: scene.room in push["rooms"])
    assert push["rooms"][scene.room] == {"seq": seq, "messages": 1}
    assert_acked(await moderator.switch(scene.room, "announcement"))
    push = await told(watcher, "room", lambda push: push["room"] == scene.room)
    assert push["state"]["mode"] == "announcement"
    room = await scene.make_room()
    await told(watcher, "room", lambda push: push["room"] == room)


async def test_rights_change_on_the_other_node_too(scene: Scene, two_nodes: list[Node]) -> None:
    moderator, participant = await scene.moderator(), await scene.person(node=two_nodes[1])
    assert_acked(await moderator.switch(scene.room, "announcement"))
    push = await participant.expect("rights", room=scene.room)
    assert push["rights"]["publish"] is False


async def test_a_timed_mode_returns_once_for_both_nodes(scene: Scene, two_nodes: list[Node]) -> None:
    moderator, participant = await scene.moderator(), await scene.person(node=two_nodes[1])
    end = int(time.time() * 1000) + 400
    assert_acked(await moderator.switch(scene.room, "announcement", until=end))
    for client in (moderator, participant):
        entry = (await client.expect_entry(scene.room, mode="agora"))["e"]
        assert entry["at"] >= end and entry["by"]["id"] == "system"
    assert_acked(await participant.publish(scene.room, "x"))
    assert [entry["kind"] for entry in await log_of(moderator, scene.room)] == ["mode", "mode", "message"]


async def test_slow_mode_holds_over_both_nodes(scene: Scene, two_nodes: list[Node]) -> None:
    moderator, here = await scene.moderator(), await scene.person()
    there = await scene.person(subject=here.identity_id, node=two_nodes[1])
    assert_acked(await moderator.ask({"t": "settings", "room": scene.room, "slow_ms": 60_000}))
    assert_acked(await here.publish(scene.room, "x"))
    assert_refused(await there.publish(scene.room, "x"), "slow_mode")


async def test_what_was_seen_on_one_node_is_known_on_the_other(scene: Scene, two_nodes: list[Node]) -> None:
    author, here = await scene.person("boris"), await scene.person()
    there = await scene.person(subject=here.identity_id, rooms=(), node=two_nodes[1])
    for _ in range(3):
        assert_acked(await author.publish(scene.room, "x"))
    await caught_up(here, scene.room, 3)
    here.send_frame({"t": "seen", "room": scene.room, "seq": 2})

    async def is_known() -> bool:
        rooms = (await there.ask({"t": "watch", "hub": HUB}))["rooms"]
        card = next(card for card in rooms if card["room"] == scene.room)
        return bool(card.get("seen") == 2 and card["messages"] == 1)

    await until("seen is known there", is_known)


@pytest.mark.parametrize("way", ["join", "history", "http"])
async def test_what_was_acked_on_one_node_is_read_on_the_other(
    scene: Scene, two_nodes: list[Node], way: str
) -> None:
    author, reader = await scene.person(), await scene.person(node=two_nodes[1], rooms=())

    async def newest() -> int:
        match way:
            case "join":
                return int((await reader.join(scene.room))["seq"])
            case "history":
                return int((await reader.ask({"t": "history", "room": scene.room}))["as_of"])
            case _:
                path = f"/api/rooms/{scene.room}/entries"
                return int((await scene.http("GET", path, node=two_nodes[1])).json()["as_of"])

    read: Callable[[], Awaitable[int]] = newest
    for _ in range(20):
        seq = assert_acked(await author.publish(scene.room, "x"))
        assert await read() == seq


async def test_a_room_that_was_just_made_can_be_named_on_the_other_node(
    scene: Scene, two_nodes: list[Node]
) -> None:
    moderator = await scene.moderator(node=two_nodes[1])

    async def names_a_fresh_room() -> dict[str, Any]:
        discussion = await scene.make_room()
        return await moderator.ask({"t": "settings", "room": scene.room, "discussion": discussion})

    for _ in range(12):
        for reply in await asyncio.gather(*(names_a_fresh_room() for _ in range(2))):
            assert_acked(reply)
