"""What a node sent and gave up reaches the store late: it has no effect after what came later."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from tests.support.checker import check
from tests.support.client import Client, connected
from tests.support.history import read_log
from tests.support.journal import Journal
from tests.support.proxy import StoreProxy, running_proxy
from tests.support.server import options_for, running_node
from tests.support.stores import running_store
from tests.support.tokens import token

pytestmark = pytest.mark.chaos

ROOM: Final = "place/late"


@dataclass
class Scene:
    """A moderator on a node whose requests to the store can be held, and the journal of what it sees."""

    moderator: Client
    proxy: StoreProxy
    journal: Journal

    async def insist(self, command: dict[str, Any]) -> dict[str, Any]:
        """Ask with the same `id` until the answer is not a temporary refusal."""
        while True:
            reply = await self.moderator.ask({**command, "room": ROOM})
            if not reply.get("temporary", False):
                return reply

    async def violations(self) -> list[str]:
        """What the checker finds, after a last message has shown that the store is done."""
        assert (await self.insist({"t": "publish", "id": "marker", "text": "The end"}))["t"] == "ack"
        self.journal.write(await read_log(self.moderator, ROOM))
        return check(
            self.journal.records,
            mode_by_room={ROOM: "agora"},
            role_by_identity={"moderator": "moderator"},
            has_settled=False,
        )


@pytest_asyncio.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """The node, behind its proxy."""
    moderator_token = token("moderator", roles={"place": "moderator"})
    with running_store(tmp_path / "store", engine="redis") as store:
        async with AsyncExitStack() as stack:
            proxy = await stack.enter_async_context(running_proxy(store, seed=1))
            options = options_for(proxy.url, is_lossless=True)
            node = await stack.enter_async_context(running_node(tmp_path, *options))
            await node.make_room(ROOM)
            journal = Journal()
            opening = connected(
                node.url, name="moderator", token=moderator_token, journal=journal, rooms=(ROOM,)
            )
            yield Scene(await stack.enter_async_context(opening), proxy, journal)


async def give_up(scene: Scene, command: dict[str, Any]) -> None:
    """Ask for something whose way to the store is blocked until the node gives it up."""
    scene.proxy.hold_requests()
    reply = await scene.moderator.ask({**command, "room": ROOM})
    assert reply["t"] == "nack" and reply["code"] in ("unavailable", "unknown_outcome"), reply
    scene.proxy.pass_new_lines()


async def test_a_message_that_was_given_up_does_not_follow_a_later_one(scene: Scene) -> None:
    await give_up(scene, {"t": "publish", "id": "early", "text": "First"})
    assert (await scene.insist({"t": "publish", "id": "later", "text": "Second"}))["t"] == "ack"
    scene.proxy.release_requests()
    assert await scene.violations() == []


async def test_a_switch_that_was_given_up_does_not_overtake_its_opposite(scene: Scene) -> None:
    await give_up(scene, {"t": "mode", "id": "shut", "mode": "announcement", "reason": "A talk"})
    opposite = await scene.insist({"t": "mode", "id": "open", "mode": "agora", "reason": "No talk"})
    assert opposite["code"] == "no_change"
    scene.proxy.release_requests()
    assert await scene.violations() == []
    assert (await scene.moderator.join(ROOM))["state"]["mode"] == "agora"


async def test_a_retry_of_what_was_given_up_is_in_the_log_once(scene: Scene) -> None:
    await give_up(scene, {"t": "publish", "id": "early", "text": "First"})
    assert (await scene.insist({"t": "publish", "id": "early", "text": "First"}))["t"] == "ack"
    scene.proxy.release_requests()
    assert await scene.violations() == []
