"""What scenarios are made of: people who come, talk and go, on a server that is watched meanwhile.

Knows which load process has which people, and keeps what was measured so far. Refuses to know in which
order things happen: that is a scenario.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from hubbub.bench.crew import Crew, Interruption
from hubbub.bench.orders import Count, Enter, Leave, Order, Report, Settle, Talk, merged
from hubbub.bench.private_server import Usage
from hubbub.bench.request import Request
from hubbub.bench.wire import Position

ENTER_SECONDS: Final = 120.0
"""For all people to come in."""
AT_ONCE: Final = 200
"""People who come in at a time where that is not what is measured."""
SETTLE_SECONDS: Final = 10.0
"""For the last messages to reach everybody; what is not there by then is lost."""
LOOK_AGAIN_SECONDS: Final = 0.1

People = Sequence[tuple[int, str]]


class Screen(Protocol):
    """Somebody who watches a run."""

    def begin(self, words: str, total: float) -> None:
        """Something begins that is done at `total`."""

    def at(self, done: float) -> None:
        """It is as far as that."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What something cost the server: CPU seconds over a time, and memory more than before."""

    cpu_seconds: float
    wall_seconds: float
    rss_bytes: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of something, and what it cost the server, where that can be told."""

    report: Report
    cost: Cost | None


class Stage:
    """One run under way. Its methods raise Interrupted as soon as what they measured is kept."""

    def __init__(
        self,
        request: Request,
        rooms: Sequence[str],
        crew: Crew,
        interruption: Interruption,
        screen: Screen,
        usage: Callable[[], Usage | None],
    ) -> None:
        self.request = request
        self.rooms = list(rooms)
        self._crew = crew
        self._interruption = interruption
        self._screen = screen
        self._usage = usage
        self.everything: list[Report] = []
        self.comings: list[Measured] = []
        self.talks: list[Measured] = []
        self.silence: Cost | None = None
        self.counted: Report | None = None

    def people(self, first: int, count: int) -> People:
        """People by number with their rooms, the rooms in turn."""
        return [(number, self.rooms[number % len(self.rooms)]) for number in range(first, first + count)]

    def enter(
        self,
        words: str,
        people: People,
        *,
        at_once: int = AT_ONCE,
        after: Mapping[str, Position] | None = None,
        is_deaf: bool = False,
    ) -> Report:
        """Lets people in; returns where they begin to read, and more."""
        share = max(1, at_once // self.request.processes)
        orders = [
            Enter(tuple(part), share, ENTER_SECONDS, after or {}, is_deaf) for part in self._parted(people)
        ]
        self.comings.append(self._watched(words, len(people), orders, ENTER_SECONDS))
        self._interruption.check()
        return self.comings[-1].report

    def talk(self, words: str, messages: int) -> None:
        """Publishes so many messages over all rooms and waits until everybody has them."""
        quotas: list[dict[str, int]] = [{} for _ in range(self.request.processes)]
        each, more = divmod(messages, len(self.rooms))
        for number, room in enumerate(self.rooms):
            if quota := each + (number < more):
                quotas[self._process_of(number)][room] = quota
        seconds = self.request.seconds
        orders = [Talk(quota, self.request.in_flight, seconds) for quota in quotas]
        talked = self._watched(words, messages, orders, seconds)
        self.talks.append(talked)
        self._interruption.check()
        settle = Settle(talked.report.head_by_room, SETTLE_SECONDS)
        settled = self._watched("The last ones arrive", 0, self._each(settle))
        both = merged((talked.report, settled.report))
        self.talks[-1] = Measured(both, _sum(talked.cost, settled.cost))
        self._interruption.check()

    def rest(self, words: str, seconds: float) -> None:
        """Nothing happens for a while; what that costs the server is `silence`."""
        self._screen.begin(words, seconds)
        before, began_at = self._usage(), time.monotonic()
        while (elapsed := time.monotonic() - began_at) < seconds and not self._interruption.is_set:
            time.sleep(min(LOOK_AGAIN_SECONDS, seconds - elapsed))
            self._screen.at(elapsed)
        self.silence = _cost(before, self._usage(), time.monotonic() - began_at)
        self._interruption.check()

    def leave(self, words: str) -> None:
        """Everybody goes."""
        self._watched(words, 0, self._each(Leave()))
        self._interruption.check()

    def count(self) -> None:
        """What readers were given, against what was acked; the end of a run, also of one broken off."""
        # Of what was broken off, some are still on their way to somebody: only holes count.
        is_broken_off = self._interruption.is_set
        heads = {} if is_broken_off else merged(talk.report for talk in self.talks).head_by_room
        self.counted = self._carry_out(self._each(Count(heads)), SETTLE_SECONDS, lambda _: None)

    def _watched(
        self, words: str, total: int, orders: Sequence[Order], seconds: float = SETTLE_SECONDS
    ) -> Measured:
        self._screen.begin(words, total)
        before, began_at = self._usage(), time.monotonic()
        report = self._carry_out(orders, seconds, self._screen.at)
        self._screen.at(total)
        return Measured(report, _cost(before, self._usage(), time.monotonic() - began_at))

    def _carry_out(self, orders: Sequence[Order], seconds: float, show: Callable[[int], None]) -> Report:
        report = self._crew.carry_out(orders, seconds, show)
        self.everything.append(report)
        return report

    def _each(self, order: Order) -> list[Order]:
        return [order] * self.request.processes

    def _parted(self, people: People) -> list[list[tuple[int, str]]]:
        parts: list[list[tuple[int, str]]] = [[] for _ in range(self.request.processes)]
        for number, room in people:
            parts[self._process_of(number)].append((number, room))
        return parts

    def _process_of(self, number: int) -> int:
        """Which load process has a person: rooms stay together where there are enough of them."""
        rooms, processes = len(self.rooms), self.request.processes
        return (number % rooms if rooms >= processes else number // rooms) % processes


def _cost(before: Usage | None, after: Usage | None, wall_seconds: float) -> Cost | None:
    if before is None or after is None:
        return None
    cpu_seconds = after.cpu_seconds - before.cpu_seconds
    return Cost(cpu_seconds, wall_seconds, after.rss_bytes - before.rss_bytes)


def _sum(one: Cost | None, other: Cost | None) -> Cost | None:
    if one is None or other is None:
        return None
    return Cost(
        one.cpu_seconds + other.cpu_seconds,
        one.wall_seconds + other.wall_seconds,
        one.rss_bytes + other.rss_bytes,
    )
