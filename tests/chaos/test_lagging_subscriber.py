"""The store cuts nodes that fall behind what is published: their readers notice nothing."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from tests.chaos.crowd import RECOVERY_SECONDS, StoreScene, scene
from tests.chaos.harness import talk_all
from tests.chaos.plan import Plan
from tests.support.journal import Acked, Closed, Out, now
from tests.support.stores import Engine
from tests.support.waiting import until

pytestmark = pytest.mark.chaos

# As much in flight as the clients of one process can keep up; long texts, to fill the store's buffers.
LOAD: Final = Plan(
    seed=7,
    node_kills=0,
    store_kills=0,
    switches=0,
    rooms=2,
    senders=3,
    readers=6,
    lanes=60,
    pause_seconds=(0, 0),
    text_chars=3_500,
)
# Of what waits for one subscriber: some hundred of these messages. The kernel's buffers come before it.
LAG_BYTES: Final = 1_000_000
# Less than a batch under load, so that whoever hears one is cut, in the middle of an envelope too.
STINGY_BYTES: Final = 8_000
CUTS: Final = 12


async def end(stage: StoreScene, lanes: list[asyncio.Task[None]], is_over: asyncio.Event) -> None:
    """Let the load end and everybody be given what is left."""
    is_over.set()
    await asyncio.wait(lanes, timeout=RECOVERY_SECONDS)
    await stage.settle()


def assert_nobody_noticed(stage: StoreScene) -> None:
    """No gap, no repeat, no reset, no close; and everybody has all that was acked."""
    assert stage.violations() == []
    assert [record for record in stage.records() if isinstance(record, Out | Closed)] == []


async def test_a_node_that_stood_still_too_long_for_the_store_catches_up(
    engine: Engine, tmp_path: Path
) -> None:
    async with scene(LOAD, tmp_path, engine) as stage:
        store, still = stage.store, stage.nodes[1]
        store.limit_subscribers(LAG_BYTES)
        subscribed_before, is_over = store.subscriber_ids(), asyncio.Event()
        lanes = talk_all(stage, LOAD, is_over)
        await stage.crowd.is_well()
        still.signal(signal.SIGSTOP)
        await until("the store cuts the node", lambda: store.subscribers_cut() > 0, RECOVERY_SECONDS)
        assert len(store.subscriber_ids() & subscribed_before) == 1, "the other node keeps its own"
        still.signal(signal.SIGCONT)
        continued_at = now()
        await stage.crowd.is_well()
        await end(stage, lanes, is_over)
    assert_nobody_noticed(stage)
    assert any(isinstance(record, Acked) and record.at > continued_at for record in stage.records())


@pytest.mark.parametrize("nodes", [1, 2])
async def test_nodes_that_are_cut_at_every_batch_lose_nothing(
    nodes: int, engine: Engine, tmp_path: Path
) -> None:
    plan = replace(LOAD, nodes=nodes)
    async with scene(plan, tmp_path, engine) as stage:
        stage.store.limit_subscribers(STINGY_BYTES)
        is_over = asyncio.Event()
        lanes = talk_all(stage, plan, is_over)
        await until("they were cut often", lambda: stage.store.subscribers_cut() >= CUTS, RECOVERY_SECONDS)
        await stage.crowd.is_well()
        await end(stage, lanes, is_over)
    assert_nobody_noticed(stage)
