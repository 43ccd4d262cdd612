"""The timer wheel: nobody is looked at too early, nobody is forgotten."""

import math
from collections.abc import Callable

from hubbub.gateway.wheel import SPOKE_SECONDS, Wheel


class Timed:
    """Notes when it was looked at; asks to be looked at again when told to."""

    def __init__(self, again_at: float | None = None) -> None:
        self.looked_at: list[float] = []
        self.again_at = again_at
        self.on_look: Callable[[], None] = lambda: None

    def look(self, now: float) -> float | None:
        self.looked_at.append(now)
        self.on_look()
        again_at, self.again_at = self.again_at, None
        return again_at


def test_it_is_looked_at_when_its_time_has_come_and_not_before() -> None:
    wheel, timed = Wheel[Timed](), Timed()
    wheel.put(timed, 10.2)
    wheel.turn(10.1)
    assert timed.looked_at == []
    wheel.turn(10.2 + SPOKE_SECONDS)
    assert timed.looked_at == [10.2 + SPOKE_SECONDS]


def test_it_is_looked_at_once() -> None:
    wheel, timed = Wheel[Timed](), Timed()
    wheel.put(timed, 10)
    wheel.turn(11)
    wheel.turn(12)
    assert timed.looked_at == [11]


def test_it_is_looked_at_again_when_it_says_so() -> None:
    wheel, timed = Wheel[Timed](), Timed(again_at=20)
    wheel.put(timed, 10)
    wheel.turn(11)
    wheel.turn(19)
    wheel.turn(21)
    assert timed.looked_at == [11, 21]


def test_a_later_deadline_takes_the_place_of_an_earlier_one() -> None:
    wheel, timed = Wheel[Timed](), Timed()
    wheel.put(timed, 10)
    wheel.put(timed, 20)
    wheel.turn(11)
    assert timed.looked_at == []
    wheel.turn(21)
    assert timed.looked_at == [21]


def test_a_deadline_in_the_past_is_noticed_at_the_next_turn() -> None:
    wheel, timed = Wheel[Timed](), Timed()
    wheel.turn(100)
    wheel.put(timed, 1)
    wheel.turn(100 + 2 * SPOKE_SECONDS)
    assert len(timed.looked_at) == 1


def test_whoever_was_removed_is_not_looked_at() -> None:
    wheel, timed = Wheel[Timed](), Timed()
    wheel.put(timed, 10)
    wheel.remove(timed)
    wheel.turn(11)
    assert timed.looked_at == []


def test_never_is_a_time_too_and_harms_nobody_on_the_same_spoke() -> None:
    wheel = Wheel[Timed]()
    many = [Timed(again_at=math.inf) for _ in range(3)]
    for timed in many:
        wheel.put(timed, 10)
    wheel.turn(11)
    wheel.turn(1_000)
    assert [timed.looked_at for timed in many] == [[11], [11], [11]]


def test_one_that_removes_another_while_both_are_due_harms_nobody() -> None:
    wheel = Wheel[Timed]()
    first, second = Timed(), Timed()
    first.on_look = lambda: wheel.remove(second)
    second.on_look = lambda: wheel.remove(first)
    wheel.put(first, 10)
    wheel.put(second, 10)
    wheel.turn(11)
    assert len(first.looked_at) + len(second.looked_at) == 1


def test_one_that_puts_off_another_while_both_are_due_is_obeyed() -> None:
    wheel = Wheel[Timed]()
    first, second = Timed(), Timed()
    first.on_look = lambda: wheel.put(second, 20)
    second.on_look = lambda: wheel.put(first, 20)
    wheel.put(first, 10)
    wheel.put(second, 10)
    wheel.turn(11)
    wheel.turn(21)
    assert sorted(len(timed.looked_at) for timed in (first, second)) == [1, 1]


def test_a_turn_that_must_end_leaves_the_others_to_the_next_one() -> None:
    wheel = Wheel[Timed]()
    many = [Timed() for _ in range(3)]
    for timed in many:
        wheel.put(timed, 10)
    assert not wheel.turn(11, lambda: True)
    assert sum(len(timed.looked_at) for timed in many) == 1
    while not wheel.turn(11, lambda: True):
        pass
    assert [timed.looked_at for timed in many] == [[11], [11], [11]]
