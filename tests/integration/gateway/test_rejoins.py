"""Joining again where one is: the room's pushes start anew and nothing comes twice (protocol, section 3)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.integration.gateway.scene import Scene, assert_acked, caught_up
from tests.support.client import Client
from tests.support.server import Node

REJOINS = 60


async def publishes_until(stop: asyncio.Event, author: Client, room: str) -> int:
    """Publish, twenty at a time, until told to stop; returns the newest `seq`."""
    seq = 0
    while not stop.is_set():
        refs = [author.send({"t": "publish", "room": room, "text": "x"}) for _ in range(20)]
        seq = [assert_acked(await author.answer(ref)) for ref in refs][-1]
        author.inbox.clear()
    return seq


@pytest.mark.parametrize("limit", [0, 50])
async def test_joining_again_under_traffic_pushes_no_entry_twice(
    shared_scene: Scene, two_nodes: list[Node], limit: int
) -> None:
    scene = shared_scene
    author, stop = await scene.person(), asyncio.Event()
    reader = await scene.person("boris", node=two_nodes[1])
    publishing = asyncio.create_task(publishes_until(stop, author, scene.room))
    joined_at: list[int] = []
    for _ in range(REJOINS):
        joined: dict[str, Any] = await reader.join(scene.room, limit=limit)
        assert joined["t"] == "joined", joined
        joined_at.append(joined["seq"])
    stop.set()
    await caught_up(reader, scene.room, await publishing)
    pushed = [push["e"]["seq"] for push in reader.inbox if push["t"] == "entry"]
    assert pushed == sorted(set(pushed)), "pushed twice, or out of order"
    # What was not pushed is what a `joined` between took the place of.
    missing = set(range(joined_at[-1] + 1, pushed[-1] + 1)) - set(pushed)
    assert not missing


async def test_a_join_that_is_refused_leaves_one_where_one_was(scene: Scene) -> None:
    author, reader = await scene.person(), await scene.person("boris")
    refused = await reader.ask({"t": "join", "room": scene.room, "limit": 301})
    assert refused["code"] == "bad_request", refused
    seq = assert_acked(await author.publish(scene.room, "Still there?"))
    await caught_up(reader, scene.room, seq)
