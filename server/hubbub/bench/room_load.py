"""One room under load, as one load process sees it: who reads it, and the messages under way in it.

Knows the window of messages in flight, retries, and the entries that were read once already. Refuses to
know sockets: people write and read for it.
"""

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

from hubbub.bench.load import Load, now_us
from hubbub.bench.wire import FIRST_REF, Publish, Received

if TYPE_CHECKING:
    from hubbub.bench.person import Person

REMEMBERED_ENTRIES: Final = 65_536
"""Frames that a load process keeps over all its rooms, to know an entry again by its bytes: some 20 MB."""
REMEMBERED_LEAST: Final = 256
"""Of one room, so that readers may be apart by that much."""

RETRY_SECONDS: Final = 0.5
"""Before a message is sent again whose refusal is temporary and names no time."""

NEVER: Final = 1 << 62

MARK: Final = "T:"
"""Begins the text of a message; 16 hex digits follow, the time of sending in microseconds."""
MARK_CHARS: Final = 18


class Known(NamedTuple):
    """An entry by its bytes; `sent_us` is 0 where it is nobody's message of this run."""

    frame: bytes
    sent_us: int


class Alike(NamedTuple):
    """Known entries that were read from a chunk: after `before` up to `last`, and where they end in it.

    `sent_us` are the times of this run's messages, `frame_bytes` their length.
    """

    before: int
    chunk: bytes
    last: int
    end: int
    sent_us: tuple[int, ...]
    frame_bytes: int


class Underway(NamedTuple):
    """A message that was sent and is not acked."""

    author: "Person"
    command: Publish


class RoomLoad:
    """The readers of a room, and what is published into it while `talk` is under way."""

    def __init__(self, load: Load, address: str, rooms: int) -> None:
        """`rooms` is how many of them this process has."""
        self.load = load
        self.address = address
        self.readers: list[Person] = []
        self.known: dict[int, Known] = {}
        self.alike = Alike(-1, b"", -1, 0, (), 0)
        """What was read last: the next reader is mostly given the very same bytes."""
        self._remembered = max(REMEMBERED_LEAST, REMEMBERED_ENTRIES // rooms)
        self._oldest = 0
        self._prefix = f"{load.plan.run}-"
        self._number = 0
        self._ref = FIRST_REF
        self._turn = 0
        self._begin(0, 0)

    # -- Reading -----------------------------------------------------------------------------------

    def learn(self, frame: bytes, received: Received) -> Known:
        """Keeps the push of an entry, so that the next reader's is known by its bytes."""
        entry = received.e
        assert entry is not None
        is_ours = entry.id is not None and entry.id.startswith(self._prefix)
        known = Known(frame, _sent_us(entry.text) if is_ours else 0)
        if entry.seq not in self.known:
            self.known[entry.seq] = known
            self._oldest = self._oldest or entry.seq
            while len(self.known) > self._remembered:
                self.known.pop(self._oldest, None)
                self._oldest += 1
        return known

    def alike_from(self, seq: int, received: bytes, offset: int) -> Alike:
        """The known entries after `seq` that stand at an offset of what was received."""
        before, began, sent_us, frame_bytes = seq, offset, [], 0
        while (known := self.known.get(seq + 1)) is not None and received.startswith(known.frame, offset):
            seq += 1
            offset += len(known.frame)
            if known.sent_us:
                sent_us.append(known.sent_us)
                frame_bytes += len(known.frame)
        alike = Alike(before, received, seq, offset, tuple(sent_us), frame_bytes)
        if began == 0 and offset == len(received):
            self.alike = alike
        return alike

    def lose(self, person: "Person") -> None:
        """Takes a reader out whose connection is gone, so that nothing waits for it."""
        if person not in self.readers:
            return
        self.readers.remove(person)
        self.delivered -= person.delivered
        for ref in [ref for ref, underway in self._underway.items() if underway.author is person]:
            del self._underway[ref]
            self.sent -= 1
            self.load.report.unacked += 1
        if self._quota:
            self.pump()

    # -- Publishing --------------------------------------------------------------------------------

    def _begin(self, quota: int, window: int) -> None:
        self.window = window
        self._quota = quota
        self.sent = 0
        self.acked = 0
        self.delivered = 0
        for reader in self.readers:
            reader.delivered = 0
        self._underway: dict[int, Underway] = {}
        self._done: asyncio.Event = asyncio.Event()
        self._waits_until = 0.0
        self.wakes_at = NEVER if not quota else 0
        """The number of deliveries at which `pump` has something to do."""

    async def talk(self, messages: int, in_flight: int) -> None:
        """Publishes so many messages; returns when all are acked and all readers here have them.

        Whoever is tired of waiting calls `stop`, or cancels and calls `end`.
        """
        self._begin(messages, in_flight)
        self.pump()
        await self._done.wait()

    def stop(self) -> None:
        """Sends nothing more; what is under way may still be acked."""
        self._quota = min(self._quota, self.sent)
        self.pump()

    def end(self) -> None:
        """Gives up what is under way: its fate is not known."""
        self.load.report.unacked += len(self._underway)
        self._begin(0, 0)

    @property
    def in_flight(self) -> int:
        """Messages that are not acked, or that not all readers of this process have."""
        readers = len(self.readers)
        return self.sent - (min(self.acked, self.delivered // readers) if readers else self.acked)

    def pump(self) -> None:
        """Sends as many messages as may be under way, by one person after the other."""
        loop = asyncio.get_running_loop()
        if not self.readers:
            self._quota = self.sent
        while self.sent < self._quota and self.in_flight < self.window:
            author = self._next_author(loop)
            if author is None:
                break
            self._number += 1
            self._ref += 1
            self.sent += 1
            self._say(author, self._ref, f"{self._prefix}{self._number}")
        if self.sent >= self._quota and self.in_flight <= 0 and not self._underway:
            self._done.set()
        readers = len(self.readers)
        self.wakes_at = (self.delivered // readers + 1) * readers if readers else 0

    def _say(self, author: "Person", ref: int, message_id: str) -> None:
        sent_us = now_us()
        self.load.report.began_us = self.load.report.began_us or sent_us
        text = f"{MARK}{sent_us:016x}".ljust(self.load.plan.text_bytes, ".")
        command = Publish(ref, self.address, message_id, text)
        self._underway[ref] = Underway(author, command)
        author.say(command)

    def _next_author(self, loop: asyncio.AbstractEventLoop) -> "Person | None":
        """Whose turn it is among those who may publish now; None asks again when somebody may."""
        now, wait = loop.time(), float("inf")
        for _ in range(len(self.readers)):
            self._turn = (self._turn + 1) % len(self.readers)
            author = self.readers[self._turn]
            allowance = author.allowance
            if allowance is None or allowance.take(now):
                return author
            wait = min(wait, allowance.seconds_left())
        if self._waits_until <= now:
            self._waits_until = now + wait + 0.001
            loop.call_at(self._waits_until, self.pump)
        return None

    def take_ack(self, ref: int, seq: int) -> None:
        """Notes that a message is in the log, as the entry `seq`; once for each."""
        report = self.load.report
        if self._underway.pop(ref, None) is None:
            report.acked_twice += 1
            return
        self.acked += 1
        report.published += 1
        report.published_until_us = now_us()
        report.acked_by_room[self.address] += 1
        report.head_by_room[self.address] = max(seq, report.head_by_room.get(self.address, 0))
        if self.in_flight < self.window:
            self.pump()

    def take_nack(self, ref: int, said: Received) -> None:
        """Sends a message again whose refusal is temporary; gives up another one, and this room."""
        underway = self._underway.get(ref)
        if underway is None:
            return
        if said.code in ("slow_mode", "rate_limited", "unavailable", "unknown_outcome", "internal"):
            seconds = said.retry_ms / 1000 if said.retry_ms else RETRY_SECONDS
            asyncio.get_running_loop().call_later(seconds, self._again, ref)
            return
        del self._underway[ref]
        self.load.report.declined[f"{said.code}: {said.reason}"] += 1
        self.sent -= 1
        self._quota = self.sent
        self.pump()

    def _again(self, ref: int) -> None:
        underway = self._underway.get(ref)
        if underway is not None and underway.author.is_in:
            underway.author.say(underway.command)


def _sent_us(text: str | None) -> int:
    """The time in the mark of a text; 0 if there is none."""
    if text is None or not text.startswith(MARK):
        return 0
    try:
        return int(text[len(MARK) : MARK_CHARS], 16)
    except ValueError:
        return 0
