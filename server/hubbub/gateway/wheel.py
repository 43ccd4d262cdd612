"""A timer wheel: thousands of deadlines, one timer.

Knows who is to be looked at in which second. Refuses to know why; who is looked at says when next.
"""

import math
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

SPOKE_SECONDS = 0.5
"""A deadline is noticed at most that late."""


class Timed(Protocol):
    """Who has deadlines."""

    def look(self, now: float) -> float | None:
        """Does what is due; returns when to be looked at next, None for never."""


T = TypeVar("T", bound=Timed)


class Wheel(Generic[T]):
    """Deadlines by spoke; each timed thing stands on at most one, and may be moved at any time."""

    def __init__(self) -> None:
        self._spokes: dict[int, set[T]] = {}
        self._spoke_of: dict[T, int] = {}
        self._turned_to = 0

    def put(self, timed: T, at: float) -> None:
        """Looks at it at `at` instead of whenever it would have been."""
        if at == math.inf:
            self.remove(timed)
            return
        spoke = max(int(at / SPOKE_SECONDS) + 1, self._turned_to + 1)
        known = self._spoke_of.get(timed)
        if known == spoke:
            return
        if known is not None:
            self._spokes.get(known, set()).discard(timed)
        self._spoke_of[timed] = spoke
        self._spokes.setdefault(spoke, set()).add(timed)

    def remove(self, timed: T) -> None:
        """Forgets it."""
        spoke = self._spoke_of.pop(timed, None)
        if spoke is not None:
            self._spokes.get(spoke, set()).discard(timed)

    def turn(self, now: float, must_end: Callable[[], bool] = lambda: False) -> bool:
        """Looks at those whose time has come, until it `must_end`; whether all have been looked at."""
        upto = self._turned_to = int(now / SPOKE_SECONDS)
        for spoke in [spoke for spoke in self._spokes if spoke <= upto]:
            waiting = self._spokes[spoke]
            while waiting:  # one by one, so that a fault leaves the others for the next turn
                timed = waiting.pop()
                del self._spoke_of[timed]
                again_at = timed.look(now)
                if again_at is not None:
                    self.put(timed, again_at)
                if must_end():
                    return False
            del self._spokes[spoke]
        return True
