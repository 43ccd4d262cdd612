"""A store that keeps nothing loses its newest entries: everybody is told, no place gets a second content."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.chaos.crowd import Scene, scene
from tests.chaos.member import Member, message
from tests.chaos.plan import Plan
from tests.support.journal import AnyRecord, Joined, Out
from tests.support.waiting import until

pytestmark = [pytest.mark.chaos, pytest.mark.asyncio(loop_scope="module")]

PLAN = Plan(seed=3, node_kills=0, store_kills=1, switches=0, rooms=1, senders=2, readers=6)
TAIL = 100


@dataclass
class LostTail:
    """What was seen of a tail of a hundred entries that was lost."""

    first_epoch: str
    records: list[AnyRecord]
    violations: list[str]
    readers: list[str]


async def publish_some(sender: Member, word: str) -> None:
    """Publish a hundred messages."""
    for number in range(TAIL):
        assert (await sender.ask(message(f"{word}-{number}", f"{word} {number}")))["t"] == "ack"


async def all_are_at_the_head(stage: Scene, sender: Member) -> None:
    """Wait until everybody was given what the sender was given last."""
    await until(
        "everybody was given everything",
        lambda: all(one.position == sender.position for one in stage.crowd.everybody),
        20,
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lost_tail(tmp_path_factory: pytest.TempPathFactory) -> LostTail:
    """Save, publish 100 that readers get, kill the store, start it again, publish 100 more."""
    folder: Path = tmp_path_factory.mktemp("lost-tail")
    async with scene(PLAN, folder, "redis", fsync=None, is_lossless=False) as stage:
        sender = stage.crowd.senders[0]
        await publish_some(sender, "kept")
        stage.store.command("SAVE")
        await publish_some(sender, "lost")
        await all_are_at_the_head(stage, sender)
        assert sender.position is not None
        first_epoch, _ = sender.position
        stage.store.kill()
        stage.store.restart()
        await publish_some(sender, "new")
        await until("the epoch is new", lambda: sender.position and sender.position[0] != first_epoch, 20)
        await all_are_at_the_head(stage, sender)
        await stage.settle()
    readers = [one.role.name for one in stage.crowd.everybody]
    return LostTail(first_epoch, stage.records(), stage.violations(is_lossless=False), readers)


async def test_no_place_has_two_contents_and_no_promise_is_broken(lost_tail: LostTail) -> None:
    assert lost_tail.violations == []


async def test_everybody_is_told_of_the_new_epoch(lost_tail: LostTail) -> None:
    told = {
        record.connection.partition("#")[0]
        for record in lost_tail.records
        if isinstance(record, Joined) and not record.recovered and record.epoch != lost_tail.first_epoch
    }
    assert told == set(lost_tail.readers)


async def test_those_who_stay_connected_are_reset(lost_tail: LostTail) -> None:
    reset = {record.connection.partition("#")[0] for record in lost_tail.records if isinstance(record, Out)}
    assert reset == set(lost_tail.readers)
