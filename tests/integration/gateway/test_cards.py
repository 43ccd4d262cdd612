"""For others, the role that counts is that of the token last presented (protocol, section 1)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.integration.gateway.scene import Scene, assert_acked, assert_refused, fresh_id, role_token
from tests.support.client import Client
from tests.support.server import Node
from tests.support.waiting import until


async def mutes(by: Client, room: str, subject: str) -> dict[str, Any]:
    command = {"t": "sanction", "room": room, "action": "mute", "subject": subject, "reason": "x"}
    return await by.ask(command)


@pytest.mark.parametrize("places", [(0, 0, 0), (0, 1, 0)])
async def test_a_token_that_is_presented_again_counts_again(
    shared_scene: Scene, two_nodes: list[Node], places: tuple[int, int, int]
) -> None:
    scene = shared_scene
    moderator, subject = await scene.moderator(), fresh_id("boss")
    for place, role in zip(places, ("moderator", None, "moderator"), strict=True):
        await scene.person(role=role, subject=subject, node=two_nodes[place])
    assert_refused(await mutes(moderator, scene.room, subject), "forbidden")


async def test_a_token_without_a_role_that_is_presented_last_is_what_counts(scene: Scene) -> None:
    moderator, subject = await scene.moderator(), fresh_id("boss")
    for role in ("moderator", None, "moderator", None):
        await scene.person(role=role, subject=subject)
    assert_acked(await mutes(moderator, scene.room, subject))


async def test_a_token_that_is_presented_by_watching_counts(scene: Scene) -> None:
    moderator, subject = await scene.moderator(), fresh_id("boss")
    await scene.person(subject=subject)
    watcher = await scene.person(role="moderator", subject=subject, rooms=())
    assert (await watcher.ask({"t": "watch", "hub": scene.room.partition("/")[0]}))["t"] == "watching"
    assert_refused(await mutes(moderator, scene.room, subject), "forbidden")


async def test_a_token_that_was_renewed_counts_beyond_the_end_of_the_first(scene: Scene) -> None:
    moderator, subject = await scene.moderator(), fresh_id("boss")
    first_ends_at = time.time() + 2
    boss = await scene.person(role="moderator", subject=subject, valid_seconds=2)
    assert (await boss.hello(token=role_token(subject, "moderator")))["t"] == "welcome"
    await until("the first token is over", lambda: time.time() > first_ends_at)
    assert_acked(await boss.switch(scene.room, "announcement"))
    assert_refused(await mutes(moderator, scene.room, subject), "forbidden")
