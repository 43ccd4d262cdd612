"""Counts of durations in a fixed number of buckets, so that a long run needs no more memory than a short one.

Knows whole microseconds. Refuses to know what took so long.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Self

PRECISION_BITS: Final = 6
"""64 buckets between a number and its double: a bucket is at most 1/64 of its least value wide."""
LARGEST: Final = (1 << 31) - 1
"""35 minutes in microseconds, longer than any run; what is larger counts as this."""

_EXACT: Final = 1 << (PRECISION_BITS + 1)


def bucket_of(value: int) -> int:
    """The number of the bucket that counts a value from 0 to LARGEST; it grows with the value."""
    if value < _EXACT:
        return value
    shift = value.bit_length() - PRECISION_BITS - 1
    return (shift << PRECISION_BITS) + (value >> shift)


def top_of(bucket: int) -> int:
    """The largest value that a bucket counts."""
    if bucket < _EXACT:
        return bucket
    shift = (bucket >> PRECISION_BITS) - 1
    return (((bucket & ((1 << PRECISION_BITS) - 1)) + (1 << PRECISION_BITS) + 1) << shift) - 1


BUCKETS: Final = bucket_of(LARGEST) + 1


class Histogram:
    """How often which duration was seen; percentiles are at most 1/64 above the truth, never below."""

    __slots__ = ("counts", "largest")

    def __init__(self) -> None:
        self.counts = [0] * BUCKETS
        self.largest = 0

    @property
    def total(self) -> int:
        """How many values were added."""
        return sum(self.counts)

    def add(self, value: int) -> None:
        """Counts one value; below 0 it counts as 0, above LARGEST as LARGEST."""
        if value > self.largest:
            self.largest = value = min(value, LARGEST)
        self.counts[bucket_of(value) if value > 0 else 0] += 1

    def add_since(self, instants: Sequence[int], now: int) -> None:
        """Counts how long ago each of some instants was; at least one. As `add`, in less time."""
        if len(instants) == 1 or now - min(instants) > LARGEST or now < max(instants):
            for instant in instants:
                self.add(now - instant)
            return
        self.largest = max(self.largest, now - min(instants))
        counts = self.counts
        for instant in instants:
            value = now - instant  # its bucket as in `bucket_of`: a call for each is most of the time
            shift = value.bit_length() - PRECISION_BITS - 1
            counts[value if shift <= 0 else (shift << PRECISION_BITS) + (value >> shift)] += 1

    def absorb(self, other: Self) -> None:
        """Adds everything that another one has counted."""
        self.counts = [mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True)]
        self.largest = max(self.largest, other.largest)

    def percentiles(self, shares: Iterable[float]) -> list[int]:
        """For each share (0 to 1) the least value that so many of all are not above; else nothing."""
        total = self.total
        return [self._at(share, total) for share in shares] if total else []

    def _at(self, share: float, total: int) -> int:
        before = 0
        for bucket, count in enumerate(self.counts):
            before += count
            if count and before >= share * total:
                return min(top_of(bucket), self.largest)
        return self.largest
