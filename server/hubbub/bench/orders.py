"""What the command and its load processes say to each other: orders one way, reports the other.

Knows the shapes of both, and how reports of several processes become one. All of it is pickled between
processes of one machine, whose monotonic clock they share (times are its microseconds).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from hubbub.bench.histogram import Histogram
from hubbub.bench.site import Site
from hubbub.bench.wire import Bounds, CodecName, Position

TELLING_SECONDS: Final = 0.5
"""What took less says nothing about how fast anything is."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a load process knows from its start on; `run` begins the id of every message.

    People come with tokens of their own if there is a `secret`; else as guests, or, where guests are
    not admitted, all with the one `token`.
    """

    site: Site
    codec: CodecName
    run: str
    text_bytes: int
    secret: bytes | None = field(repr=False)
    token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Enter:
    """Let these people in, each (number, room), `at_once` at a time; those with `after` resume.

    `is_deaf`: they read nothing from the moment they have joined.
    """

    people: tuple[tuple[int, str], ...]
    at_once: int
    seconds: float
    after: Mapping[str, Position] = field(default_factory=dict)
    is_deaf: bool = False


@dataclass(frozen=True, slots=True)
class Talk:
    """Publish so many messages a room, `in_flight` of each room under way, for `seconds` at most."""

    messages_by_room: Mapping[str, int]
    in_flight: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Settle:
    """Wait until everybody has read up to these heads, `seconds` at most."""

    head_by_room: Mapping[str, int]
    seconds: float


@dataclass(frozen=True, slots=True)
class Count:
    """Count what readers were given, and not given of what is up to these heads."""

    head_by_room: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Leave:
    """Close all connections."""


@dataclass(frozen=True, slots=True)
class Halt:
    """Break off what is under way, and report as if it were done; no report of its own."""


Order = Enter | Talk | Settle | Count | Leave | Halt


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an order is; sent now and then before its report."""

    done: int


@dataclass(slots=True)
class Report:
    """What came of one order; of several ones, or of several processes, once `merged`.

    `refused` counts people who could not come in, `gone` connections lost afterwards and `declined`
    messages that were refused, each by its reason. `frame_bytes` and `latencies` (from sending to a
    reader) belong to the `delivered`, `comings` (from connecting to joined) to the `joined`.
    """

    joined: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    gone: Counter[str] = field(default_factory=Counter)
    declined: Counter[str] = field(default_factory=Counter)
    published: int = 0
    unacked: int = 0
    acked_twice: int = 0
    delivered: int = 0
    frame_bytes: int = 0
    resumed: int = 0
    lost: int = 0
    repeated: int = 0
    out_of_order: int = 0
    began_us: int = 0
    published_until_us: int = 0
    ended_us: int = 0
    cpu_seconds_by_pid: dict[int, float] = field(default_factory=dict)
    wall_seconds_by_pid: dict[int, float] = field(default_factory=dict)
    latencies: Histogram = field(default_factory=Histogram)
    comings: Histogram = field(default_factory=Histogram)
    position_by_room: dict[str, Position] = field(default_factory=dict)
    acked_by_room: Counter[str] = field(default_factory=Counter)
    head_by_room: dict[str, int] = field(default_factory=dict)
    readers_by_room: Counter[str] = field(default_factory=Counter)
    bounds: Bounds | None = None

    @property
    def seconds(self) -> float:
        """From the first thing done to the last."""
        return max(0, self.ended_us - self.began_us) / 1e6

    @property
    def busiest_share(self) -> float | None:
        """Of the load process that worked most: how much of a core it took, 0 to 1.

        None where nothing took long enough to tell.
        """
        walls = self.wall_seconds_by_pid.items()
        shares = [self.cpu_seconds_by_pid[pid] / wall for pid, wall in walls if wall >= TELLING_SECONDS]
        return max(shares, default=None)


SUMMED = (
    "joined", "refused", "gone", "declined", "published", "unacked", "acked_twice", "delivered",
    "frame_bytes", "resumed", "lost", "repeated", "out_of_order", "acked_by_room", "readers_by_room",
)  # fmt: skip


def merged(reports: Iterable[Report]) -> Report:
    """One report of several: sums, the earliest begin, the latest end, the farthest heads."""
    whole = Report()
    for part in reports:
        for name in SUMMED:
            setattr(whole, name, getattr(whole, name) + getattr(part, name))
        whole.latencies.absorb(part.latencies)
        whole.comings.absorb(part.comings)
        began = [at for at in (whole.began_us, part.began_us) if at]
        whole.began_us = min(began, default=0)
        whole.published_until_us = max(whole.published_until_us, part.published_until_us)
        whole.ended_us = max(whole.ended_us, part.ended_us)
        for pid, seconds in part.cpu_seconds_by_pid.items():
            whole.cpu_seconds_by_pid[pid] = whole.cpu_seconds_by_pid.get(pid, 0) + seconds
        for pid, seconds in part.wall_seconds_by_pid.items():
            whole.wall_seconds_by_pid[pid] = whole.wall_seconds_by_pid.get(pid, 0) + seconds
        for room, head in part.head_by_room.items():
            whole.head_by_room[room] = max(head, whole.head_by_room.get(room, 0))
        for room, position in part.position_by_room.items():
            known = whole.position_by_room.get(room)
            if known is None or position.seq > known.seq:
                whole.position_by_room[room] = position
        whole.bounds = part.bounds or whole.bounds
    return whole
