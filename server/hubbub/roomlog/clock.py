"""The store's clock as a node reckons it between two replies.

Knows the offset of the last reply. Decisions are made on it and compared with the store's own time when
they take effect, so an error of a few ms costs a second attempt, never a wrong decision.
"""

import time


class StoreClock:
    """Milliseconds since 1970 by the store's clock."""

    def __init__(self) -> None:
        self._offset_ms = time.time() * 1000 - time.monotonic() * 1000

    def now_ms(self) -> int:
        return int(time.monotonic() * 1000 + self._offset_ms)

    def was(self, store_ms: int) -> None:
        """A reply said that it was `store_ms` a moment ago."""
        self._offset_ms = store_ms - time.monotonic() * 1000
