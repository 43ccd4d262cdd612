"""Whether a row reaches its target.

Knows the rules of a verdict. Refuses to know the targets, and how figures come about.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

FULL_PERCENT: Final = 95.0
"""The load's core counts as full from here on."""
BUSY_PERCENT: Final = 90.0
"""A server that uses less of its core than this was not the one that was waited for."""


class Verdict(Enum):
    """What a table says about a row."""

    HOLDS = "holds"
    MISSES = "misses"
    LOAD_FULL = "load generator full"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Bound:
    """What one figure may be at most, or must be at least."""

    figure: str
    at_most: float | None = None
    at_least: float | None = None

    def holds(self, value: float) -> bool:
        """Whether a value keeps within."""
        return (self.at_most is None or value <= self.at_most) and (
            self.at_least is None or value >= self.at_least
        )


def judge(medians: Mapping[str, float], bounds: Sequence[Bound]) -> Verdict:
    """The verdict on the medians of one variant of a row.

    Where the load generator was what everything waited for, in our run or in that of the limit, there
    is none: the figure is about the load generator.
    """
    if any(bound.figure not in medians for bound in bounds):
        return Verdict.NOT_MEASURED
    if is_load_full(medians, "") or is_load_full(medians, "limit_"):
        return Verdict.LOAD_FULL
    return Verdict.HOLDS if all(bound.holds(medians[bound.figure]) for bound in bounds) else Verdict.MISSES


def is_load_full(medians: Mapping[str, float], whose: str) -> bool:
    """Whether the load's core was full while the server's was not."""
    core, server = medians.get(f"{whose}core_percent", 0.0), medians.get(f"{whose}server_percent", 100.0)
    return core >= FULL_PERCENT and server < BUSY_PERCENT
