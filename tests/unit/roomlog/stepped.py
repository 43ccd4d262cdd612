"""A loop whose clock a test moves, and a pump that lets everything happen that can happen now."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

TURNS = 30
"""Of the loop after each step: more than any chain of callbacks in these tests is long."""


class SteppedLoop(asyncio.SelectorEventLoop):
    """Time stands still until `wait` moves it."""

    now = 1_000.0

    def time(self) -> float:
        return self.now

    def settle(self) -> None:
        async def turns() -> None:
            for _ in range(TURNS):
                await asyncio.sleep(0)

        self.run_until_complete(turns())

    def wait(self, seconds: float) -> None:
        """Time passes, in steps as short as the shortest timer in use."""
        ends_at = self.now + seconds
        while self.now < ends_at:
            self.now = min(self.now + 0.02, ends_at)
            self.settle()

    def do(self, work: Callable[[], None]) -> None:
        """Calls a function in the loop, and lets what follows happen."""
        self.call_soon(work)
        self.settle()


@contextmanager
def stepped_loop() -> Iterator[SteppedLoop]:
    """A loop; tasks that still run at the end are cancelled."""
    loop = SteppedLoop()
    try:
        yield loop
    finally:
        loop.run_until_complete(_cancel_all())
        loop.close()


async def _cancel_all() -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
