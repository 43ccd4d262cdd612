"""When rooms change by themselves: each is due once, at the time that was named last."""

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from hubbub.gateway.timetable import STALE_TIMES, Timetable

ROOMS = [cast(Any, f"place/{name}") for name in ("one", "two", "three")]


def test_a_room_is_due_once_when_its_time_has_come() -> None:
    timetable = Timetable()
    timetable.put(ROOMS[0], 10)
    assert timetable.due(9) == []
    assert timetable.due(10) == [ROOMS[0]]
    assert timetable.due(11) == []


def test_the_time_named_last_is_what_counts() -> None:
    timetable = Timetable()
    timetable.put(ROOMS[0], 10)
    timetable.put(ROOMS[0], 20)
    assert timetable.due(19) == []
    assert timetable.due(20) == [ROOMS[0]]


def test_a_room_without_a_time_is_never_due() -> None:
    timetable = Timetable()
    timetable.put(ROOMS[0], 10)
    timetable.put(ROOMS[0], None)
    assert timetable.due(1_000) == []


def test_a_time_named_again_after_another_one_is_due_once() -> None:
    timetable = Timetable()
    for at_ms in (10, 20, 10):
        timetable.put(ROOMS[0], at_ms)
    assert timetable.due(30) == [ROOMS[0]]


@given(st.lists(st.tuples(st.sampled_from(ROOMS), st.none() | st.integers(1, 50)), max_size=200))
def test_whatever_is_named_what_is_due_is_what_was_named_last(puts: list[tuple[Any, int | None]]) -> None:
    timetable, at_ms_by_room = Timetable(), dict[Any, int | None]()
    for room, at_ms in puts:
        timetable.put(room, at_ms)
        at_ms_by_room[room] = at_ms
    for now_ms in range(0, 51):
        expected = {room for room, at_ms in at_ms_by_room.items() if at_ms == now_ms}
        due = timetable.due(now_ms)
        assert set(due) == expected and len(due) == len(expected)


def test_times_that_no_longer_hold_are_not_kept_without_end() -> None:
    timetable = Timetable()
    for at_ms in range(10 * STALE_TIMES):
        timetable.put(ROOMS[0], at_ms)
    assert len(timetable._soonest) <= STALE_TIMES + 2
    assert timetable.due(10 * STALE_TIMES) == [ROOMS[0]]
