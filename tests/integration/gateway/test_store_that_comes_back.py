"""A store that was away, hung or has lost everything: everybody is told what is so (protocol, 6 and 10)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.gateway.conftest import serving
from tests.integration.gateway.scene import Scene, assert_acked, assert_refused, fresh_id, log_of
from tests.support.client import Client
from tests.support.server import Node, options_for
from tests.support.stores import Store, running_store
from tests.support.waiting import until

REPAIR_SECONDS = 30.0
"""For what the next checks of two nodes repair, each 5 s, and their way back to the store."""


@dataclass
class Pair:
    """Two nodes on a store of their own, which keeps what it was given."""

    store: Store
    nodes: list[Node]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    with (
        running_store(folder / "store", engine="redis") as store,
        serving(folder, *options_for(store.url, is_lossless=True), count=2) as nodes,
    ):
        yield Pair(store, nodes)


@pytest.fixture
def forgetful_store(tmp_path: Path) -> Iterator[Store]:
    """A store that has nothing any more after it was killed."""
    with running_store(tmp_path / "forgetful", engine="redis", fsync=None) as store:
        yield store


async def opened(node: Node) -> Scene:
    scene = Scene(node, "json", "")
    scene.room = await scene.make_room()
    return scene


async def test_after_the_store_lost_everything_all_are_told_and_nothing_is_internal(
    forgetful_store: Store, tmp_path: Path
) -> None:
    with serving(tmp_path, *options_for(forgetful_store.url)) as [node]:
        scene = await opened(node)
        author, reader = await scene.person(), await scene.person("boris")
        assert_acked(await author.publish(scene.room, "one"))
        forgetful_store.kill()
        forgetful_store.restart()
        for client in (author, reader):
            await client.expect("reset", REPAIR_SECONDS, room=scene.room)
        for client in (author, reader):
            assert_refused(await client.publish(scene.room, "two"), "unknown_room")
            assert_refused(await client.join(scene.room, limit=0), "unknown_room")
            assert_refused(await client.join(scene.room), "unknown_room")
            history = await client.ask({"t": "history", "room": scene.room})
            assert_refused(history, "unknown_room")
        await scene.close()


async def test_a_retry_of_what_a_hung_store_may_carry_out_yet_is_not_called_unavailable(pair: Pair) -> None:
    scene = await opened(pair.nodes[0])
    author = await scene.person()
    assert_acked(await author.publish(scene.room, "before"))
    pair.store.stall()
    # Whoever asks at the same time loses the connections on which a retry could be sent.
    asking = asyncio.gather(*(scene.http("GET", "/readyz", token="") for _ in range(12)))
    for _ in range(2):
        reply = assert_refused(await author.publish(scene.room, "once", id="s0"), "unknown_outcome")
        assert reply["id"] == "s0"
    await asking
    pair.store.resume()

    async def is_acked() -> bool:
        return bool((await author.publish(scene.room, "once", id="s0"))["t"] == "ack")

    await until("the retry is acked", is_acked)
    assert [entry.get("id") for entry in await log_of(author, scene.room)].count("s0") == 1
    await scene.close()


async def counts(room: str, *clients: Client) -> list[int]:
    """How many people each client is told to be in a room that all of them are in."""
    return [int((await client.ask({"t": "who", "room": room}))["count"]) for client in clients]


async def test_one_who_left_while_the_store_was_away_is_counted_nowhere(pair: Pair) -> None:
    scene = await opened(pair.nodes[0])
    ghost_id = fresh_id("ghost")
    here, there = await scene.person(), await scene.person("boris", node=pair.nodes[1])
    ghost = await scene.person(subject=ghost_id, node=pair.nodes[1])

    async def are(*wanted: int) -> bool:
        return await counts(scene.room, here, there) == list(wanted)

    await until("both nodes count three", lambda: are(3, 3))
    pair.store.kill()
    await ghost.close()
    await there.expect("presence", room=scene.room, count=2)  # at the beat that cannot tell the other node
    pair.store.restart()
    await until("both nodes count two", lambda: are(2, 2), REPAIR_SECONDS)
    page = await here.ask({"t": "who", "room": scene.room})
    assert ghost_id not in [row["id"] for row in page["who"]]
    await scene.close()
