"""The nodes' subscriptions at the store are cut again and again: readers notice nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import pytest

from tests.chaos.crowd import RECOVERY_SECONDS, StoreScene, scene
from tests.chaos.harness import talk_all
from tests.chaos.member import message
from tests.chaos.plan import Plan
from tests.support.journal import Closed, Out
from tests.support.stores import Engine
from tests.support.waiting import until

pytestmark = pytest.mark.chaos

PLAN = Plan(seed=4, node_kills=0, store_kills=0, switches=0, rooms=2, senders=6, readers=6)
CUTS: Final = 25


async def cut_subscriptions(stage: StoreScene) -> None:
    """Cut all subscriptions again and again, each time after new ones were made and everybody was heard."""
    for _ in range(CUTS):
        await until(
            "the nodes have subscribed", lambda: stage.store.command("CLIENT", "KILL", "TYPE", "pubsub")
        )
        await stage.crowd.is_well()


async def test_cut_subscriptions_cost_no_reader_an_entry(engine: Engine, tmp_path: Path) -> None:
    async with scene(PLAN, tmp_path, engine) as stage:
        is_over = asyncio.Event()
        lanes = talk_all(stage, PLAN, is_over)
        await cut_subscriptions(stage)
        is_over.set()
        await asyncio.wait(lanes, timeout=RECOVERY_SECONDS)
        await stage.settle()
    assert stage.violations() == []
    assert [record for record in stage.records() if isinstance(record, Out | Closed)] == []


async def test_the_last_entry_arrives_without_another_one_behind_it(engine: Engine, tmp_path: Path) -> None:
    async with scene(PLAN, tmp_path, engine) as stage:
        stage.store.command("CLIENT", "KILL", "TYPE", "pubsub")
        for sender in stage.crowd.senders:
            assert (await sender.ask(message("last", "The last word")))["t"] == "ack"
        await stage.settle()
    assert stage.violations() == []
