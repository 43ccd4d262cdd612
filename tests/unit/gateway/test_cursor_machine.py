"""Every reader gets the log: without a hole, in order, each entry once, whatever goes wrong on the way.

The first test lets the machine loose on the server as it is. Each of the others breaks the server in one
place, by hand, and shows that the machine notices: a property that cannot fail proves nothing.
"""

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
import structlog
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from hubbub.gateway import reading as reading_module
from hubbub.gateway import turns
from hubbub.gateway.answers import newest
from hubbub.gateway.hub import Hub
from hubbub.gateway.room import Room
from hubbub.gateway.subscription import Subscription
from hubbub.gateway.tail import Tail
from hubbub.protocol import frames
from hubbub.roomlog.client import OutcomeUnknown, StoreUnavailable
from hubbub.roomlog.log import Reading
from hubbub.roomlog.stands import Stand
from tests.unit.gateway.machine import CursorMachine

# A fault that is found is reduced to its shortest story, and one that hides is looked for longer.
pytestmark = pytest.mark.timeout(400)

THOROUGH = settings(
    max_examples=200,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
UNTIL_FOUND = settings(
    THOROUGH,
    max_examples=4_000,  # the fault that hides best takes some 400
    phases=[Phase.generate],
    database=None,
    report_multiple_bugs=False,
    derandomize=True,
)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """A store that is away a thousand times need not be logged a thousand times.

    And a turn of the fan-out ends when all have had theirs, so that a story does not depend on the clock.
    """
    with structlog.testing.capture_logs(), patch.object(turns, "TURN_SECONDS", math.inf):
        yield


def test_every_reader_gets_the_log_without_a_hole_and_each_entry_once() -> None:
    run_state_machine_as_test(CursorMachine, settings=THOROUGH)


def assert_found(*broken: contextlib.AbstractContextManager[Any]) -> None:
    """The machine finds a fault in a server that is broken like that."""
    with contextlib.ExitStack() as stack:
        for breakage in broken:
            stack.enter_context(breakage)
        with pytest.raises(AssertionError):
            run_state_machine_as_test(CursorMachine, settings=UNTIL_FOUND)


def test_a_tail_that_takes_an_entry_beyond_the_next_is_found() -> None:
    whole = Tail.append

    def append(self: Tail, stand: Stand) -> bool:
        self.head = max(self.head, stand.seq - 1)
        return whole(self, stand)

    heard = Room.heard

    def careless(self: Room, section: Any) -> None:
        if section.epoch == self.tail.epoch and section.first_seq == self.tail.head + 2:
            self._take(section.stands(), section.head, section.rev, section.messages)
        else:
            heard(self, section)

    assert_found(patch.object(Tail, "append", append), patch.object(Room, "heard", careless))


def test_a_catch_up_that_does_not_look_at_the_epoch_is_found() -> None:
    async def read_on(self: Room) -> None:
        reading = await self.hub.log.read(self.address, after=self.tail.head)
        assert reading is not None
        numbers = reading.numbers
        self._take(reading.stands, numbers.seq, numbers.rev, numbers.messages)

    assert_found(patch.object(Room, "_read_on", read_on))


def reader_catch_up(
    is_owner: Callable[[Room, Subscription], bool], is_whole: Callable[[Reading, int], bool]
) -> Any:
    """The catch-up of one reader, with other answers to when it ends."""

    async def catch_up(self: Room, subscription: Subscription) -> None:
        try:
            while (
                subscription.connection.is_writable
                and subscription.cursor + 1 < self.tail.first
                and is_owner(self, subscription)
            ):
                after = subscription.cursor
                reading = await self.hub.log.read(self.address, after=after, most=2)
                now = self.subscriptions.get(subscription.connection)
                if now is None or not is_owner(self, subscription):
                    return
                assert reading is not None
                if not is_whole(reading, after) or reading.numbers.epoch != self.tail.epoch:
                    self.expel(now, frames.Reset(room=self.address))
                    return
                subscription.cursor = now.cursor = reading.stands[-1].seq
                chunk = [self.tail.frame(now.connection.codec, stand.body) for stand in reading.stands]
                now.connection.write(b"".join(chunk))
        except (StoreUnavailable, OutcomeUnknown):
            self.hub.is_suspect = True
            return
        finally:
            subscription.is_catching_up = False
        self.feed(subscription)

    return catch_up


def test_an_old_catch_up_that_feeds_the_new_subscription_is_found() -> None:
    catch_up = reader_catch_up(lambda room, old: True, lambda reading, after: reading.from_seq == after + 1)
    assert_found(patch.object(Room, "_catch_up_reader", catch_up))


def test_a_catch_up_that_does_not_see_that_the_log_was_trimmed_is_found() -> None:
    catch_up = reader_catch_up(
        lambda room, old: room.subscriptions.get(old.connection) is old, lambda reading, after: True
    )
    assert_found(patch.object(Room, "_catch_up_reader", catch_up))


def test_a_cursor_that_is_set_before_the_last_wait_is_found() -> None:
    async def join_afresh(room: Room, connection: Any, command: frames.Join) -> None:
        cursor = room.tail.head
        page = await room.newest_page(command.limit)
        assert page is not None
        bodies = [stand.body for stand in page.stands]
        if page.numbers.epoch != room.tail.epoch or page.numbers.seq > room.tail.head:
            await room.catch_up()
        reading_module._enter(
            room, connection, command, newest(connection.codec, room.state, bodies, cursor), False
        )

    assert_found(patch.object(reading_module, "_join_afresh", join_afresh))


def test_an_envelope_that_is_sent_again_when_it_comes_again_is_found() -> None:
    heard = Room.heard

    def heard_again(self: Room, section: Any) -> None:
        repeated = section.epoch == self.tail.epoch and section.head <= self.tail.head
        heard(self, section)
        for subscription in self.subscriptions.values() if repeated else ():
            for stand in section.stands():
                subscription.connection.write(self.tail.frame(subscription.connection.codec, stand.body))

    assert_found(patch.object(Room, "heard", heard_again))


def test_a_fan_out_that_does_not_care_whether_a_reader_reads_is_found() -> None:
    fed = Room._feed

    def feed(self: Room, subscription: Subscription, chunks: Any, now: float) -> None:
        connection = subscription.connection
        is_writable, connection.is_writable = connection.is_writable, True
        if self.tail.first - 1 <= subscription.cursor:
            chunk, upto = self.tail.frames(connection.codec, subscription.cursor)
            connection.is_writable = is_writable
            subscription.cursor = upto
            if chunk:
                connection.write(chunk)
        else:
            connection.is_writable = is_writable
            fed(self, subscription, chunks, now)

    assert_found(patch.object(Room, "_feed", feed))


def test_a_node_that_does_not_mind_an_interruption_is_found() -> None:
    async def check(self: Hub) -> None:
        self.is_suspect = False

    assert_found(patch.object(Hub, "interrupted", lambda self: None), patch.object(Hub, "check", check))


def test_a_removed_text_that_stays_in_the_tail_is_found() -> None:
    assert_found(patch.object(Tail, "_erase", lambda self, target: None))


def test_a_room_that_is_given_back_once_too_often_is_found() -> None:
    left = Room.leave

    def leave(self: Room, connection: Any) -> None:
        is_in = connection in self.subscriptions
        left(self, connection)
        if is_in:
            self.hub.release(self)

    assert_found(patch.object(Room, "leave", leave))
