"""Knows how much is to go wrong and when, from one seed; refuses to know how it is done."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal, TypeAlias

Fault: TypeAlias = Literal["node", "store"]


@dataclass(frozen=True)
class Plan:
    """One run: how many people, how fast, and which faults."""

    seed: int
    node_kills: int
    store_kills: int
    switches: int
    nodes: int = 2
    rooms: int = 5
    senders: int = 50
    readers: int = 50
    lanes: int = 3
    """Publishes that one sender keeps in flight at most."""
    pause_seconds: tuple[float, float] = (0.1, 0.3)
    """Between an answer and the next publish of a lane: 150 lanes ask for some 700 a second."""
    calm_seconds: tuple[float, float] = (1.0, 2.5)
    """Between the recovery from one fault and the next fault."""
    down_seconds: tuple[float, float] = (0.0, 0.6)
    """How long the store stays away."""

    def faults(self) -> list[Fault]:
        """Return the faults in an order drawn from the seed."""
        faults: list[Fault] = ["node" for _ in range(self.node_kills)]
        faults += ["store" for _ in range(self.store_kills)]
        random.Random(self.seed).shuffle(faults)
        return faults


SHORT = Plan(seed=1, node_kills=3, store_kills=2, switches=24)
FULL = Plan(seed=2, node_kills=20, store_kills=10, switches=200)


@dataclass(frozen=True)
class Window:
    """A span of time (monotonic seconds) from a fault to the recovery from it."""

    fault: Fault
    begins_at: float
    ends_at: float

    def overlaps(self, begins_at: float, ends_at: float) -> bool:
        """Whether a span has an instant in common with this one."""
        return begins_at <= self.ends_at and ends_at >= self.begins_at
