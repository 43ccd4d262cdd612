"""One reading of the store for all who want the same at the same time.

Guarantees that what a caller gets was read after the call began, and that at most one reading runs.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")

CROWD_SECONDS = 0.01
"""Between two readings for people who come: nobody feels it, and where thousands come at once many share."""


class SharedRead(Generic[T]):
    """Calls `read` as seldom as freshness allows; a caller that is cancelled harms nobody else.

    `pause_seconds` is the least time between the beginnings of two readings: where thousands come at once,
    as many as come in that time share one. Who comes after a quieter time than that waits for nobody.
    """

    def __init__(self, read: Callable[[], Awaitable[T]], pause_seconds: float = 0.0) -> None:
        self._read = read
        self._pause_seconds = pause_seconds
        self._may_begin_at = 0.0
        self._under_way: asyncio.Event | None = None
        self._asked = 0
        self._served = 0
        self._value: T | None = None
        self._waiting = 0

    async def get(self) -> T:
        """A value read since this call; whoever asked before it was begun shares it."""
        self._asked += 1
        ticket = self._asked
        self._waiting += 1
        try:
            while self._served < ticket:
                if self._under_way is None:
                    await self._read_for_all()
                else:
                    await self._under_way.wait()
            value: T = self._value  # type: ignore[assignment]
            return value
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._value = None  # nobody shares it any more

    async def _read_for_all(self) -> None:
        """Reads for all who have asked by the time that the reading begins."""
        self._under_way = asyncio.Event()
        try:
            if self._pause_seconds:
                await self._pause()
            covers = self._asked
            self._value = await self._read()
            self._served = covers
        finally:
            self._under_way.set()  # who is not served begins the next one
            self._under_way = None

    async def _pause(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._may_begin_at:
            await asyncio.sleep(self._may_begin_at - now)
        self._may_begin_at = asyncio.get_running_loop().time() + self._pause_seconds
