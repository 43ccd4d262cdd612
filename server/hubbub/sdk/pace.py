"""How fast a program may send, by what the server said of its limits, and a little slower.

Knows a bucket of permits. Refuses to know what is sent.
"""

import asyncio

SHARE = 0.9
"""Of the server's limit: its clock is not ours, and a retry needs room."""


class Pace:
    """Permits to append, `per_s` of them a second and `burst` at once. Fair: first come, first served."""

    def __init__(self) -> None:
        self._burst = float("inf")
        self._per_s = float("inf")
        self._permits = 0.0
        self._counted_at = 0.0
        self._turn = asyncio.Lock()

    def set(self, per_s: int | None, burst: int | None) -> None:
        """As `welcome` says it; None is no limit. The bucket is full then."""
        self._per_s = float("inf") if per_s is None else max(per_s * SHARE, 0.1)
        self._burst = float("inf") if burst is None or per_s is None else max(burst * SHARE, 1.0)
        self._permits = self._burst
        self._counted_at = asyncio.get_running_loop().time()

    async def permit(self) -> bool:
        """Returns when one more command may be sent; says whether it was waited for."""
        async with self._turn:
            if self._per_s == float("inf"):
                return False
            self._count()
            is_late = self._permits < 1
            if is_late:
                await asyncio.sleep((1 - self._permits) / self._per_s)
                self._count()
            self._permits -= 1
            return is_late

    def _count(self) -> None:
        now = asyncio.get_running_loop().time()
        self._permits = min(self._burst, self._permits + (now - self._counted_at) * self._per_s)
        self._counted_at = now
