"""A clock that a test turns.

Knows the world's time and the timers that wait for it. Refuses to go on by itself.
"""

from __future__ import annotations

import asyncio

from hubbub.testing.world import World


class TurnedClock:
    """The time of a fake hub, for the bot in it too."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._timers: list[tuple[int, asyncio.Future[None]]] = []

    def seconds(self) -> float:
        """Since 1970, UTC."""
        return self._world.now_ms / 1000

    def timer(self, seconds: float) -> asyncio.Future[None]:
        """Done when the clock has been turned so far."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._timers.append((self._world.now_ms + max(1, round(seconds * 1000)), future))
        return future

    def next_ms(self) -> int | None:
        """When the next timer is due."""
        return min((at for at, future in self._timers if not future.done()), default=None)

    def ring(self) -> None:
        """What is due is done."""
        for at, future in self._timers:
            if at <= self._world.now_ms and not future.done():
                future.set_result(None)
        self._timers = [one for one in self._timers if not one[1].done()]
