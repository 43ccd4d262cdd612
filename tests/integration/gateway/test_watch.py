"""Watching a hub: its rooms, what moves in them, what one has read (protocol, section 3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.gateway.scene import (
    HUB,
    Scene,
    assert_acked,
    assert_refused,
    role_token,
    settled,
)
from tests.support.client import Client
from tests.support.waiting import until


@pytest.fixture
def scene(shared_scene: Scene) -> Scene:
    """A fresh room on one kind of server: what is told once a second takes its time."""
    return shared_scene


async def watch(client: Client, hub: str = HUB) -> dict[str, Any]:
    watching = await client.ask({"t": "watch", "hub": hub})
    assert watching["t"] == "watching", watching
    return watching


async def card_of(client: Client, room: str) -> dict[str, Any]:
    """A room as `watching` shows it."""
    return next(dict(card) for card in (await watch(client))["rooms"] if card["room"] == room)


def heads_of(client: Client, room: str) -> list[dict[str, Any]]:
    """What `heads` pushes said of a room so far."""
    pushes = [push["rooms"] for push in client.inbox if push["t"] == "heads"]
    return [rooms[room] for rooms in pushes if room in rooms]


def seq_is(client: Client, room: str, seq: int) -> Callable[[], bool]:
    return lambda: any(head["seq"] == seq for head in heads_of(client, room))


async def test_watching_shows_the_rooms_of_a_hub(scene: Scene) -> None:
    client, other = await scene.person(rooms=()), await scene.moderator()
    assert_acked(await other.publish(scene.room, "x"))
    watching = await watch(client)
    assert watching["hub"] == HUB and watching["role"] == "participant"
    cards = {card["room"]: card for card in watching["rooms"]}
    assert {f"{HUB}/agora", f"{HUB}/communiques", scene.room} <= set(cards)
    card = cards[scene.room]
    assert card["seq"] == 1 and card["messages"] == 1 and card["present"] == 1 and "seen" not in card
    assert card["state"]["mode"] == "agora" and "floor" not in card["state"]
    assert cards[f"{HUB}/communiques"]["state"]["discussion"] == f"{HUB}/agora"
    assert (await watch(other))["role"] == "moderator"


async def test_a_hub_that_does_not_exist_cannot_be_watched(scene: Scene) -> None:
    client = await scene.person()
    assert_refused(await client.ask({"t": "watch", "hub": "no-such-hub"}), "unknown_room")


async def test_a_watcher_is_told_what_moves_without_being_in_the_room(scene: Scene) -> None:
    watcher, author = await scene.person(rooms=()), await scene.person()
    await watch(watcher)
    target = assert_acked(await author.publish(scene.room, "x"))
    react = {"t": "react", "room": scene.room, "target": target, "emoji": "👍", "on": True}
    assert_acked(await author.ask(react))
    assert_acked(await author.publish(scene.room, "y"))
    await until("the heads are told", seq_is(watcher, scene.room, 3))
    heads = heads_of(watcher, scene.room)
    assert sum(head["messages"] for head in heads) == 2, "reactions are no messages"
    assert not any(push["t"] == "entry" for push in watcher.inbox)


async def test_heads_come_once_a_second_at_most(scene: Scene) -> None:
    watcher, author = await scene.person(rooms=()), await scene.person()
    await watch(watcher)
    seq = 0
    while len(heads_of(watcher, scene.room)) < 2:
        seq = assert_acked(await author.publish(scene.room, "x"))
    await until("the heads are told", seq_is(watcher, scene.room, seq))
    entries = [push["e"] for push in author.inbox if push["t"] == "entry"]
    spent_ms = entries[-1]["at"] - entries[0]["at"]
    heads = heads_of(watcher, scene.room)
    assert len(heads) <= spent_ms / 1000 + 2
    assert sum(head["messages"] for head in heads) == seq


async def test_a_watcher_is_told_when_a_room_is_made_or_changed(scene: Scene) -> None:
    watcher, moderator = await scene.person(rooms=()), await scene.moderator()
    await watch(watcher)
    room = await scene.make_room(topic="Brand new")
    push = await watcher.expect("room", room=room)
    assert push["state"]["topic"] == "Brand new"
    assert_acked(await moderator.switch(scene.room, "announcement", "Talk starts"))
    push = await watcher.expect("room", room=scene.room)
    assert push["state"]["mode"] == "announcement" and "floor" not in push["state"]
    await moderator.join(room)
    assert_acked(await moderator.publish(room, "x"))
    await until("the heads of the new room are told", seq_is(watcher, room, 1))


async def test_unwatch_ends_the_pushes(scene: Scene) -> None:
    watcher, witness, author = (
        await scene.person(rooms=()),
        await scene.person(rooms=()),
        await scene.person(),
    )
    await watch(watcher)
    await watch(witness)
    reply = await watcher.ask({"t": "unwatch", "hub": HUB})
    assert reply["t"] == "ack"
    seq = assert_acked(await author.publish(scene.room, "x"))
    await until("the witness is told", seq_is(witness, scene.room, seq))
    await settled(watcher)
    assert heads_of(watcher, scene.room) == []
    await watch(watcher)
    seq = assert_acked(await author.publish(scene.room, "y"))
    await until("told again", seq_is(watcher, scene.room, seq))


async def test_watching_twice_is_told_once(scene: Scene) -> None:
    watcher, author = await scene.person(rooms=()), await scene.person()
    await watch(watcher)
    await watch(watcher)
    seq = assert_acked(await author.publish(scene.room, "x"))
    await until("the heads are told", seq_is(watcher, scene.room, seq))
    await settled(watcher)
    assert len(heads_of(watcher, scene.room)) == 1


async def seen(client: Client, room: str, seq: int, *, then: int) -> dict[str, Any]:
    """Say `seen`, and wait until a card of the room says that one has seen up to `then`."""
    client.send_frame({"t": "seen", "room": room, "seq": seq})
    card: dict[str, Any] = {}

    async def is_written() -> bool:
        card.update(await card_of(client, room))
        return card.get("seen") == then

    await until(f"seen is {then}", is_written)
    return card


async def test_what_one_has_seen_is_kept_and_the_rest_is_counted(scene: Scene) -> None:
    client, author = await scene.person(), await scene.person("boris")
    for _ in range(5):
        assert_acked(await author.publish(scene.room, "x"))
    card = await card_of(client, scene.room)
    assert "seen" not in card and card["messages"] == 5
    card = await seen(client, scene.room, 3, then=3)
    assert card["messages"] == 2 and card["seq"] == 5
    other_tab = await scene.person(subject=client.identity_id, rooms=(), codec="json")
    assert (await card_of(other_tab, scene.room))["seen"] == 3


async def test_seen_never_goes_down_and_never_beyond_the_newest(scene: Scene) -> None:
    client, author = await scene.person(), await scene.person("boris")
    for _ in range(4):
        assert_acked(await author.publish(scene.room, "x"))
    await client.expect_entry(scene.room, seq=4)
    assert (await seen(client, scene.room, 3, then=3))["messages"] == 1
    client.send_frame({"t": "seen", "room": scene.room, "seq": 1})
    await settled(client)
    assert (await seen(client, scene.room, 2**53 - 1, then=4))["messages"] == 0
    assert_acked(await author.publish(scene.room, "x"))
    card = await card_of(client, scene.room)
    assert card["seen"] == 4 and card["messages"] == 1


async def test_seen_right_behind_an_ack_counts(scene: Scene) -> None:
    client = await scene.person()
    for _ in range(10):
        seq = assert_acked(await client.publish(scene.room, "x"))
        client.send_frame({"t": "seen", "room": scene.room, "seq": seq})
    assert (await seen(client, scene.room, 1, then=10))["messages"] == 0


async def test_unread_messages_are_counted_up_to_a_thousand(scene: Scene) -> None:
    client, author = await scene.person(rooms=()), await scene.person("boris")
    refs = [author.send({"t": "publish", "room": scene.room, "text": "x"}) for _ in range(1_005)]
    for ref in refs:
        assert_acked(await author.answer(ref))
    assert (await card_of(client, scene.room))["messages"] == 1_000


async def test_only_messages_count_as_unread(scene: Scene) -> None:
    client, moderator = await scene.person(rooms=()), await scene.moderator()
    first = assert_acked(await moderator.publish(scene.room, "x"))
    assert_acked(await moderator.publish(scene.room, "y"))
    react = {"t": "react", "room": scene.room, "target": first, "emoji": "👍", "on": True}
    assert_acked(await moderator.ask(react))
    assert_acked(await moderator.switch(scene.room, "announcement"))
    card = await card_of(client, scene.room)
    assert card["messages"] == 2 and card["seq"] == 4


async def test_http_shows_the_rooms_as_watching_does(scene: Scene) -> None:
    client = await scene.person()
    await client.expect_entry(scene.room, seq=assert_acked(await client.publish(scene.room, "x")))
    await seen(client, scene.room, 1, then=1)
    token = role_token(client.identity_id)
    answer = await scene.http("GET", f"/api/hubs/{HUB}/rooms", token=token)
    shown = {card["room"]: card for card in answer.json()["rooms"]}
    assert shown[scene.room] == await card_of(client, scene.room)
