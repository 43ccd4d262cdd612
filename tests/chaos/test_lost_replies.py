"""The store's replies and pushes are lost on the way: nothing doubles, nothing is missing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.chaos.crowd import RECOVERY_SECONDS, scene
from tests.chaos.harness import moderate, talk_all
from tests.chaos.plan import Plan
from tests.support.journal import Acked, Closed
from tests.support.waiting import until

pytestmark = pytest.mark.chaos

PLAN = Plan(seed=5, node_kills=0, store_kills=0, switches=10, rooms=2, senders=8, readers=4)


async def test_a_publish_whose_reply_was_lost_is_in_the_log_once(tmp_path: Path) -> None:
    async with scene(PLAN, tmp_path, "valkey", is_proxied=True) as stage:
        is_over, is_moderated = asyncio.Event(), asyncio.Event()
        lanes = talk_all(stage, PLAN, is_over)
        stage.group.create_task(moderate(stage.crowd.moderators, PLAN, is_moderated))
        stage.proxy.lost_reply_share = 0.05
        await until("replies were lost", lambda: stage.proxy.lost_replies >= 20, 60)
        stage.proxy.lost_reply_share = 0.0
        await stage.crowd.is_well()
        await is_moderated.wait()
        is_over.set()
        await asyncio.wait(lanes, timeout=RECOVERY_SECONDS)
        await stage.settle()
    records = stage.records()
    assert stage.violations() == []
    assert [record for record in records if isinstance(record, Closed)] == []
    assert any(isinstance(record, Acked) for record in records)


async def test_a_lost_push_is_repaired_from_the_log(tmp_path: Path) -> None:
    async with scene(PLAN, tmp_path, "valkey", is_proxied=True) as stage:
        is_over, is_moderated = asyncio.Event(), asyncio.Event()
        lanes = talk_all(stage, PLAN, is_over)
        stage.group.create_task(moderate(stage.crowd.moderators, PLAN, is_moderated))
        stage.proxy.lost_push_share = 0.2
        await until("pushes were lost", lambda: stage.proxy.lost_pushes >= 30, 60)
        await is_moderated.wait()
        is_over.set()
        await asyncio.wait(lanes, timeout=RECOVERY_SECONDS)
        lost_before = stage.proxy.lost_pushes
        stage.proxy.lost_push_share = 1.0
        await stage.crowd.senders[0].ask({"t": "publish", "id": "last", "text": "Nobody hears of this"})
        await until("the last push was lost", lambda: stage.proxy.lost_pushes >= lost_before + PLAN.nodes, 30)
        stage.proxy.lost_push_share = 0.0
        await stage.settle()
    assert stage.violations() == []
