"""What is told at most once: how far somebody has read is in the store before the store is asked for it."""

import asyncio
from types import SimpleNamespace
from typing import Any

from hubbub.gateway.ephemera import Ephemera


class SlowLog:
    """A log that writes when it is let, and says what it has written."""

    def __init__(self) -> None:
        self.may_write = asyncio.Event()
        self.written: list[Any] = []

    async def seen(self, hub: str, moves: list[Any]) -> None:
        await self.may_write.wait()
        self.written += moves


async def test_who_asks_for_what_was_seen_waits_for_a_write_that_is_under_way() -> None:
    log = SlowLog()
    node: Any = SimpleNamespace(clock=None, store=None, name="n-1", log=log)
    ephemera = Ephemera(node)
    room: Any = SimpleNamespace(address="place/agora", hub=SimpleNamespace(name="place"))
    ephemera.seen(room, "u:1", 0, 7)

    async with asyncio.TaskGroup() as group:
        beat = group.create_task(ephemera.write_seen())
        await asyncio.sleep(0)
        watch = group.create_task(ephemera.write_seen())
        await asyncio.sleep(0)
        was_early = watch.done()
        log.may_write.set()

    assert beat.done()
    assert not was_early
    assert log.written == [("place/agora", "u:1", 0, 7)]
