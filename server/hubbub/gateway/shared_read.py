"""One reading of the store for all who want the same at the same time.

Guarantees that what a caller gets was read after the call began, and that at most one reading runs.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SharedRead(Generic[T]):
    """Calls `read` as seldom as freshness allows; a caller that is cancelled harms nobody else."""

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read
        self._turn = asyncio.Lock()
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
            async with self._turn:
                if self._served < ticket:
                    covers = self._asked
                    self._value = await self._read()
                    self._served = covers
                value: T = self._value  # type: ignore[assignment]
                return value
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._value = None  # nobody shares it any more
