"""What one identity or address may do in a while, on a server that limits it (protocol, sections 2 and 6)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from tests.integration.gateway.scene import Scene, assert_acked, assert_refused, fresh_id, role_token
from tests.support.client import ConnectionLost, UpgradeRefused
from tests.support.server import Node
from tests.support.waiting import until


@pytest_asyncio.fixture
async def scene(strict_node: Node) -> AsyncIterator[Scene]:
    """A fresh room on a server that limits rates."""
    scene = Scene(strict_node, "json", "")
    scene.room = await scene.make_room()
    try:
        yield scene
    finally:
        await scene.close()


async def test_the_limits_are_told_at_the_door(scene: Scene) -> None:
    client = await scene.person()
    limits = client.welcome["limits"]
    assert limits["publish_burst"] > 0 and limits["publish_per_s"] > 0


async def test_beyond_the_burst_commands_are_refused_for_a_while(scene: Scene) -> None:
    client = await scene.person()
    burst = client.welcome["limits"]["publish_burst"]
    refs = [client.send({"t": "publish", "room": scene.room, "text": "x"}) for _ in range(burst + 5)]
    replies = [await client.answer(ref) for ref in refs]
    for reply in replies[:burst]:
        assert_acked(reply)
    last = assert_refused(replies[-1], "rate_limited")
    assert last["retry_ms"] > 0

    async def is_taken() -> bool:
        return bool((await client.publish(scene.room, "again"))["t"] == "ack")

    await until("the next one is taken", is_taken)


async def test_all_commands_that_append_and_all_connections_share_one_allowance(scene: Scene) -> None:
    subject = fresh_id("busy")
    first = await scene.person(subject=subject, role="moderator")
    second = await scene.person(subject=subject, role="moderator")
    other = await scene.person()
    burst = first.welcome["limits"]["publish_burst"]
    commands: list[dict[str, Any]] = [
        {"t": "publish", "text": "x"},
        {"t": "edit", "target": 999, "text": "x"},
        {"t": "react", "target": 999, "emoji": "👍", "on": True},
        {"t": "settings", "topic": "x"},
        {"t": "floor", "action": "ask"},
    ]
    refs = []
    for number in range(burst + 10):
        tab = (first, second)[number % 2]
        refs.append((tab, tab.send({"room": scene.room, **commands[number % 5]})))
    replies = [await tab.answer(ref) for tab, ref in refs]
    limited = [reply for reply in replies if reply.get("code") == "rate_limited"]
    assert 1 <= len(limited) <= 10
    assert_acked(await other.publish(scene.room, "I am somebody else"))


async def test_reading_is_not_counted(scene: Scene) -> None:
    client = await scene.person()
    burst = client.welcome["limits"]["publish_burst"]
    refs = [client.send({"t": "history", "room": scene.room}) for _ in range(burst + 50)]
    for ref in refs:
        assert (await client.answer(ref))["t"] == "history"
    assert_acked(await client.publish(scene.room, "x"))


async def test_the_same_limit_holds_over_http(scene: Scene) -> None:
    client = await scene.person()
    burst = client.welcome["limits"]["publish_burst"]
    refs = [client.send({"t": "publish", "room": scene.room, "text": "x"}) for _ in range(burst + 5)]
    for ref in refs:
        await client.answer(ref)
    path, who = f"/api/rooms/{scene.room}/entries", role_token(client.identity_id)
    answers = [await scene.http("POST", path, token=who, json={"text": "x"}) for _ in range(8)]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert refused or client.is_open
    for answer in refused:
        assert answer.status_code == 429 and answer.json()["code"] == "rate_limited"
        assert int(answer.headers["Retry-After"]) >= 1 and answer.json()["temporary"] is True


async def test_what_was_taken_before_a_close_with_4013_is_acked(scene: Scene) -> None:
    client = await scene.person()
    burst = client.welcome["limits"]["publish_burst"]
    refs = [client.send({"t": "publish", "room": scene.room, "text": "x"}) for _ in range(burst + 30)]
    for ref in refs[:burst]:
        assert_acked(await client.answer(ref))
    assert await client.close_code() == 4013


async def test_who_does_not_slow_down_is_closed_with_4013(scene: Scene) -> None:
    client = await scene.person()
    burst = client.welcome["limits"]["publish_burst"]
    refs = [client.send({"t": "publish", "room": scene.room, "text": "x"}) for _ in range(burst + 60)]
    answers = await asyncio.gather(*(client.answer(ref) for ref in refs), return_exceptions=True)
    assert await client.close_code() == 4013
    replies = [answer for answer in answers if isinstance(answer, dict)]
    assert sum(reply.get("code") == "rate_limited" for reply in replies) == 20


async def test_the_eleventh_connection_of_an_identity_is_closed_with_4004(scene: Scene) -> None:
    subject = fresh_id("tabs")
    tabs = [await scene.person(subject=subject, rooms=()) for _ in range(10)]
    late = await scene.stranger()
    late.send({"t": "hello", "token": role_token(subject)})
    assert await late.close_code() == 4004
    other = await scene.person(rooms=())
    assert other.is_open and all(tab.is_open for tab in tabs)
    await tabs[0].close()

    async def is_let_in() -> bool:
        again = await scene.stranger()
        try:
            return bool((await again.hello(token=role_token(subject)))["t"] == "welcome")
        except ConnectionLost:
            return False

    await until("there is room again", is_let_in)


async def test_the_thirty_third_connection_of_an_address_is_closed_with_4004(scene: Scene) -> None:
    opened, turned_away = 0, 0
    for _ in range(36):
        client = await scene.stranger()
        try:
            await client.hello(token=role_token(fresh_id("p")))
            opened += 1
        except ConnectionLost as lost:
            assert lost.code == 4004
            turned_away += 1
    assert 30 <= opened <= 32 and turned_away == 36 - opened
    await scene.close()

    async def is_let_in() -> bool:
        try:
            client = await scene.stranger()
        except (UpgradeRefused, ConnectionError):
            return False
        return bool((await client.hello(token=role_token(fresh_id("p"))))["t"] == "welcome")

    await until("there is room again", is_let_in)
