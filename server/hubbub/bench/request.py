"""What a run is asked to do: the scenario, and how much of everything.

Knows the defaults of each scenario, and the bounds. Refuses to know how a scenario is carried out.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from msgspec import Struct

from hubbub.bench.machine import cores
from hubbub.bench.site import Impossible
from hubbub.bench.wire import CodecName
from hubbub.domain import limits


class Scenario(StrEnum):
    """What people do."""

    FANOUT = "fanout"
    ROOMS = "rooms"
    STORM = "storm"
    SLOW = "slow"
    IDLE = "idle"


PEOPLE_MOST: Final = 25_000
"""Connections from one address to one port: ephemeral ports are 28,000 on Linux."""
ROOMS_MOST: Final = 1_000
"""Each is made by an HTTP call of its own."""
MESSAGES_MOST: Final = 1_000_000
IN_FLIGHT_MOST: Final = 10_000
SECONDS_MOST: Final = 600.0
PROCESSES_MOST: Final = 64
PROCESSES_BY_DEFAULT: Final = 4
"""At most, one core less than there are: the server needs one too."""

TEXT_BYTES: Final = 100
TEXT_BYTES_SLOW: Final = 2_000
"""Of a message where some never read: enough to fill what the kernel holds for them."""

PEOPLE_A_ROOM: Final = 10
"""In the scenario `rooms`."""
DEAF_SHARE: Final = 100
"""One of so many never reads in the scenario `slow`."""


@dataclass(frozen=True, slots=True)
class Default:
    """What a scenario does unless told otherwise; some seconds on a laptop."""

    people: int
    rooms: int
    messages: int
    in_flight: int


DEFAULT_BY_SCENARIO: Final[dict[Scenario, Default]] = {
    Scenario.FANOUT: Default(people=1_000, rooms=1, messages=1_000, in_flight=16),
    Scenario.ROOMS: Default(people=0, rooms=20, messages=20_000, in_flight=10),
    Scenario.STORM: Default(people=1_000, rooms=1, messages=100, in_flight=1_000),
    Scenario.SLOW: Default(people=1_000, rooms=1, messages=500, in_flight=4),
    Scenario.IDLE: Default(people=1_000, rooms=1, messages=0, in_flight=0),
}

SECONDS: Final = 10.0
"""The longest that one scenario publishes, and how long `idle` is silent."""


class Request(Struct, frozen=True):
    """One scenario, complete. `messages` are all together; in `storm` those that each person missed.

    `in_flight` is per room; in `storm` how many people come at a time.
    """

    scenario: Scenario
    people: int
    rooms: int
    messages: int
    in_flight: int
    seconds: float
    processes: int
    codec: CodecName
    text_bytes: int

    @property
    def deaf(self) -> int:
        """How many of the people never read."""
        return max(1, self.people // DEAF_SHARE) if self.scenario == Scenario.SLOW else 0


def complete(
    scenario: Scenario,
    *,
    people: int | None = None,
    rooms: int | None = None,
    messages: int | None = None,
    in_flight: int | None = None,
    seconds: float | None = None,
    processes: int | None = None,
    codec: CodecName = "json",
) -> Request:
    """A request with the scenario's defaults for what is None; raises Impossible for what cannot be."""
    default = DEFAULT_BY_SCENARIO[scenario]
    rooms = default.rooms if rooms is None else rooms
    people = (default.people or rooms * PEOPLE_A_ROOM) if people is None else people
    request = Request(
        scenario,
        people,
        rooms,
        default.messages if messages is None or scenario == Scenario.IDLE else messages,
        default.in_flight if in_flight is None else in_flight,
        SECONDS if seconds is None else seconds,
        max(1, min(PROCESSES_BY_DEFAULT, cores() - 1)) if processes is None else processes,
        codec,
        TEXT_BYTES_SLOW if scenario == Scenario.SLOW else TEXT_BYTES,
    )
    least = request.rooms + request.deaf
    if request.people < least:
        raise Impossible(f"{rooms} rooms need {least} people or more, one to read each: give more --people.")
    if scenario == Scenario.STORM and request.messages > limits.RESUME_ENTRIES:
        most = limits.RESUME_ENTRIES
        raise Impossible(f"Nobody can resume more than {most:,} entries: give fewer --messages.")
    return request
