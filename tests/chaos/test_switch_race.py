"""A moderator switches a room back and forth while everybody talks: nothing slips behind a switch."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import pytest

from tests.chaos.crowd import RECOVERY_SECONDS, scene
from tests.chaos.harness import talk_all
from tests.chaos.plan import Plan
from tests.support.journal import Nacked

pytestmark = pytest.mark.chaos

SWITCHES: Final = 100
PLAN = Plan(
    seed=6,
    node_kills=0,
    store_kills=0,
    switches=SWITCHES,
    rooms=1,
    senders=20,
    readers=2,
    pause_seconds=(0, 0.02),
)


async def test_no_message_slips_behind_a_switch(tmp_path: Path) -> None:
    async with scene(PLAN, tmp_path, "valkey") as stage:
        is_over = asyncio.Event()
        lanes = talk_all(stage, PLAN, is_over)
        (moderator,) = stage.crowd.moderators
        for number in range(SWITCHES):
            mode = ("announcement", "agora")[number % 2]
            reply = await moderator.ask({"t": "mode", "id": f"{number}", "mode": mode, "reason": "A talk"})
            assert reply["t"] == "ack", reply
        is_over.set()
        await asyncio.wait(lanes, timeout=RECOVERY_SECONDS)
        await stage.settle()
    assert stage.violations() == []
    assert {record.code for record in stage.records() if isinstance(record, Nacked)} == {"announcement_only"}
