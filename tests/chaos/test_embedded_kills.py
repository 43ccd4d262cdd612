"""A server with its own store loses nothing, whichever of its processes is killed at whatever instant."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.chaos.crowd import RECOVERY_SECONDS, populated
from tests.chaos.harness import talk_all
from tests.chaos.plan import Plan
from tests.support.journal import Joined, Out
from tests.support.server import Node, running_nodes
from tests.support.tokens import SECRET

pytestmark = pytest.mark.chaos

PLAN = Plan(seed=7, node_kills=1, store_kills=1, switches=0, nodes=1, rooms=2, senders=8, readers=8)


async def kill_the_node(node: Node) -> None:
    """Its store lives on without it, until the next start takes over."""
    node.kill()
    await node.restart()


async def kill_the_store(node: Node) -> None:
    """The node starts it again."""
    node.kill_children()


async def kill_everything(node: Node) -> None:
    """Both at once."""
    node.kill_children()
    node.kill()
    await node.restart()


@pytest.mark.parametrize("fault", [kill_the_node, kill_the_store, kill_everything])
async def test_nothing_acked_is_lost_and_readers_resume(
    fault: Callable[[Node], Awaitable[None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder: Path = tmp_path_factory.mktemp("own")  # A short name: the path of a socket has a limit.
    async with (
        running_nodes(folder, 1, "--secret", SECRET, "--no-rate-limits", "--demo") as nodes,
        populated(PLAN, nodes, folder) as stage,
    ):
        is_over = asyncio.Event()
        lanes = talk_all(stage, PLAN, is_over)
        await stage.crowd.is_well()
        await fault(nodes[0])
        await stage.crowd.is_well()
        is_over.set()
        await asyncio.wait(lanes, timeout=RECOVERY_SECONDS)
        await stage.settle()
    assert stage.violations() == []
    assert [record for record in stage.records() if isinstance(record, Out)] == []
    resumes = [one for one in stage.records() if isinstance(one, Joined) and one.after_seq is not None]
    assert all(one.recovered for one in resumes)
