"""One reading for many: never older than the question, and nobody's end is another's."""

import asyncio
import gc
import weakref

import pytest

from hubbub.gateway.shared_read import SharedRead


class Source:
    """Gives 1, 2, 3, …, each when a test lets it."""

    def __init__(self) -> None:
        self.begun = 0
        self.gate = asyncio.Event()
        self.fault: Exception | None = None

    async def read(self) -> int:
        self.begun += 1
        number = self.begun
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        return number


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_all_who_ask_before_a_reading_begins_share_it() -> None:
    source = Source()
    shared = SharedRead(source.read)
    asking = [asyncio.create_task(shared.get()) for _ in range(5)]
    await turns()
    source.gate.set()
    assert await asyncio.gather(*asking) == [1, 2, 2, 2, 2]


async def test_who_asks_while_a_reading_is_under_way_gets_a_later_one() -> None:
    source = Source()
    shared = SharedRead(source.read)
    early = asyncio.create_task(shared.get())
    await turns()
    late = asyncio.create_task(shared.get())
    await turns()
    assert source.begun == 1
    source.gate.set()
    assert (await early, await late) == (1, 2)


async def test_at_most_one_reading_is_under_way() -> None:
    source = Source()
    shared = SharedRead(source.read)
    asking = [asyncio.create_task(shared.get()) for _ in range(5)]
    await turns()
    assert source.begun == 1
    source.gate.set()
    await asyncio.gather(*asking)


async def test_who_is_cancelled_while_reading_harms_nobody_else() -> None:
    source = Source()
    shared = SharedRead(source.read)
    reading = asyncio.create_task(shared.get())
    waiting = asyncio.create_task(shared.get())
    await turns()
    reading.cancel()
    source.gate.set()
    assert await waiting == 2


async def test_who_is_cancelled_while_waiting_harms_nobody_else() -> None:
    source = Source()
    shared = SharedRead(source.read)
    reading = asyncio.create_task(shared.get())
    waiting, another = asyncio.create_task(shared.get()), asyncio.create_task(shared.get())
    await turns()
    waiting.cancel()
    source.gate.set()
    assert (await reading, await another) == (1, 2)


async def test_a_reading_that_fails_is_not_taken_for_an_answer() -> None:
    source = Source()
    source.gate.set()
    source.fault = OSError("away")
    shared = SharedRead(source.read)
    with pytest.raises(OSError, match="away"):
        await shared.get()
    source.fault = None
    assert await shared.get() == 2


async def test_after_a_pause_all_who_came_meanwhile_share_one_reading() -> None:
    source = Source()
    source.gate.set()
    shared = SharedRead(source.read, pause_seconds=0.3)
    assert await shared.get() == 1
    asking = [asyncio.create_task(shared.get()) for _ in range(2)]
    await turns()
    asking.append(asyncio.create_task(shared.get()))
    assert source.begun == 1  # nobody read during the pause
    assert await asyncio.gather(*asking) == [2, 2, 2]


async def test_who_is_cancelled_in_a_pause_harms_nobody_else() -> None:
    source = Source()
    source.gate.set()
    shared = SharedRead(source.read, pause_seconds=0.3)
    await shared.get()
    pausing, waiting = asyncio.create_task(shared.get()), asyncio.create_task(shared.get())
    await turns()
    pausing.cancel()
    assert await waiting == 2


class Page:
    """Something big that was read."""


async def has_got_it(shared: SharedRead[Page]) -> None:
    assert isinstance(await shared.get(), Page)


async def test_what_was_read_is_not_kept_once_all_have_it() -> None:
    pages: weakref.WeakSet[Page] = weakref.WeakSet()

    async def read() -> Page:
        page = Page()
        pages.add(page)
        return page

    shared = SharedRead(read)
    await asyncio.gather(*(has_got_it(shared) for _ in range(3)))
    gc.collect()
    assert not pages
