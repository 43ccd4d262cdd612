"""Knows how much is to go wrong and when, from one seed; refuses to know how it is done."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal, TypeAlias

Fault: TypeAlias = Literal["node", "store", "stall", "freeze"]
"""A node killed; the store killed; the store stopped for a while; a node stopped for a while."""


@dataclass(frozen=True)
class Plan:
    """One run: how many people, how fast, and which faults."""

    seed: int
    node_kills: int
    store_kills: int
    switches: int
    stalls: int = 0
    freezes: int = 0
    nodes: int = 2
    rooms: int = 5
    senders: int = 50
    readers: int = 50
    lanes: int = 3
    """Publishes that one sender keeps in flight at most."""
    pause_seconds: tuple[float, float] = (0.05, 0.25)
    """Between an answer and the next publish of a lane: 150 lanes ask for up to 1,000 a second."""
    text_chars: int = 0
    """Of a message at least; shorter ones are filled up."""
    calm_seconds: tuple[float, float] = (1.0, 2.5)
    """Between the recovery from one fault and the next fault."""
    down_seconds: tuple[float, float] = (0.0, 0.6)
    """How long the store stays away."""

    still_seconds: tuple[float, float] = (2.2, 3.0)
    """How long a store or node is stopped: longer than the 2 s that a command waits."""

    def faults(self) -> list[Fault]:
        """Return the faults in an order drawn from the seed."""
        count_by_fault: dict[Fault, int] = {
            "node": self.node_kills,
            "store": self.store_kills,
            "stall": self.stalls,
            "freeze": self.freezes,
        }
        faults = [fault for fault, count in count_by_fault.items() for _ in range(count)]
        random.Random(self.seed).shuffle(faults)
        return faults


SHORT = Plan(seed=1, node_kills=3, store_kills=2, switches=24, stalls=1, freezes=1)
FULL = Plan(seed=2, node_kills=20, store_kills=10, switches=200, stalls=5, freezes=5)


@dataclass(frozen=True)
class Window:
    """A span of time (monotonic seconds) from a fault to the recovery from it."""

    fault: Fault
    begins_at: float
    ends_at: float

    def overlaps(self, begins_at: float, ends_at: float) -> bool:
        """Whether a span has an instant in common with this one."""
        return begins_at <= self.ends_at and ends_at >= self.begins_at
