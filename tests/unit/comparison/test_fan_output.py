"""What the load generator prints is read whole, or refused."""

import pytest

from bench.fan import Opened, Phase, read_found, read_opened
from bench.programs import Failed

OPENED = """\
ready     2000 connections in 1 rooms, 1500/s
cpu       1.334 s, fan 11 %, core 13 %, server 100 %
"""
FOUND = """\
cpu       7.532 s, fan 62 %, core 58 %, server 96 %
published 53/s
delivered 106220/s, 310 bytes each
latency   p50 10.283 ms, p99 22.219 ms, max 39.512 ms
closed    3
"""


def test_the_first_phase_says_how_fast_connections_were_made() -> None:
    assert read_opened(OPENED) == Opened(2000, 1500.0, Phase(1.334, 11.0, 13.0, 100.0))


def test_the_second_phase_says_what_was_delivered() -> None:
    found = read_found(OPENED + FOUND)
    assert (found.published_per_s, found.delivered_per_s, found.bytes_each) == (53.0, 106_220.0, 310)
    assert (found.p50_ms, found.p99_ms, found.closed) == (10.283, 22.219, 3)
    assert found.cpu == Phase(7.532, 62.0, 58.0, 96.0)


def test_one_room_is_its_own_worst_room() -> None:
    assert read_found(OPENED + FOUND).worst_room_p99_ms == 22.219


def test_of_several_rooms_the_worst_is_told() -> None:
    several = FOUND.replace("published", "rooms     worst p99 31.50 ms, of room 4\npublished")
    assert read_found(OPENED + several).worst_room_p99_ms == 31.5


@pytest.mark.parametrize("text", ["", OPENED.splitlines()[0], FOUND])
def test_connections_that_were_not_made_are_a_fault(text: str) -> None:
    with pytest.raises(Failed, match="not say that it is ready"):
        read_opened(text)


@pytest.mark.parametrize("text", ["", OPENED, FOUND, OPENED + FOUND.partition("latency")[0]])
def test_a_run_that_did_not_end_is_a_fault(text: str) -> None:
    with pytest.raises(Failed, match="not say what it found"):
        read_found(text)
