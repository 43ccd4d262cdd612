"""How long to wait before the next attempt to connect: exponential, with full jitter.

Knows attempts and the times it is handed. Refuses to know clocks and sockets.
"""

import random

LEAST_SECONDS = 0.5
"""Before any attempt: a blip is over by then."""

MOST_SECONDS = 20.0
"""Before any attempt: longer, and people restart the program."""

GOOD_SECONDS = 30.0
"""A connection that lasted this long was a good one: what failed before it counts no more."""

_DOUBLINGS = 10  # beyond them the ceiling is reached, and the power would only grow


class Backoff:
    """The waits of one program; `attempts` are those since the last good connection."""

    def __init__(self, chance: random.Random | None = None) -> None:
        self.attempts = 0
        self._chance = chance or random.Random()

    def lasted(self, seconds: float) -> None:
        """A connection has ended after so long."""
        if seconds >= GOOD_SECONDS:
            self.attempts = 0

    def next_seconds(self, asked_seconds: float = 0.0) -> float:
        """How long to wait now: what the server asked for, and on top of it the jitter.

        min + U(0, min(max, min·2ⁿ)), not above max: as the clients of Centrifugo do it.
        """
        ceiling = min(MOST_SECONDS, LEAST_SECONDS * 2.0 ** min(self.attempts, _DOUBLINGS))
        self.attempts += 1
        return asked_seconds + min(MOST_SECONDS, LEAST_SECONDS + self._chance.uniform(0.0, ceiling))
