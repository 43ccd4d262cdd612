"""The publisher over a log in memory: order, deadlines, retries, and that everybody is answered once."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import pytest
import structlog

from hubbub.domain import limits
from hubbub.domain.decision import Decision
from hubbub.domain.refusals import Code, Refusal
from hubbub.roomlog.batch import Answer, Item
from hubbub.roomlog.client import OutcomeUnknown, StoreFault, StoreUnavailable
from hubbub.roomlog.log import Fenced
from hubbub.roomlog.publisher import QUEUE_COMMANDS, Appended, Outcome, Pending, Publisher
from hubbub.roomlog.stands import Section
from tests.unit.roomlog.stepped import SteppedLoop, stepped_loop

ROOM = "place/agora"
DEADLINE_SECONDS = limits.STORE_SECONDS + 0.2

Reply = Exception | Callable[[Sequence[Item]], list[Answer]]


class FakeLog:
    """Appends what it is given, unless it was told to answer otherwise."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.batches: list[list[str]] = []
        self.generations: list[int] = []
        self.seq = 0
        self.is_silent = False
        self._generation = 0

    def next_generation(self) -> int:
        self._generation += 1
        return self._generation

    async def append(
        self, hub: str, generation: int, items: Sequence[Item]
    ) -> tuple[list[Section], list[Answer]]:
        self.batches.append([item.id for item in items])
        self.generations.append(generation)
        while self.is_silent:
            await asyncio.sleep(0.02)
        reply = self.replies.pop(0) if self.replies else self.accept
        if isinstance(reply, Exception):
            raise reply
        return [], reply(items)

    def accept(self, items: Sequence[Item]) -> list[Answer]:
        return [self._next() for _ in items]

    def _next(self) -> Answer:
        self.seq += 1
        return Answer("ok", self.seq, "k3")


def stale(items: Sequence[Item]) -> list[Answer]:
    return [Answer("stale", 0, "k3") for _ in items]


class FakeJudge:
    """Lets everything pass, when it gets to it."""

    def __init__(self) -> None:
        self.is_slow = False
        self.appended_before_acks = 0
        self.fault: Exception | None = None

    async def decide(self, batch: list[Pending]) -> list[Item]:
        while self.is_slow:
            await asyncio.sleep(0.02)
        if self.fault is not None:
            raise self.fault
        return [Item(p.room, p.author, p.id, {}, "", Decision()) for p in batch]

    def appended(self, sections: list[Section]) -> None:
        self.appended_before_acks += len(sections)


class Desk:
    """A publisher with its log, its judge and what was answered."""

    def __init__(self, loop: SteppedLoop) -> None:
        self.loop = loop
        self.log = FakeLog()
        self.judge = FakeJudge()
        self.outcomes: list[tuple[str, Outcome]] = []
        self.publisher = Publisher(
            "place", cast(Any, self.log), self.judge, loop.create_task, self._explain, loop.time
        )

    @staticmethod
    def _explain(fault: Exception, where: str) -> Refusal:
        return Refusal(Code.INTERNAL, "noted")

    def submit(self, *ids: str, size_bytes: int = 100) -> None:
        def submit() -> None:
            for id in ids:
                self.publisher.submit(self._pending(id, size_bytes))

        self.loop.do(submit)

    def _pending(self, id: str, size_bytes: int) -> Pending:
        return Pending(ROOM, "u:1", id, size_bytes, None, lambda outcome: self.outcomes.append((id, outcome)))

    @property
    def seqs(self) -> list[tuple[str, int]]:
        return [(id, outcome.seq) for id, outcome in self.outcomes if isinstance(outcome, Appended)]

    @property
    def codes(self) -> list[tuple[str, Code]]:
        return [(id, outcome.code) for id, outcome in self.outcomes if isinstance(outcome, Refusal)]


@pytest.fixture
def desk() -> Iterator[Desk]:
    with stepped_loop() as loop, structlog.testing.capture_logs():
        yield Desk(loop)


# -- Order -------------------------------------------------------------------------------------------


def test_commands_take_effect_in_the_order_they_came(desk: Desk) -> None:
    desk.submit("a", "b", "c")
    assert desk.seqs == [("a", 1), ("b", 2), ("c", 3)]


def test_only_one_batch_is_under_way_at_a_time(desk: Desk) -> None:
    desk.log.is_silent = True
    desk.submit("a")
    desk.submit("b")
    assert desk.log.batches == [["a"]]
    desk.log.is_silent = False
    desk.loop.wait(0.1)
    assert desk.log.batches == [["a"], ["b"]]


def test_a_stale_command_is_decided_again_before_later_ones(desk: Desk) -> None:
    desk.log.is_silent = True
    desk.log.replies = [stale]
    desk.submit("a")
    desk.submit("b")
    desk.log.is_silent = False
    desk.loop.wait(0.1)
    assert desk.log.batches == [["a"], ["a", "b"]]
    assert desk.seqs == [("a", 1), ("b", 2)]


def test_a_batch_that_was_not_answered_goes_again_before_later_commands(desk: Desk) -> None:
    desk.log.replies = [OutcomeUnknown("silent")]
    desk.submit("a", "b")
    desk.submit("c")
    desk.loop.wait(0.2)
    assert desk.seqs == [("a", 1), ("b", 2), ("c", 3)]


# -- Bounds ------------------------------------------------------------------------------------------


def test_a_batch_has_at_most_so_many_commands(desk: Desk) -> None:
    ids = [str(number) for number in range(limits.BATCH_COMMANDS + 1)]
    desk.submit(*ids)
    assert [len(batch) for batch in desk.log.batches] == [limits.BATCH_COMMANDS, 1]


def test_the_next_batch_is_on_its_way_before_the_last_one_is_told(desk: Desk) -> None:
    on_their_way: list[int] = []

    def pending(id: str) -> Pending:
        return Pending(ROOM, "u:1", id, 100, None, lambda _: on_their_way.append(len(desk.log.batches)))

    def submit_two_batches() -> None:
        for number in range(2 * limits.BATCH_COMMANDS):
            desk.publisher.submit(pending(str(number)))

    desk.loop.do(submit_two_batches)
    assert on_their_way == [2] * 2 * limits.BATCH_COMMANDS


def test_one_who_cannot_be_told_does_not_keep_the_others_from_being_told(desk: Desk) -> None:
    def fail(_: Outcome) -> None:
        raise RuntimeError("gone")

    told: list[Outcome] = []

    def submit_both() -> None:
        desk.publisher.submit(Pending(ROOM, "u:1", "a", 100, None, fail))
        desk.publisher.submit(Pending(ROOM, "u:2", "b", 100, None, told.append))

    desk.loop.do(submit_both)
    assert (desk.log.batches, told) == ([["a", "b"]], [Appended("k3", 2)])


def test_a_batch_has_at_most_so_many_bytes(desk: Desk) -> None:
    desk.submit("a", "b", "c", size_bytes=limits.BATCH_BYTES // 2)
    assert desk.log.batches == [["a", "b"], ["c"]]


def test_a_command_that_is_too_big_for_a_batch_goes_alone(desk: Desk) -> None:
    desk.submit("a", "b", size_bytes=limits.BATCH_BYTES + 1)
    assert desk.log.batches == [["a"], ["b"]]


def test_beyond_the_queue_a_command_is_refused_at_once(desk: Desk) -> None:
    desk.log.is_silent = True
    desk.submit(*[str(number) for number in range(QUEUE_COMMANDS)], "one too many")
    assert desk.codes == [("one too many", Code.UNAVAILABLE)]


# -- Deadlines ---------------------------------------------------------------------------------------


def test_a_store_that_is_away_for_good_is_unavailable(desk: Desk) -> None:
    desk.log.replies = [StoreUnavailable("away")] * 100
    desk.submit("a")
    desk.loop.wait(DEADLINE_SECONDS)
    assert desk.codes == [("a", Code.UNAVAILABLE)]


def test_a_store_that_comes_back_in_time_gets_the_command(desk: Desk) -> None:
    desk.log.replies = [StoreUnavailable("away")] * 3
    desk.submit("a")
    desk.loop.wait(1)
    assert desk.seqs == [("a", 1)]


def test_a_command_that_was_sent_and_not_answered_has_an_unknown_outcome(desk: Desk) -> None:
    desk.log.is_silent = True
    desk.submit("a")
    desk.loop.wait(DEADLINE_SECONDS)
    assert desk.codes == [("a", Code.UNKNOWN_OUTCOME)]


def test_a_command_that_waited_behind_it_was_certainly_not_applied(desk: Desk) -> None:
    desk.log.is_silent = True
    desk.submit("a")
    desk.submit("b")
    desk.loop.wait(DEADLINE_SECONDS)
    assert desk.codes == [("a", Code.UNKNOWN_OUTCOME), ("b", Code.UNAVAILABLE)]
    desk.log.is_silent = False
    desk.loop.wait(0.2)
    assert desk.log.batches == [["a"]]


def test_a_command_that_was_once_not_answered_stays_unknown_while_the_store_is_away(desk: Desk) -> None:
    desk.log.replies = [OutcomeUnknown("silent"), *[StoreUnavailable("away")] * 100]
    desk.submit("a")
    desk.loop.wait(DEADLINE_SECONDS)
    assert desk.codes == [("a", Code.UNKNOWN_OUTCOME)]


def test_a_command_that_stays_stale_was_certainly_not_applied(desk: Desk) -> None:
    desk.log.replies = [OutcomeUnknown("silent"), stale, *[StoreUnavailable("away")] * 100]
    desk.submit("a")
    desk.loop.wait(DEADLINE_SECONDS)
    assert desk.codes == [("a", Code.UNAVAILABLE)]


def test_what_was_refused_as_unavailable_while_it_was_decided_is_not_appended(desk: Desk) -> None:
    desk.judge.is_slow = True
    desk.submit("a")
    desk.loop.wait(DEADLINE_SECONDS)
    assert desk.codes == [("a", Code.UNAVAILABLE)]
    desk.judge.is_slow = False
    desk.loop.wait(0.2)
    assert ["a"] not in desk.log.batches


def test_an_answer_after_the_deadline_does_not_answer_twice(desk: Desk) -> None:
    desk.log.is_silent = True
    desk.submit("a")
    desk.loop.wait(DEADLINE_SECONDS)
    desk.log.is_silent = False
    desk.loop.wait(0.2)
    assert desk.codes == [("a", Code.UNKNOWN_OUTCOME)]
    assert len(desk.outcomes) == 1


# -- The fence ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [OutcomeUnknown("silent"), StoreFault("script")])
def test_after_a_batch_without_an_answer_the_generation_is_a_later_one(desk: Desk, fault: Exception) -> None:
    desk.log.replies = [fault]
    desk.submit("a")
    desk.loop.wait(0.2)
    first, second = desk.log.generations
    assert second > first


def test_a_fenced_batch_goes_again_under_a_later_generation(desk: Desk) -> None:
    desk.log.replies = [Fenced("a later one was here")]
    desk.submit("a")
    desk.loop.wait(0.2)
    first, second = desk.log.generations
    assert second > first
    assert desk.seqs == [("a", 1)]


def test_a_store_that_was_away_does_not_raise_the_generation(desk: Desk) -> None:
    desk.log.replies = [StoreUnavailable("away")]
    desk.submit("a")
    desk.loop.wait(0.2)
    assert len(set(desk.log.generations)) == 1


# -- Faults of ours ----------------------------------------------------------------------------------


def test_a_fault_while_deciding_is_answered_and_does_not_stop_the_next_command(desk: Desk) -> None:
    desk.judge.fault = KeyError("room")
    desk.submit("a")
    desk.judge.fault = None
    desk.submit("b")
    assert desk.codes == [("a", Code.INTERNAL)]
    assert desk.seqs == [("b", 1)]


# -- Answers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("unknown_room", Code.UNKNOWN_ROOM),
        ("unknown_entry", Code.UNKNOWN_ENTRY),
        ("no_change", Code.NO_CHANGE),
        ("too_large", Code.TOO_LARGE),
        ("slow_mode", Code.SLOW_MODE),
    ],
)
def test_what_the_log_refuses_is_told_by_its_code(desk: Desk, status: Any, code: Code) -> None:
    desk.log.replies = [lambda items: [Answer(status, 700, "k3")]]
    desk.submit("a")
    assert desk.codes == [("a", code)]


def test_a_duplicate_is_answered_with_its_first_seq(desk: Desk) -> None:
    desk.log.replies = [lambda items: [Answer("duplicate", 7, "k3")]]
    desk.submit("a")
    assert desk.outcomes == [("a", Appended("k3", 7, is_duplicate=True))]


# -- Retries of what may be executed yet -------------------------------------------------------------


def test_a_retry_of_what_was_not_answered_is_unknown_too_while_the_store_is_away(desk: Desk) -> None:
    desk.log.replies = [OutcomeUnknown("silent"), *[StoreUnavailable("away")] * 100]
    desk.submit("a")
    desk.loop.wait(DEADLINE_SECONDS)
    desk.log.replies = [StoreUnavailable("away")] * 100
    desk.submit("a", "b")
    desk.loop.wait(DEADLINE_SECONDS)
    assert desk.codes == [
        ("a", Code.UNKNOWN_OUTCOME),
        ("a", Code.UNKNOWN_OUTCOME),
        ("b", Code.UNAVAILABLE),
    ]


def test_once_the_store_has_answered_what_it_did_not_answer_before_is_settled(desk: Desk) -> None:
    desk.log.replies = [OutcomeUnknown("silent"), *[StoreUnavailable("away")] * 100]
    desk.submit("a")
    desk.loop.wait(DEADLINE_SECONDS)
    desk.log.replies = []
    desk.submit("b")
    desk.loop.wait(0.5)
    desk.log.replies = [StoreUnavailable("away")] * 100
    desk.submit("a")
    desk.loop.wait(DEADLINE_SECONDS)
    assert desk.seqs == [("b", 1)]
    assert desk.codes == [("a", Code.UNKNOWN_OUTCOME), ("a", Code.UNAVAILABLE)]
