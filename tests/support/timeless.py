"""An event loop in which waiting takes no time: when nothing is left to do, its clock jumps on.

Knows loops and selectors. Refuses to be used where sockets are: what comes from outside takes real time.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Selector(selectors.SelectSelector):
    """Waits for nothing, and says how long it would have waited."""

    def __init__(self) -> None:
        super().__init__()
        self.waited_seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("Nothing will ever happen any more: everybody waits for somebody.")
        self.waited_seconds += max(timeout, 0.0)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._timeless = _Selector()
        super().__init__(self._timeless)

    def time(self) -> float:
        return self._timeless.waited_seconds


def timeless(scene: Coroutine[Any, Any, T]) -> T:
    """Runs a scene to its end, in no time."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(scene)
