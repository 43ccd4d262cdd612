"""When a follower of a room comes back, and when it stays away."""

import pytest

from hubbub.cli.following import BACKOFF_MOST_SECONDS, may_come_back, pause_seconds


@pytest.mark.parametrize("code", [1001, 1006, 1011, 1012, 1013, 4004, 4008, 4012, 4013])
def test_it_comes_back_where_the_protocol_lets_it(code: int) -> None:
    assert may_come_back(code)


@pytest.mark.parametrize("code", [1000, 1002, 1003, 1007, 1009, 4500, 4501, 4502, 4507])
def test_it_stays_away_where_coming_back_would_not_help(code: int) -> None:
    assert not may_come_back(code)


def test_pauses_are_drawn_from_a_window_that_doubles_up_to_a_bound() -> None:
    longest = [pause_seconds(attempts, 1006, None, 1.0) for attempts in range(40)]
    assert longest[:4] == [1.0, 2.0, 4.0, 8.0]
    assert max(longest) == BACKOFF_MOST_SECONDS
    assert pause_seconds(39, 1006, None, 0.0) == 0.0


def test_a_draining_server_says_how_long_to_stay_away() -> None:
    assert pause_seconds(3, 1012, 2.5, 1.0) == 2.5


def test_an_overloaded_server_is_left_alone_for_ten_seconds_at_least() -> None:
    assert pause_seconds(0, 1013, None, 0.0) == 10.0
