"""How often an address may ask for a guest.

Knows addresses and times that it is given. Refuses to know requests and clocks.
"""

from hubbub.hosts import address_bucket

BURST = 10  # at once: a classroom that opens the page
INTERVAL_SECONDS = 6.0  # between two afterwards: 10 a minute
ADDRESSES = 10_000  # remembered; beyond it the one that asked longest ago is forgotten


class GuestRate:
    """A bucket for each address (GCRA): the time at which its next turn is due."""

    def __init__(self) -> None:
        self._due_at_by_bucket: dict[str, float] = {}

    def wait_seconds(self, address: str, now: float) -> float:
        """0 if `address` may have a guest now, which counts; else how long to wait."""
        bucket = address_bucket(address)
        due_at = max(now, self._due_at_by_bucket.pop(bucket, now))
        wait = due_at - now - (BURST - 1) * INTERVAL_SECONDS
        # Put back last: the order of the map is that of the last question.
        self._due_at_by_bucket[bucket] = due_at if wait > 0 else due_at + INTERVAL_SECONDS
        if len(self._due_at_by_bucket) > ADDRESSES:
            del self._due_at_by_bucket[next(iter(self._due_at_by_bucket))]
        return max(0.0, wait)
