"""What a run does unless told otherwise, and what cannot be asked for."""

import pytest

from hubbub.bench.request import IN_FLIGHT_MOST, MESSAGES_MOST, PEOPLE_MOST, ROOMS_MOST, Scenario, complete
from hubbub.bench.site import Impossible


@pytest.mark.parametrize("scenario", Scenario)
def test_every_scenario_has_defaults_within_the_bounds(scenario: Scenario) -> None:
    request = complete(scenario)
    assert 1 <= request.people <= PEOPLE_MOST
    assert 1 <= request.rooms <= ROOMS_MOST
    assert 0 <= request.messages <= MESSAGES_MOST
    assert 0 <= request.in_flight <= IN_FLIGHT_MOST
    assert request.processes >= 1


def test_rooms_have_ten_people_each() -> None:
    assert complete(Scenario.ROOMS, rooms=7).people == 70


@pytest.mark.parametrize(("people", "deaf"), [(2, 1), (199, 1), (1_000, 10)])
def test_one_of_a_hundred_is_slow_and_at_least_one(people: int, deaf: int) -> None:
    assert complete(Scenario.SLOW, people=people).deaf == deaf


def test_nobody_says_anything_in_silence() -> None:
    assert complete(Scenario.IDLE, messages=5).messages == 0


@pytest.mark.parametrize(
    ("scenario", "asked", "option"),
    [
        (Scenario.FANOUT, {"people": 3, "rooms": 4}, "--people"),
        (Scenario.SLOW, {"people": 1}, "--people"),
        (Scenario.STORM, {"messages": 1_001}, "--messages"),
    ],
)
def test_what_cannot_be_says_which_option_to_change(
    scenario: Scenario, asked: dict[str, int], option: str
) -> None:
    with pytest.raises(Impossible, match=option):
        complete(scenario, **asked)  # type: ignore[arg-type]
