"""What one may do here, told at the door and whenever it changes (protocol, section 8)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.integration.gateway.scene import Scene, assert_acked, assert_refused, settled
from tests.support.client import Client


def card(publish: bool, reply: bool, react: bool, floor: bool, moderate: bool) -> dict[str, bool]:
    return {"publish": publish, "reply": reply, "react": react, "floor": floor, "moderate": moderate}


TALKS = card(True, True, True, False, False)
LISTENS = card(False, False, True, True, False)
SILENT = card(False, False, False, False, False)


@pytest.mark.parametrize(
    ("role", "mode", "expected"),
    [
        (None, "agora", TALKS),
        ("speaker", "agora", TALKS),
        ("moderator", "agora", TALKS | {"moderate": True}),
        ("owner", "agora", TALKS | {"moderate": True}),
        (None, "announcement", LISTENS),
        ("speaker", "announcement", TALKS),
        ("moderator", "announcement", TALKS | {"moderate": True}),
        ("owner", "announcement", TALKS | {"moderate": True}),
    ],
)
async def test_rights_follow_role_and_mode(
    scene: Scene, role: str | None, mode: str, expected: dict[str, bool]
) -> None:
    room = await scene.make_room(mode=mode)
    client = await scene.person("alex", role, rooms=())
    joined = await client.join(room)
    assert joined["rights"] == expected and joined["role"] == (role or "participant")


async def test_a_room_with_an_open_discussion_takes_a_reply(scene: Scene) -> None:
    board = await scene.make_room(mode="announcement", discussion=scene.room)
    client = await scene.person(rooms=())
    assert (await client.join(board))["rights"] == LISTENS | {"reply": True}


async def rights_of(client: Client, room: str) -> dict[str, Any]:
    push = await client.expect("rights", room=room)
    return dict(push["rights"])


async def test_rights_are_pushed_when_the_mode_changes(scene: Scene) -> None:
    moderator, client = await scene.moderator(), await scene.person()
    assert_acked(await moderator.switch(scene.room, "announcement"))
    push = await client.expect("rights", room=scene.room)
    assert push["role"] == "participant" and push["rights"] == LISTENS
    assert_acked(await moderator.switch(scene.room, "agora"))
    assert await rights_of(client, scene.room) == TALKS
    await settled(moderator)
    assert not any(push["t"] == "rights" for push in moderator.inbox), "those of a moderator are the same"


async def test_rights_are_pushed_when_a_mode_ends(scene: Scene) -> None:
    moderator, client = await scene.moderator(), await scene.person()
    end = int(time.time() * 1000) + 500
    assert_acked(await moderator.switch(scene.room, "announcement", until=end))
    assert await rights_of(client, scene.room) == LISTENS
    assert await rights_of(client, scene.room) == TALKS
    assert_acked(await client.publish(scene.room, "x"))


@pytest.mark.parametrize("scope", ["room", "hub"])
async def test_rights_are_pushed_when_one_is_muted_and_heard_again(scene: Scene, scope: str) -> None:
    moderator, client = await scene.moderator(), await scene.person()
    other = await scene.person("boris")
    command = {
        "t": "sanction",
        "room": scene.room,
        "subject": client.identity_id,
        "reason": "x",
        "scope": scope,
    }
    assert_acked(await moderator.ask({**command, "action": "mute"}))
    assert await rights_of(client, scene.room) == SILENT
    assert_acked(await moderator.ask({**command, "action": "unmute"}))
    assert await rights_of(client, scene.room) == TALKS
    await settled(other)
    assert not any(push["t"] == "rights" for push in other.inbox)


async def test_rights_are_pushed_when_the_floor_is_given_and_taken(scene: Scene) -> None:
    board = await scene.make_room(mode="announcement")
    moderator, client = await scene.moderator(rooms=(board,)), await scene.person(rooms=(board,))
    command = {"t": "floor", "room": board, "subject": client.identity_id}
    assert_acked(await moderator.ask({**command, "action": "give"}))
    assert await rights_of(client, board) == TALKS
    assert_acked(await moderator.ask({**command, "action": "take"}))
    assert await rights_of(client, board) == LISTENS


async def test_rights_are_pushed_when_a_role_is_granted(scene: Scene) -> None:
    board = await scene.make_room(mode="announcement")
    owner, client = await scene.person("olga", "owner", rooms=(board,)), await scene.person(rooms=(board,))
    command = {"t": "grant", "room": board, "subject": client.identity_id, "reason": "x"}
    for role, expected in (
        ("speaker", TALKS),
        ("moderator", TALKS | {"moderate": True}),
        ("participant", LISTENS),
    ):
        assert_acked(await owner.ask({**command, "role": role}))
        push = await client.expect("rights", room=board)
        assert push["role"] == role and push["rights"] == expected


async def test_a_role_granted_in_one_room_changes_the_rights_in_all(scene: Scene) -> None:
    board = await scene.make_room(mode="announcement")
    owner, client = await scene.person("olga", "owner"), await scene.person(rooms=(board,))
    command = {
        "t": "grant",
        "room": scene.room,
        "subject": client.identity_id,
        "reason": "x",
        "role": "speaker",
    }
    assert_acked(await owner.ask(command))
    assert await rights_of(client, board) == TALKS


async def test_rights_follow_the_discussion_room(scene: Scene) -> None:
    board = await scene.make_room(mode="announcement", discussion=scene.room)
    moderator, client = await scene.moderator(rooms=(board, scene.room)), await scene.person(rooms=(board,))
    assert_acked(await moderator.switch(scene.room, "announcement"))
    assert await rights_of(client, board) == LISTENS
    assert_acked(await moderator.switch(scene.room, "agora"))
    assert await rights_of(client, board) == LISTENS | {"reply": True}
    settings = {"t": "settings", "room": board, "discussion": ""}
    assert_acked(await moderator.ask(settings))
    assert await rights_of(client, board) == LISTENS


async def test_the_answer_to_a_command_counts_and_not_the_card(scene: Scene) -> None:
    moderator, client = await scene.moderator(), await scene.person()
    assert_acked(await moderator.switch(scene.room, "announcement"))
    assert_refused(await client.publish(scene.room, "x"), "announcement_only")
    await client.expect("rights", room=scene.room)
