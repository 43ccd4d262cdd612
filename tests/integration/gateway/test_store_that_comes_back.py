"""A store that was away, hung or has lost everything: everybody is told what is so (protocol, 6 and 10)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.gateway.conftest import serving
from tests.integration.gateway.scene import Scene, assert_acked, assert_refused, fresh_id
from tests.support.server import Node, options_for
from tests.support.stores import Store, running_store
from tests.support.waiting import until

REPAIR_SECONDS = 30.0
"""For what the next checks of two nodes repair, each 5 s, and their way back to the store."""


@pytest.fixture
def keeping_store(tmp_path: Path) -> Iterator[Store]:
    """A store of its own that keeps what it was given."""
    with running_store(tmp_path / "keeping", engine="redis") as store:
        yield store


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


async def test_a_command_at_the_moment_in_which_the_store_lost_everything_is_not_an_internal_fault(
    forgetful_store: Store, tmp_path: Path
) -> None:
    with serving(tmp_path, *options_for(forgetful_store.url)) as [node]:
        scene = await opened(node)
        author = await scene.person()
        forgetful_store.kill()
        forgetful_store.restart()
        codes = set()
        while "unknown_room" not in codes:
            codes.add((await author.publish(scene.room, "two"))["code"])
            assert codes <= {"unknown_room", "unavailable", "unknown_outcome"}
        await scene.close()


async def test_a_retry_of_what_a_hung_store_may_carry_out_yet_is_not_called_unavailable(
    keeping_store: Store, tmp_path: Path
) -> None:
    with serving(tmp_path, *options_for(keeping_store.url)) as [node]:
        scene = await opened(node)
        author = await scene.person()
        assert_acked(await author.publish(scene.room, "before"))
        keeping_store.stall()
        for _ in range(2):
            reply = assert_refused(await author.publish(scene.room, "once", id="s0"), "unknown_outcome")
            assert reply["id"] == "s0"
        keeping_store.resume()

        async def is_settled() -> bool:
            reply = await author.publish(scene.room, "once", id="s0")
            return bool(reply["t"] == "ack")

        await until("the retry is acked", is_settled)
        page = await author.ask({"t": "history", "room": scene.room})
        assert [entry.get("id") for entry in page["entries"]].count("s0") == 1
        await scene.close()


async def test_one_who_left_while_the_store_was_away_is_counted_nowhere(
    keeping_store: Store, tmp_path: Path
) -> None:
    with serving(tmp_path, *options_for(keeping_store.url), count=2) as nodes:
        scene = await opened(nodes[0])
        ghost_id = fresh_id("ghost")
        here, there = await scene.person(), await scene.person("boris", node=nodes[1])
        ghost = await scene.person(subject=ghost_id, node=nodes[1])

        async def counts() -> list[int]:
            return [
                int((await client.ask({"t": "who", "room": scene.room})).get("count", 0))
                for client in (here, there)
            ]

        async def are(*wanted: int) -> bool:
            return await counts() == list(wanted)

        await until("both nodes count three", lambda: are(3, 3))
        keeping_store.kill()
        await ghost.close()
        await until("the node there has told its own, in vain", lambda: are(3, 2))
        await until("it was noted that the store is away", lambda: "store_away" in nodes[1].output)
        keeping_store.restart()
        for client in (here, there):  # a store that may have lost its tail begins a new epoch
            await client.expect("reset", REPAIR_SECONDS, room=scene.room)
            assert (await client.join(scene.room))["t"] == "joined"
        await until("both nodes count two", lambda: are(2, 2), REPAIR_SECONDS)
        page = await here.ask({"t": "who", "room": scene.room})
        assert ghost_id not in [row["id"] for row in page["who"]]
        await scene.close()
