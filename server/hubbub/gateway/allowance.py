"""How often one identity may append on this node: a token bucket each.

Knows a burst and a rate. Refuses to know commands; time is passed in.
"""

BUCKETS = 50_000
"""Identities remembered: beyond that, full buckets are dropped, which changes nothing for anybody."""


class Allowance:
    """Buckets of `burst` commands that fill up again at `per_s`; None for no limit."""

    def __init__(self, burst: int | None, per_s: int | None) -> None:
        self._burst = burst
        self._per_s = per_s
        self._bucket_by_identity: dict[str, tuple[float, float]] = {}

    def retry_ms(self, identity_id: str, now: float) -> int | None:
        """Takes one command out; or how many ms to wait, if there is none."""
        if self._burst is None or self._per_s is None:
            return None
        left, at = self._bucket_by_identity.get(identity_id, (float(self._burst), now))
        left = min(self._burst, left + (now - at) * self._per_s)
        if left < 1:
            self._bucket_by_identity[identity_id] = (left, now)
            return int((1 - left) / self._per_s * 1000) + 1
        if len(self._bucket_by_identity) >= BUCKETS:
            self._drop_full(now)
        self._bucket_by_identity[identity_id] = (left - 1, now)
        return None

    def _drop_full(self, now: float) -> None:
        assert self._burst is not None
        fills_in = self._burst / (self._per_s or 1)
        self._bucket_by_identity = {
            id: (left, at) for id, (left, at) in self._bucket_by_identity.items() if now - at < fills_in
        }
