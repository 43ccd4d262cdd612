"""The rows of the table: what is measured, what it must reach, how it is told.

Knows the targets. Refuses to know how a figure is measured.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bench import burst, crowds, fan_out
from bench.stage import Stage
from bench.verdict import Bound

Medians = Mapping[str, float]


@dataclass(frozen=True)
class Row:
    """One row; `bounds_by_variant` has its variants by the first words of their names."""

    key: str
    figure: str
    quantity: str
    target: str
    measure: Callable[[Stage], Iterator[tuple[str, Medians]]]
    bounds_by_variant: Mapping[str, tuple[Bound, ...]]
    tell: Callable[[Medians], str]

    def bounds(self, variant: str) -> tuple[Bound, ...]:
        """What a variant must keep."""
        return next(bounds for name, bounds in self.bounds_by_variant.items() if variant.startswith(name))


def _ratio(at_least: float) -> dict[str, tuple[Bound, ...]]:
    return {"": (Bound("ratio", at_least=at_least),)}


def _deliveries(found: Medians) -> str:
    return (
        f"**{found['ratio']:.2f}** ({found['deliveries_per_s']:,.0f}/s ÷ "
        f"{found['limit_deliveries_per_s']:,.0f}/s, {found['bytes_each']:.0f} bytes; "
        f"CPU a delivery: {found['cpu_ratio']:.2f})"
    )


def _crowd(found: Medians) -> str:
    return (
        f"**{found['ratio']:.2f}** ({found['p99_ms']:,.0f} ms ÷ {found['limit_p99_ms']:,.0f} ms); "
        f"other rooms **{found['others_p99_ms']:.1f} ms**"
    )


def _publishes(found: Medians) -> str:
    return f"**{found['publishes_per_s']:,.0f}** (server {found['server_percent']:.0f} % of its core)"


def _storm(found: Medians) -> str:
    return (
        f"**{found['people_per_s']:,.0f}**/s (server {found['server_percent']:.0f} % of its core); "
        f"**{found['reads']:,.0f}** calls of the store, "
        f"{found['reads_of_a_tenth']:,.0f} for a tenth of the people"
    )


def _slow(found: Medians) -> str:
    return (
        f"**{found['ratio']:.2f}** ({found['p99_ms']:.1f} ms ÷ {found['p99_without_ms']:.1f} ms); "
        f"**{found['more_bytes_each'] / 1024:.0f} KiB** more for each"
    )


def _burst(found: Medians) -> str:
    return (
        f"**{found['faults']:.0f}** entries missing, twice or out of order; "
        f"**{found['writes']:.0f}** writes for {found['held_back_bytes'] / 1024:.0f} KiB held back"
    )


WRITE_BUFFER_BYTES: Final = 65_536
"""What the server keeps unsent for one connection before it counts as slow."""
READS_A_PERSON: Final = 0.05
"""Calls of the store in a storm, at most: one for twenty people is not in proportion to people."""

ROWS: Final = (
    Row(
        "fanout-16",
        "fan-out, 2,000 readers of one room, 16 in flight",
        "deliveries/s ÷ `limit`",
        "≥ 0.85",
        fan_out.flying,
        _ratio(0.85),
        _deliveries,
    ),
    Row(
        "fanout-1",
        "the same, 1 in flight (a full trip through the store each)",
        "deliveries/s ÷ `limit`",
        "≥ 0.65",
        fan_out.single,
        _ratio(0.65),
        _deliveries,
    ),
    Row(
        "crowd",
        "18,000 readers of one room, 1 in flight",
        "p99 latency ÷ `limit`'s",
        "≤ 1.5, and no other room's p99 above 25 ms meanwhile",
        fan_out.crowd,
        {"": (Bound("ratio", at_most=1.5), Bound("others_p99_ms", at_most=25.0))},
        _crowd,
    ),
    Row(
        "one-room",
        "one room of 10 people, each publish with its own `id`, 200 and 1,000 in flight",
        "publishes/s per gateway core, acked and in the log",
        "≥ 25,000 and ≥ 35,000",
        fan_out.one_room,
        {
            "200 ": (Bound("publishes_per_s", at_least=25_000),),
            "1,000 ": (Bound("publishes_per_s", at_least=35_000),),
        },
        _publishes,
    ),
    Row(
        "rooms",
        "100 rooms of 10 people, 10 in flight each",
        "publishes/s per gateway core, acked and in the log",
        "≥ 20,000",
        fan_out.many_rooms,
        {"": (Bound("publishes_per_s", at_least=20_000),)},
        _publishes,
    ),
    Row(
        "one-to-one",
        "one publisher, one reader, idle machine",
        "publish-to-delivery median, trip through the store included",
        "≤ 1.0 ms with `appendfsync always`, ≤ 0.5 ms with `everysec`",
        fan_out.one_to_one,
        {"always": (Bound("p50_ms", at_most=1.0),), "everysec": (Bound("p50_ms", at_most=0.5),)},
        lambda found: f"**{found['p50_ms']:.2f} ms** (p99 {found['p99_ms']:.2f} ms)",
    ),
    Row(
        "memory",
        "memory",
        "bytes of server RSS per joined person, 18,000 joined",
        "≤ 7,000",
        crowds.memory,
        {"": (Bound("bytes_per_person", at_most=7_000),)},
        lambda found: f"**{found['bytes_per_person']:,.0f}**",
    ),
    Row(
        "storm",
        "join storm: 10,000 people come back at once and resume 100 entries each",
        "connect + hello (token verified) + resume per second and core; calls of the store",
        "≥ 3,000; in proportion to rooms, not people",
        crowds.storm,
        {"": (Bound("people_per_s", at_least=3_000), Bound("reads_per_person", at_most=READS_A_PERSON))},
        _storm,
    ),
    Row(
        "slow",
        "10,000 readers, 100 of them never read",
        "p99 of the others with ÷ without them; memory for each",
        "≤ 1.25; ≤ 64 KiB (bound) + 64 KiB more for each",
        crowds.slow,
        {
            "": (
                Bound("ratio", at_most=1.25),
                Bound("more_bytes_each", at_most=WRITE_BUFFER_BYTES + 65_536),
            )
        },
        _slow,
    ),
    Row(
        "burst",
        "a 64-entry burst to a reader that was paused for 10 s",
        "catches up with no gap, in one write per readable window",
        "holds",
        burst.burst,
        {"": (Bound("faults", at_most=0), Bound("surplus_writes", at_most=0))},
        _burst,
    ),
    Row(
        "idle",
        "idle: 18,000 joined and silent",
        "CPU of the server, pings included",
        "≤ 3 % of a core",
        crowds.idle,
        {"": (Bound("cpu_percent", at_most=3.0),)},
        lambda found: f"**{found['cpu_percent']:.1f} %**",
    ),
)
"""In the order of the table."""
