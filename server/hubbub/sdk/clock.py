"""The time as a program sees it; a test has another clock, which it turns.

Knows the time of day and timers. Refuses to know who waits.
"""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Where a program has its time from."""

    def seconds(self) -> float:
        """Since 1970, UTC."""
        ...

    def timer(self, seconds: float) -> asyncio.Future[None]:
        """Done after so long; whoever waits for it no longer cancels it."""
        ...


class RealClock:
    """The clock of this machine."""

    def seconds(self) -> float:
        """Since 1970, UTC."""
        return time.time()

    def timer(self, seconds: float) -> asyncio.Future[None]:
        """Done after so long."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()

        def ring() -> None:
            if not future.done():
                future.set_result(None)

        ringing = loop.call_later(seconds, ring)
        future.add_done_callback(lambda _: ringing.cancel())
        return future
