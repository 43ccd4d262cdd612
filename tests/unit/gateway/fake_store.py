"""A store in memory whose replies and envelopes arrive when a test says so.

Knows one hub with one room: its log, what was removed, its epochs, and what is on the way to the node.
Refuses to know cursors. Every call is carried out at one instant and answered at a later one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgpack

from hubbub.domain import entries
from hubbub.roomlog import keys
from hubbub.roomlog.client import StoreUnavailable
from hubbub.roomlog.clock import StoreClock
from hubbub.roomlog.log import HubReading, Numbers, Page, Reading, StateFields
from hubbub.roomlog.pulse import Pulse
from hubbub.roomlog.stands import Stand

HUB, ROOM = "place", "place/agora"
CREATED = b'{"seq":0,"at":1,"kind":"created","by":{"id":"u:owner","kind":"person"},"mode":"agora"}'
BY = {"id": "u:writer", "kind": "person"}


@dataclass(eq=False)
class Request:
    """One call: carried out by `execute`, answered by `deliver` or `fail`."""

    work: Callable[[], Any]
    answer: asyncio.Future[Any]
    result: Any = None
    is_executed: bool = False

    def execute(self) -> None:
        if not self.is_executed:
            self.is_executed = True
            self.result = self.work()

    def deliver(self) -> None:
        self.execute()
        if not self.answer.done():
            self.answer.set_result(self.result)

    def fail(self, fault: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(fault)


@dataclass
class FakeRoom:
    """The log of one room as the store has it, and of all its epochs what ever stood there."""

    epoch: str = "e0"
    first: int = 1
    bodies: dict[int, bytes] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)
    removed: dict[int, bytes] = field(default_factory=dict)
    removal_of: dict[tuple[str, int], int] = field(default_factory=dict)
    original: dict[tuple[str, int], bytes] = field(default_factory=dict)
    instead: dict[tuple[str, int], bytes] = field(default_factory=dict)
    seq: int = 0
    rev: int = 1
    must_renew: bool = False

    def stand(self, seq: int) -> Stand:
        if seq in self.removed:
            return Stand(seq, "removed", self.removed[seq])
        return Stand(seq, self.kinds[seq], self.bodies[seq])

    def newest(self, kind: str) -> bytes | None:
        found = [seq for seq in range(1, self.seq + 1) if self.kinds.get(seq) == kind]
        return self.bodies[found[-1]] if found else None

    def sanctions(self) -> dict[str, bytes]:
        in_force: dict[str, bytes] = {}
        for seq in sorted(self.bodies):
            if self.kinds[seq] == "sanction":
                entry = entries.decode(self.bodies[seq])
                key = f"ban {entry['subject']['id']}"
                in_force.pop(key, None)
                if entry["action"] == "ban":
                    in_force[key] = self.bodies[seq]
        return in_force


class FakeEar:
    """The node's connection for channels; it breaks when it is told to."""

    def __init__(self) -> None:
        self.arrived: asyncio.Queue[tuple[bytes, bytes, bytes] | None] = asyncio.Queue()
        self.channels: set[str] = set()
        self.is_broken = False

    async def subscribe(self, *channels: str) -> None:
        for channel in channels:
            self.channels.add(channel)
            self.arrived.put_nowait((b"ssubscribe", channel.encode(), b""))

    async def unsubscribe(self, *channels: str) -> None:
        for channel in channels:
            self.channels.discard(channel)
            self.arrived.put_nowait((b"sunsubscribe", channel.encode(), b""))

    async def hear(self) -> tuple[bytes, bytes, bytes]:
        heard = await self.arrived.get()
        if heard is None:
            raise StoreUnavailable("the ear is broken")
        return heard

    def break_off(self) -> None:
        self.is_broken = True
        self.channels.clear()
        self.arrived.put_nowait(None)


class FakeStore:
    """Commands are answered at once, who else is here when a test says so; an ear hears the channels."""

    def __init__(self) -> None:
        self.ear: FakeEar | None = None
        self.may_listen = True
        self.log: FakeLog | None = None

    async def command(self, *command: Any) -> Any:
        if command[0] == "SPUBLISH" and self.ear is not None and command[1] in self.ear.channels:
            self.ear.arrived.put_nowait((b"smessage", command[1].encode(), command[2]))
        match command[0]:
            case "ZRANGEBYSCORE":
                return [b"n-other"]
            case "HGETALL":
                return [b"n-other", b"1"]
            case "HVALS":
                assert self.log is not None
                return await self.log.ask(list[bytes])
            case _:
                return 0

    async def pipeline(self, commands: Sequence[Any]) -> list[Any]:
        return [await self.command(*command) for command in commands]

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[FakeEar]:
        if not self.may_listen:
            raise StoreUnavailable("nobody listens")
        self.ear = FakeEar()
        try:
            yield self.ear
        finally:
            self.ear = None


class FakeLog:
    """What `RoomLog` is to a node; `requests` wait until a test answers them."""

    node = "n-test"

    def __init__(self, store: FakeStore) -> None:
        self.store = store
        store.log = self
        self.clock = StoreClock()
        self.room = FakeRoom()
        self.requests: list[Request] = []
        self.in_flight: list[bytes] = []
        self.answers_at_once = False
        self.batches = 0
        self.hub_rev = 1
        self.hub_epoch = "h0"
        self.must_renew = False
        self.written = 0

    def next_generation(self) -> int:
        return 1

    # -- What other nodes write ------------------------------------------------------------------

    def append(self, kind: str, **fields: Any) -> int:
        """Another node appends an entry; its envelope is on the way."""
        self._touch()
        room = self.room
        self.written += 1
        room.seq += 1
        entry = {"seq": room.seq, "at": self.written, "kind": kind, "by": BY, **fields}
        if kind == "message":
            entry["text"] = f"text {self.written}"
        room.kinds[room.seq] = kind
        room.bodies[room.seq] = room.original[room.epoch, room.seq] = entries.encode(entry)
        if kind in ("mode", "sanction"):
            room.rev += 1
        if kind == "removal":
            self._erase(fields["target"])
        self._publish([kind.encode()], [room.bodies[room.seq]])
        return room.seq

    def _erase(self, target: int) -> None:
        room = self.room
        for seq in range(room.first, room.seq):
            entry = entries.decode(room.bodies[seq])
            if seq == target:
                instead = entries.removed(entry)
            elif entry["kind"] == "edit" and entry["target"] == target:
                instead = entries.edit_without_text(entry)
            else:
                continue
            room.removed[seq] = room.instead[room.epoch, seq] = instead
            room.removal_of[room.epoch, seq] = room.seq

    def live_messages(self) -> list[int]:
        room = self.room
        kept = range(room.first, room.seq + 1)
        return [seq for seq in kept if room.kinds[seq] == "message" and seq not in room.removed]

    def trim(self, keep: int) -> None:
        """Only the newest `keep` entries are retained."""
        self.room.first = max(self.room.first, self.room.seq - keep + 1)

    def lose(self, count: int) -> None:
        """The store restarts without its newest entries; whoever touches the room next renews its epoch."""
        room = self.room
        lost_from = max(room.first, room.seq - count + 1)
        for seq in range(lost_from, room.seq + 1):
            del room.bodies[seq], room.kinds[seq]
            room.removed.pop(seq, None)
        for (epoch, seq), removal in list(room.removal_of.items()):
            if epoch == room.epoch and removal >= lost_from:
                room.removed.pop(seq, None)
        room.seq = lost_from - 1
        room.must_renew = self.must_renew = True

    def _touch_hub(self) -> None:
        if self.must_renew:
            self.must_renew = False
            self.written += 1
            self.hub_epoch = f"h{self.written}"
            self.hub_rev += 1

    def _touch(self) -> None:
        self._touch_hub()
        room = self.room
        if not room.must_renew:
            return
        room.must_renew = False
        self.written += 1
        old, room.epoch = room.epoch, f"e{self.written}"
        room.rev += 1
        for seq in range(1, room.seq + 1):
            room.original[room.epoch, seq] = room.original[old, seq]
            if seq in room.removed:
                room.instead[room.epoch, seq] = room.removed[seq]
                room.removal_of[room.epoch, seq] = room.removal_of[old, seq]
        self._publish([], [])

    def _publish(self, kinds: list[bytes], bodies: list[bytes]) -> None:
        room = self.room
        self.batches += 1
        section = [
            ROOM, room.epoch, room.seq - len(bodies) + 1, self._rev(), self._hub_rev() if bodies else "",
            self._messages(), kinds, bodies,
        ]  # fmt: skip
        if self.store.ear is not None and keys.channel(HUB) in self.store.ear.channels:
            packed = msgpack.packb(["log", self.batches, [section]], use_bin_type=False)
            self.in_flight.append(packed)
            if self.answers_at_once:
                self.arrive(self.in_flight.pop())

    def arrive(self, envelope: bytes) -> None:
        """An envelope reaches the node."""
        if self.store.ear is not None:
            self.store.ear.arrived.put_nowait((b"smessage", keys.channel(HUB).encode(), envelope))

    # -- What the node asks ----------------------------------------------------------------------

    async def ask(self, work: Callable[[], Any]) -> Any:
        request = Request(work, asyncio.get_running_loop().create_future())
        self.requests.append(request)
        if self.answers_at_once:  # yet not in the same step, which no store could
            asyncio.get_running_loop().call_soon(request.deliver)
        try:
            return await request.answer
        finally:
            self.requests.remove(request)

    async def read(
        self,
        address: str,
        *,
        after: int | None = None,
        newest: int = 0,
        between: tuple[int, int] | None = None,
        with_state: bool = False,
        most: int = 1_000,
    ) -> Reading | None:
        def work() -> Reading:
            self._touch()
            room = self.room
            wanted = room.seq - newest + 1
            wanted = between[0] if between else after + 1 if after is not None else wanted
            start = max(wanted, room.first)
            end = min(between[1] if between else room.seq, room.seq, start + most - 1)
            stands = [room.stand(seq) for seq in range(start, end + 1)]
            return Reading(self._numbers(), start, stands, self._state() if with_state else None)

        reading: Reading = await self.ask(work)
        return reading

    async def page(self, address: str, limit: int, before: int | None, after: int | None) -> Page | None:
        def work() -> Page:
            self._touch()
            room = self.room
            start = max(room.seq - limit + 1, room.first)
            stands = [room.stand(seq) for seq in range(start, room.seq + 1)]
            return Page(self._numbers(), stands, start > room.first)

        page: Page = await self.ask(work)
        return page

    async def hub(self, hub: str, with_state: bool = True) -> HubReading | None:
        def work() -> HubReading:
            self._touch_hub()
            return HubReading(1, self._hub_rev(), self.batches, frozenset({ROOM}), {}, {})

        reading: HubReading = await self.ask(work)
        return reading

    async def pulses(self, hubs: Sequence[str]) -> list[Pulse | None]:
        def work() -> list[Pulse | None]:
            return [None if self.must_renew else Pulse(self._hub_rev(), self.batches) for _ in hubs]

        found: list[Pulse | None] = await self.ask(work)
        return found

    async def have_reacted(self, address: str, members: Sequence[str]) -> list[bool]:
        return [False] * len(members)

    async def introduce(self, *_: Any) -> None:
        """Nothing depends on it here."""

    async def seen(self, *_: Any) -> None:
        """Nothing depends on it here."""

    # -- Numbers ---------------------------------------------------------------------------------

    def _rev(self) -> str:
        return f"{self.room.epoch} {self.room.rev}"

    def _hub_rev(self) -> str:
        return f"{self.hub_epoch} {self.hub_rev}"

    def _messages(self) -> int:
        return sum(kind == "message" for kind in self.room.kinds.values())

    def _numbers(self) -> Numbers:
        room = self.room
        return Numbers(1, room.epoch, room.seq, room.first, self._rev(), self._hub_rev(), self._messages())

    def _state(self) -> StateFields:
        mode = self.room.newest("mode")
        meta = {"created": CREATED} | ({"mode": mode} if mode is not None else {})
        return StateFields(meta, {}, self.room.sanctions())
