"""The five scenarios, each a few sentences long.

Knows what happens in which order. Refuses to know how, and what is made of the figures.
"""

from collections.abc import Callable, Mapping
from typing import Final

from hubbub.bench.request import Scenario
from hubbub.bench.stage import Stage

AUTHORS: Final = 10
"""People a room who write what the others miss in a storm: no author's limit is in the way."""


def talk(stage: Stage) -> None:
    """People read rooms; in each so many messages are under way at a time (fanout, rooms)."""
    stage.enter("People come in", stage.people(0, stage.request.people))
    stage.talk("Messages", stage.request.messages)


def storm(stage: Stage) -> None:
    """People who have read go; then all come back at once, each resumes what was written meanwhile."""
    request = stage.request
    everybody = stage.people(0, request.people)
    positions = stage.enter("People come in", everybody).position_by_room
    stage.leave("They go")
    authors = stage.people(request.people, AUTHORS * len(stage.rooms))
    stage.enter("Others stay", authors)
    stage.talk("Messages they miss", request.messages * len(stage.rooms))
    stage.enter("All come back", everybody, at_once=request.in_flight, after=positions)


def slow(stage: Stage) -> None:
    """The same messages twice, the second time among people who never read.

    A fifth of them go before, so that neither of the two is the one that meets a cold server.
    """
    request = stage.request
    others = request.people - request.deaf
    stage.enter("People come in", stage.people(0, others))
    stage.talk("Warming up", max(1, request.messages // 5))
    stage.talk("Messages without slow readers", request.messages)
    stage.enter("Slow readers come in", stage.people(others, request.deaf), is_deaf=True)
    stage.talk("Messages with them", request.messages)


def idle(stage: Stage) -> None:
    """People are in a room, and nobody says anything."""
    stage.enter("People come in", stage.people(0, stage.request.people))
    stage.rest("Silence", stage.request.seconds)


SCENARIOS: Final[Mapping[Scenario, Callable[[Stage], None]]] = {
    Scenario.FANOUT: talk,
    Scenario.ROOMS: talk,
    Scenario.STORM: storm,
    Scenario.SLOW: slow,
    Scenario.IDLE: idle,
}
