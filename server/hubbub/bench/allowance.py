"""How fast an identity may publish, by the limits that the server told in its welcome.

Knows a bucket of tokens. Refuses to know clocks: the time is handed to it, in seconds.
"""

from typing import Final, Self

from hubbub.bench.wire import Bounds

CAUTION: Final = 0.9
"""Of what the server allows: its clock is not ours, and 20 refusals within 10 s close the connection."""


class Allowance:
    """May an identity publish now? `per_s` in the long run, `burst` at once."""

    __slots__ = ("_burst", "_filled_at", "_per_s", "_tokens")

    def __init__(self, burst: int, per_s: int, now: float) -> None:
        self._burst = max(1.0, burst * CAUTION)
        self._per_s = max(per_s * CAUTION, 1e-3)
        self._tokens = self._burst
        self._filled_at = now

    @classmethod
    def of(cls, bounds: Bounds, now: float) -> Self:
        """What these limits allow, where there is one on publishing."""
        per_s = bounds.publish_per_s or 1
        return cls(bounds.publish_burst or per_s, per_s, now)

    def take(self, now: float) -> bool:
        """Spends one token, if there is one."""
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._per_s)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def seconds_left(self) -> float:
        """How long from the last `take` until there is a token again."""
        return max(0.0, (1 - self._tokens) / self._per_s)
