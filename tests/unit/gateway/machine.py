"""The cursor machine: readers, a log, and everything that may go wrong between them, in any order.

Drives a real node, hub, room and real connections over a store in memory. One event loop with a clock of
its own: nothing happens between two steps, and each reply of the store and each envelope arrives in a
step of its own, so that every interleaving can be tried.
"""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator
from typing import Any, cast
from unittest.mock import patch

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hubbub.domain import entries, limits
from hubbub.domain.limits import Limits
from hubbub.domain.refusals import Refusal
from hubbub.gateway import hub as hub_module
from hubbub.gateway import room as room_module
from hubbub.gateway import tail as tail_module
from hubbub.gateway.door import Door
from hubbub.gateway.node import CHECK_SECONDS, Node
from hubbub.gateway.room import Room
from hubbub.hosts import AddressCounter, Sites
from hubbub.roomlog.client import OutcomeUnknown, StoreUnavailable
from tests.unit.gateway.fake_reader import BrokenPromise, FakeReader
from tests.unit.gateway.fake_store import HUB, ROOM, FakeLog, FakeStore

READERS = ("Amina", "Boris", "Chloé")
TURNS = 25
"""Of the event loop after each step: far more than any chain of callbacks in a node is long."""

REQUESTS_TO_REST = 100
"""Answers of the store after which a node that has nothing to do any more asks nothing."""

SMALL = [
    (tail_module, "TAIL_ENTRIES", 4),
    (room_module, "CATCH_UP_ENTRIES", 2),
    (room_module, "CROWD_SECONDS", 0.0),
    (hub_module, "CROWD_SECONDS", 0.0),
    (hub_module, "NEWEST_AT_OPENING", 2),
    (limits, "WRITE_CHUNK_BYTES", 400),
    (limits, "RESUME_ENTRIES", 8),
]
"""Bounds so small that a few entries go beyond each of them, and no pauses: the clock moves in steps."""


class SteppedLoop(asyncio.SelectorEventLoop):
    """A loop whose clock stands still until it is moved."""

    now = 1_000.0

    def time(self) -> float:
        return self.now


class WatchedNode(Node):
    """A node that keeps its faults instead of logging them."""

    faults: list[BaseException]

    def fault(self, fault: Exception, where: str) -> Refusal:
        self.faults.append(fault)
        return super().fault(fault, where)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
        task = super().spawn(work)
        if task is not None:  # a story may end before the work has begun
            task.add_done_callback(lambda _: work.close())
        return task


def new_node(store: FakeStore, log: FakeLog) -> WatchedNode:
    node = WatchedNode(
        store=cast(Any, store),
        room_log=cast(Any, log),
        tokens=cast(Any, None),
        door=Door(Sites("127.0.0.1", 1), ()),
        node_limits=Limits(),
        address_counter=AddressCounter(None),
        connections_per_identity=None,
    )
    node.faults = []
    return node


@contextlib.contextmanager
def small_bounds() -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for module, name, value in SMALL:
            stack.enter_context(patch.object(module, name, value))
        yield


class CursorMachine(RuleBasedStateMachine):
    """Rules are what clients, other nodes, the store and the network do; readers check what they get."""

    def __init__(self) -> None:
        super().__init__()
        self.bounds = small_bounds()
        self.bounds.__enter__()
        self.loop = SteppedLoop()
        self.loop.set_exception_handler(lambda _, context: self.node.faults.append(_fault_of(context)))
        self.store = FakeStore()
        self.log = FakeLog(self.store)
        self.node = new_node(self.store, self.log)
        self.closing = asyncio.Event()
        self.life = self.loop.create_task(self._live())
        self.readers: dict[str, FakeReader] = {}
        self.settle()

    async def _live(self) -> None:
        async with self.node.running():
            await self.closing.wait()

    def settle(self) -> None:
        """Lets everything happen that can happen now."""

        async def turns() -> None:
            for _ in range(TURNS):
                await asyncio.sleep(0)

        self.loop.run_until_complete(turns())

    def wait(self, seconds: float) -> None:
        self.loop.now += seconds
        self.settle()

    def reader(self, name: str) -> FakeReader:
        if name not in self.readers:
            self.readers[name] = self.in_loop(lambda: FakeReader(self.node, self.log, name))
        return self.readers[name]

    def in_loop(self, work: Any) -> Any:
        """The result of a function that must be called in the loop."""

        async def call() -> Any:
            return work()

        result = self.loop.run_until_complete(call())
        self.settle()
        return result

    @property
    def room(self) -> Room | None:
        hub = self.node._hubs.get(HUB)
        return hub.rooms.get(ROOM) if hub is not None else None

    # -- What clients do -------------------------------------------------------------------------

    @rule(name=st.sampled_from(READERS), limit=st.integers(0, 4))
    def join(self, name: str, limit: int) -> None:
        reader = self.reader(name)
        if reader.may_send:
            self.in_loop(lambda: reader.join(limit))

    @rule(name=st.sampled_from(READERS))
    def resume_from_the_last_entry(self, name: str) -> None:
        reader = self.reader(name)
        if reader.may_send:
            self.in_loop(reader.resume)

    @rule(name=st.sampled_from(READERS))
    def leave_and_join_at_once(self, name: str) -> None:
        reader = self.reader(name)
        if reader.may_send:
            self.in_loop(reader.leave_and_resume)

    @rule(name=st.sampled_from(READERS))
    def leave(self, name: str) -> None:
        reader = self.reader(name)
        if reader.may_send:
            self.in_loop(lambda: reader.say("leave"))

    @rule(name=st.sampled_from(READERS))
    def stop_reading(self, name: str) -> None:
        reader = self.reader(name)
        if reader.connection.is_writable:
            self.in_loop(reader.pause)

    @rule(name=st.sampled_from(READERS))
    def read_again(self, name: str) -> None:
        reader = self.reader(name)
        if not reader.connection.is_writable:
            self.in_loop(reader.unpause)

    @rule(name=st.sampled_from(READERS), limit=st.integers(0, 4))
    def join_and_get_in(self, name: str, limit: int) -> None:
        self.join(name, limit)
        if self.log.requests:
            self.the_store_answers_all()

    @rule(name=st.sampled_from(READERS), count=st.integers(4, 7))
    def fall_behind_and_read_again(self, name: str, count: int) -> None:
        self.stop_reading(name)
        self.publish(count)
        self.all_envelopes_arrive()
        self.read_again(name)

    @rule(name=st.sampled_from(READERS))
    def vanish(self, name: str) -> None:
        """The connection is lost; the client comes back as a new one that knows where it was."""
        if name in self.readers:
            gone = self.readers.pop(name)
            self.in_loop(gone.vanish)
            self.reader(name).after = gone.after

    # -- What other nodes write ------------------------------------------------------------------

    @rule(count=st.integers(1, 6))
    def publish(self, count: int) -> None:
        for _ in range(count):
            self.in_loop(lambda: self.log.append("message"))

    @precondition(lambda self: self.log.live_messages())
    @rule(choice=st.integers(0, 5))
    def edit(self, choice: int) -> None:
        target = self._message(choice)
        self.in_loop(lambda: self.log.append("edit", target=target, text="new"))

    @precondition(lambda self: self.log.live_messages())
    @rule(choice=st.integers(0, 5))
    def remove(self, choice: int) -> None:
        target = self._message(choice)
        self.in_loop(lambda: self.log.append("removal", target=target))

    @rule(mode=st.sampled_from(["agora", "announcement"]))
    def switch(self, mode: str) -> None:
        self.in_loop(lambda: self.log.append("mode", mode=mode, previous="agora", reason="r"))

    @rule(name=st.sampled_from(READERS), action=st.sampled_from(["ban", "unban"]))
    def sanction(self, name: str, action: str) -> None:
        subject = {"id": f"u:{name}", "kind": "person"}
        fields = {"action": action, "scope": "room", "subject": subject, "reason": "r"}
        self.in_loop(lambda: self.log.append("sanction", **fields))

    def _message(self, choice: int) -> int:
        messages = self.log.live_messages()
        return messages[-1 - choice % len(messages)]

    # -- What the network does -------------------------------------------------------------------

    @rule()
    def all_envelopes_arrive(self) -> None:
        while self.log.in_flight:
            self.in_loop(lambda: self.log.arrive(self.log.in_flight.pop(0)))

    @precondition(lambda self: self.log.in_flight)
    @rule(choice=st.integers(0, 3))
    def an_envelope_overtakes(self, choice: int) -> None:
        envelope = self.log.in_flight.pop(choice % len(self.log.in_flight))
        self.in_loop(lambda: self.log.arrive(envelope))

    @precondition(lambda self: self.log.in_flight)
    @rule()
    def an_envelope_is_lost(self) -> None:
        self.log.in_flight.pop(0)

    @precondition(lambda self: self.log.in_flight)
    @rule(choice=st.integers(0, 3))
    def an_envelope_comes_and_will_come_again(self, choice: int) -> None:
        envelope = self.log.in_flight[choice % len(self.log.in_flight)]
        self.in_loop(lambda: self.log.arrive(envelope))

    @precondition(lambda self: self.store.ear is not None)
    @rule()
    def the_ear_breaks(self) -> None:
        self.log.in_flight.clear()
        self.store.may_listen = False
        ear = self.store.ear
        assert ear is not None
        self.in_loop(ear.break_off)

    @rule()
    def the_ear_may_return(self) -> None:
        self.store.may_listen = True
        self.wait(1.1)

    # -- What the store does ---------------------------------------------------------------------

    @precondition(lambda self: self.log.requests)
    @rule()
    def the_store_answers_all(self) -> None:
        for _ in range(12):
            if self.log.requests:
                self.in_loop(self.log.requests[0].deliver)

    @precondition(lambda self: self.log.requests)
    @rule(choice=st.integers(0, 3))
    def the_store_answers_one(self, choice: int) -> None:
        self.in_loop(self.log.requests[choice % len(self.log.requests)].deliver)

    @precondition(lambda self: self.log.requests)
    @rule()
    def the_store_executes_and_answers_later(self) -> None:
        for request in self.log.requests:
            self.in_loop(request.execute)

    @precondition(lambda self: self.log.requests)
    @rule(choice=st.integers(0, 3), is_known=st.booleans())
    def the_store_does_not_answer(self, choice: int, is_known: bool) -> None:
        fault = StoreUnavailable("away") if is_known else OutcomeUnknown("silent")
        self.in_loop(lambda: self.log.requests[choice % len(self.log.requests)].fail(fault))

    @rule(keep=st.integers(0, 5))
    def trim(self, keep: int) -> None:
        self.log.trim(keep)

    @rule(count=st.integers(0, 3))
    def the_store_restarts_and_has_lost_entries(self, count: int) -> None:
        self.log.lose(count)

    @rule(seconds=st.sampled_from([0.3, 2.1, CHECK_SECONDS + 0.1]))
    def time_passes(self, seconds: float) -> None:
        self.wait(seconds)

    # -- What always holds -----------------------------------------------------------------------

    @invariant()
    def nothing_went_wrong_here(self) -> None:
        if self.node.faults:
            raise self.node.faults[0]

    @invariant()
    def server_and_readers_agree_who_is_in(self) -> None:
        for name, reader in self.readers.items():
            subscription = self.room.subscriptions.get(reader.connection) if self.room else None
            if reader.is_in != (subscription is not None):
                raise BrokenPromise(f"{name} is in: {reader.is_in}, for the server: {subscription}")
            if subscription is not None and subscription.cursor != reader.seq:
                raise BrokenPromise(f"{name} has {reader.seq}, for the server {subscription.cursor}")

    @invariant()
    def every_subscription_is_of_a_living_connection_that_may_read(self) -> None:
        if self.room is None:
            return
        living = {reader.connection for reader in self.readers.values()}
        for connection in self.room.subscriptions:
            if connection not in living:
                raise BrokenPromise("a dead connection is in the room")
            if ("ban", connection.identity.id) in self.room.state.sanctions:
                raise BrokenPromise(f"{connection.identity.id} reads although banned")

    @invariant()
    def the_room_is_held_by_whoever_is_in_it(self) -> None:
        if self.room is not None and self.room.holders < len(self.room.subscriptions):
            raise BrokenPromise(f"{len(self.room.subscriptions)} are in, {self.room.holders} hold the room")

    @invariant()
    def what_was_removed_is_not_kept_for_sending(self) -> None:
        room, log = self.room, self.log.room
        if room is None:
            return
        for slot in room.tail._slots:
            seq = entries.decode(slot.body)["seq"]
            removal = log.removal_of.get((room.tail.epoch, seq), room.tail.head + 1)
            if removal <= room.tail.head and slot.body != log.instead[room.tail.epoch, seq]:
                raise BrokenPromise(f"{seq} was removed by {removal} and is still there")

    # -- The end ---------------------------------------------------------------------------------

    def heal(self) -> None:
        """All faults end; then the node's check runs a few times."""
        self.log.in_flight.clear()
        self.store.may_listen = True
        self.log.answers_at_once = True
        for _ in range(REQUESTS_TO_REST):
            if self.log.requests:
                self.in_loop(self.log.requests[0].deliver)
        for reader in self.readers.values():
            if not reader.connection.is_writable:
                self.in_loop(reader.unpause)
        for _ in range(4):
            self.wait(CHECK_SECONDS / 2 + 0.1)
        for _ in range(4):  # each answer takes a turn of its own
            self.settle()
        if self.log.requests:
            raise BrokenPromise("the node asks the store without end")

    def everybody_is_at_the_head(self) -> None:
        for name, reader in self.readers.items():
            head = self.log.room.epoch, self.log.room.seq
            if reader.is_in and (reader.epoch, reader.seq) != head:
                raise BrokenPromise(f"{name} stays at {reader.epoch} {reader.seq}, the head is {head}")

    def nothing_is_left_behind(self) -> None:
        """After everybody has gone the room and the hub are closed."""
        for name in list(self.readers):
            self.in_loop(self.readers.pop(name).vanish)
        for _ in range(20):
            self.wait(CHECK_SECONDS + 0.1)
        if self.node._hubs:
            raise BrokenPromise(f"the room is held by {self.room.holders if self.room else 0} who are gone")

    def teardown(self) -> None:
        try:
            if not self.node.faults:
                self.heal()
                self.nothing_went_wrong_here()
                self.server_and_readers_agree_who_is_in()
                self.everybody_is_at_the_head()
                self.nothing_is_left_behind()
        finally:
            self.life.cancel()
            with contextlib.suppress(BaseException):
                self.loop.run_until_complete(self.life)
            self.loop.close()
            self.bounds.__exit__(None, None, None)


def _fault_of(context: dict[str, Any]) -> BaseException:
    fault: BaseException = context.get("exception") or AssertionError(context["message"])
    return fault
