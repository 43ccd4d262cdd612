"""Knows how to load rooms and to break nodes and the store under them; refuses to judge the outcome.

Everything drawn by lot comes from the plan's seed.
"""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import assert_never

from tests.chaos.crowd import RECOVERY_SECONDS, Scene, StoreScene, scene
from tests.chaos.member import Member, message
from tests.chaos.plan import Fault, Plan, Window
from tests.chaos.report import Report, figures
from tests.support.journal import now
from tests.support.stores import Engine


async def talk(sender: Member, lane: int, plan: Plan, is_over: asyncio.Event) -> None:
    """Publish one message after another until the run is over; each is asked for until it is settled."""
    chance = random.Random(f"{plan.seed}/{sender.role.name}/{lane}")
    for number in count():
        if is_over.is_set():
            return
        id = f"{sender.role.name}.{lane}.{number}"
        text = f"Message {number} of {sender.role.name}, {chance.random()}"
        await sender.ask(message(id, text.ljust(plan.text_chars, ".")))
        await asyncio.sleep(chance.uniform(*plan.pause_seconds))


def talk_all(stage: Scene, plan: Plan, is_over: asyncio.Event) -> list[asyncio.Task[None]]:
    """Let every sender talk in every lane."""
    return [
        stage.group.create_task(talk(sender, lane, plan, is_over))
        for sender in stage.crowd.senders
        for lane in range(plan.lanes)
    ]


async def moderate(moderators: Sequence[Member], plan: Plan, enough: asyncio.Event) -> None:
    """Switch rooms drawn by lot to announcement and, a moment later, back; as often as planned."""
    chance = random.Random(f"{plan.seed}/moderators")
    for number in range(plan.switches // 2):
        moderator = chance.choice(moderators)
        for mode in ("announcement", "agora"):
            await moderator.ask({"t": "mode", "id": f"{mode}.{number}", "mode": mode, "reason": "A talk"})
            await asyncio.sleep(chance.uniform(0.1, 0.6))
    enough.set()


async def break_things(plan: Plan, stage: StoreScene) -> list[Window]:
    """Cause the planned faults, each after the recovery from the one before."""
    chance = random.Random(f"{plan.seed}/faults")
    windows: list[Window] = []
    for fault in plan.faults():
        await asyncio.sleep(chance.uniform(*plan.calm_seconds))
        begins_at = now()
        await _cause(fault, chance, plan, stage)
        await stage.crowd.is_well()
        windows.append(Window(fault, begins_at, now()))
    await asyncio.sleep(chance.uniform(*plan.calm_seconds))
    return windows


async def _cause(fault: Fault, chance: random.Random, plan: Plan, stage: StoreScene) -> None:
    node = chance.choice(stage.nodes)
    match fault:
        case "node":
            node.kill()
            await node.restart()
        case "store":
            stage.store.kill()
            await asyncio.sleep(chance.uniform(*plan.down_seconds))
            await asyncio.to_thread(stage.store.restart)
        case "stall":
            stage.store.stall()
            await asyncio.sleep(chance.uniform(*plan.still_seconds))
            stage.store.resume()
        case "freeze":
            node.signal(signal.SIGSTOP)
            await asyncio.sleep(chance.uniform(*plan.still_seconds))
            node.signal(signal.SIGCONT)
        case _:
            assert_never(fault)


async def run(plan: Plan, folder: Path, engine: Engine) -> Report:
    """Carry out a plan and return its figures, the checker's violations among them."""
    async with scene(plan, folder, engine) as stage:
        is_over, is_moderated = asyncio.Event(), asyncio.Event()
        begins_at = now()
        stage.group.create_task(moderate(stage.crowd.moderators, plan, is_moderated))
        lanes = talk_all(stage, plan, is_over)
        windows = await break_things(plan, stage)
        await is_moderated.wait()
        ends_at = now()
        is_over.set()
        await asyncio.wait(lanes, timeout=RECOVERY_SECONDS)
        await stage.settle()
    report = figures(stage.records(), windows, begins_at, ends_at)
    report.violations = stage.violations()
    return report
