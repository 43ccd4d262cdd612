"""Whether one reader was given a room's log without a hole, a repeat or a wrong order.

Knows the numbers of entries. Refuses to know what stands in them.
"""

from typing import Final

MISSING_MOST: Final = 10_000
"""Entries remembered as missing for one reader; beyond it they count as lost, even if they come later."""


class Verifier:
    """What one reader has been given of one log, from a first `seq` on."""

    __slots__ = ("_missing", "_written_off", "out_of_order", "repeated", "seq")

    def __init__(self, seq: int) -> None:
        """`seq` is the last entry that the reader knew before."""
        self.seq = seq
        self.repeated = 0
        self.out_of_order = 0
        self._missing: set[int] = set()
        self._written_off = 0

    def take(self, seq: int) -> bool:
        """Notes an entry that was given; whether it is the first time."""
        if seq > self.seq:
            self._miss(self.seq + 1, seq)
            self.seq = seq
            return True
        if seq in self._missing:
            self._missing.discard(seq)
            self.out_of_order += 1
            return True
        self.repeated += 1
        return False

    def lost(self, head: int) -> int:
        """How many entries up to `head` were never given."""
        return len(self._missing) + self._written_off + max(0, head - self.seq)

    def _miss(self, first: int, end: int) -> None:
        remembered = max(0, min(end - first, MISSING_MOST - len(self._missing)))
        self._missing.update(range(first, first + remembered))
        self._written_off += end - first - remembered
