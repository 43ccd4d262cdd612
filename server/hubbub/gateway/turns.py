"""Turns: long work on the event loop in slices, so that nobody else waits for the whole of it.

Knows how long one may keep the loop. Refuses to know the work.
"""

import asyncio
import time

TURN_SECONDS = 0.001
"""Of one slice, some 150 writes. A message waits for seven or so on its way in, to the store and out again:
where a room of 18,000 is served meanwhile, one of another room takes 7 ms, with slices of two ms 12."""


class Turn:
    """A share of the loop's time; long work asks after each step whether it is used up."""

    __slots__ = ("_ends_at", "began_at")

    def __init__(self) -> None:
        self.began_at = time.monotonic()
        self._ends_at = self.began_at + TURN_SECONDS

    def must_end(self) -> bool:
        """Whether it is used up."""
        return time.monotonic() >= self._ends_at

    async def pause(self) -> bool:
        """Lets the loop serve others if the turn is over, and begins the next one; whether it did."""
        if not self.must_end():
            return False
        await asyncio.sleep(0)
        self.began_at = time.monotonic()
        self._ends_at = self.began_at + TURN_SECONDS
        return True
