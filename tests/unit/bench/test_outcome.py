"""The verdict of a run, from reports of load processes as they might come."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import cast

import pytest

from hubbub.bench.crew import Crew, Interrupted, Interruption
from hubbub.bench.orders import Count, Enter, Order, Report, Talk, merged
from hubbub.bench.outcome import Outcome, outcome_of
from hubbub.bench.request import Scenario, complete
from hubbub.bench.scenarios import SCENARIOS
from hubbub.bench.stage import Stage
from hubbub.bench.wire import Bounds

ROOM = "place/bench-1"


class ScriptedCrew:
    """Answers each kind of order with what a script has for it."""

    def __init__(self, **report_by_order: Report) -> None:
        self.report_by_order = report_by_order
        self.orders: list[Order] = []

    def carry_out(self, orders: Sequence[Order], _: float, __: Callable[[int], None]) -> Report:
        self.orders += orders
        return self.report_by_order.get(type(orders[0]).__name__.lower(), Report())


class NoScreen:
    """Nobody watches."""

    def begin(self, words: str, total: float) -> None:
        pass

    def at(self, done: float) -> None:
        pass


ENTERED = Report(joined=3, began_us=1_000_000, ended_us=2_000_000)


def talked(**more: object) -> Report:
    """Three readers, two messages."""
    usual: dict[str, object] = {
        "published": 2, "delivered": 6, "frame_bytes": 1_200, "began_us": 1_000_000,
        "published_until_us": 1_500_000, "ended_us": 3_000_000, "acked_by_room": Counter({ROOM: 2}),
        "head_by_room": {ROOM: 2},
    }  # fmt: skip
    return Report(**{**usual, **more})  # type: ignore[arg-type]


def counted(**more: object) -> Report:
    """Three readers are still there at the end."""
    return Report(**{"readers_by_room": Counter({ROOM: 3}), **more})  # type: ignore[arg-type]


def outcome(is_private: bool = False, cores: int = 8, **report_by_order: Report) -> Outcome:
    """The outcome of a fan-out whose load processes report this."""
    reports = {"enter": ENTERED, "talk": talked(), "count": counted(), **report_by_order}
    crew = ScriptedCrew(**reports)
    request = complete(Scenario.FANOUT, people=3, messages=2, processes=1)
    stage = Stage(request, [ROOM], cast(Crew, crew), Interruption(), NoScreen(), lambda: None)
    SCENARIOS[request.scenario](stage)
    stage.count()
    return outcome_of(stage, False, is_private, cores)


def test_a_sound_run_says_so_and_has_its_figures() -> None:
    found = outcome()
    assert found.is_sound and "2 acked messages" in found.verdict and found.notes == []
    assert (found.joined_per_s, found.published_per_s, found.delivered_per_s) == (3, 4, 3)
    assert found.bytes_per_message == 200


@pytest.mark.parametrize("fault", ["lost", "repeated", "out_of_order"])
def test_what_readers_were_not_given_as_they_should_is_a_broken_promise(fault: str) -> None:
    found = outcome(count=counted(**{fault: 1}))
    assert not found.is_sound
    assert found.verdict == f"A PROMISE WAS BROKEN: 1 {fault.replace('_', ' ')}."


def test_a_second_ack_is_a_broken_promise() -> None:
    assert not outcome(talk=talked(acked_twice=1)).is_sound


def test_a_message_that_was_acked_and_stands_nowhere_is_lost() -> None:
    assert outcome(talk=talked(delivered=3)).faults.lost == 3


def test_a_message_that_stands_in_the_log_twice_is_repeated() -> None:
    assert outcome(talk=talked(delivered=9)).faults.repeated == 3


def test_sums_are_not_compared_where_somebody_went_or_an_ack_is_missing() -> None:
    assert outcome(talk=talked(delivered=5, gone=Counter({"x": 1}))).is_sound
    assert outcome(talk=talked(delivered=9, unacked=1)).is_sound


def test_a_run_that_nobody_could_join_is_not_sound() -> None:
    found = outcome(enter=Report(refused=Counter({"closed with 4500: no": 3})), talk=Report(), count=Report())
    assert not found.is_sound and "Nobody could come in" in found.verdict
    assert found.notes == ["People who could not come in: 3 (closed with 4500: no)"]


def test_who_was_sent_away_is_told_and_the_others_were_given_everything() -> None:
    found = outcome(talk=talked(delivered=5, gone=Counter({"closed with 4008: slow": 1})))
    assert found.is_sound and "everybody who stayed" in found.verdict
    assert found.notes == ["People who were sent away, or lost: 1 (closed with 4008: slow)"]


def test_a_run_that_everybody_was_sent_away_from_is_not_sound() -> None:
    found = outcome(talk=talked(gone=Counter({"the connection was lost": 3})), count=Report())
    assert not found.is_sound and "nothing can be said" in found.verdict


def test_a_run_without_an_accepted_message_is_not_sound() -> None:
    found = outcome(talk=Report(declined=Counter({"muted: Quiet.": 1})))
    assert not found.is_sound and "No message was accepted" in found.verdict


def busy(share: float) -> Report:
    """A talk of two seconds in which a load process took that share of a core."""
    return talked(cpu_seconds_by_pid={7: 2 * share}, wall_seconds_by_pid={7: 2.0})


@pytest.mark.parametrize(("share", "is_bottleneck"), [(0.9, True), (0.89, False)])
def test_a_load_generator_that_is_full_says_that_it_is_the_bottleneck(
    share: float, is_bottleneck: bool
) -> None:
    found = outcome(talk=busy(share))
    assert found.load_cpu_percent == pytest.approx(100 * share)
    assert any("load generator was the bottleneck" in note for note in found.notes) == is_bottleneck


def test_a_run_that_is_too_short_to_tell_says_so() -> None:
    assert "400 ms" in outcome(talk=talked(ended_us=1_400_000)).notes[0]


def test_few_cores_and_limits_of_the_server_are_told() -> None:
    bounds = Bounds(publish_burst=60, publish_per_s=10)
    notes = " ".join(outcome(is_private=True, cores=2, talk=talked(bounds=bounds)).notes)
    assert "shared 2 cores" in notes and "10 a second" in notes


def test_reports_of_several_processes_become_one() -> None:
    one, other = (
        talked(bounds=Bounds(1, 2)),
        talked(began_us=500_000, ended_us=2_000_000, head_by_room={ROOM: 9}),
    )
    whole = merged((one, other))
    assert (whole.published, whole.acked_by_room[ROOM], whole.head_by_room[ROOM]) == (4, 4, 9)
    assert (whole.began_us, whole.ended_us, whole.bounds) == (500_000, 3_000_000, Bounds(1, 2))


# -- The order of things ---------------------------------------------------------------------------


def test_all_people_and_messages_are_shared_out_among_the_processes() -> None:
    crew = ScriptedCrew()
    request = complete(Scenario.ROOMS, rooms=5, messages=23, processes=2)
    rooms = [f"place/bench-{number}" for number in range(1, 6)]
    stage = Stage(request, rooms, cast(Crew, crew), Interruption(), NoScreen(), lambda: None)
    SCENARIOS[Scenario.ROOMS](stage)
    enters = [order for order in crew.orders if isinstance(order, Enter)]
    talks = [order for order in crew.orders if isinstance(order, Talk)]
    assert sorted(person for enter in enters for person, _ in enter.people) == list(range(50))
    assert sum(sum(order.messages_by_room.values()) for order in talks) == 23
    for enter, order in zip(enters, talks, strict=True):  # who publishes in a room is among its people
        assert set(order.messages_by_room) == {room for _, room in enter.people}


class InterruptedCrew(ScriptedCrew):
    """Somebody presses Ctrl-C while messages are under way."""

    def __init__(self, interruption: Interruption, **report_by_order: Report) -> None:
        super().__init__(**report_by_order)
        self.interruption = interruption

    def carry_out(self, orders: Sequence[Order], _: float, __: Callable[[int], None]) -> Report:
        self.interruption.is_set = isinstance(orders[0], Talk) or self.interruption.is_set
        return super().carry_out(orders, _, __)


def test_nothing_new_begins_after_an_interruption_and_only_holes_are_counted() -> None:
    interruption = Interruption()
    crew = InterruptedCrew(interruption, enter=ENTERED, talk=talked(), count=counted())
    request = complete(Scenario.FANOUT, people=3, processes=1)
    stage = Stage(request, [ROOM], cast(Crew, crew), interruption, NoScreen(), lambda: None)
    with pytest.raises(Interrupted):
        SCENARIOS[Scenario.FANOUT](stage)
    stage.count()
    assert [type(order) for order in crew.orders] == [Enter, Talk, Count]
    assert crew.orders[-1] == Count({})
    found = outcome_of(stage, True, False, 8)
    assert (found.joined, found.published) == (3, 2) and found.verdict.startswith("Broken off")
