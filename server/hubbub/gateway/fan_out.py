"""How entries go out: every cursor moved to the head of the log, writing the bytes in between.

Knows the tail, the cursors and the log behind the tail. Refuses to know how entries come in, and who may
read them: a room does. Nothing waits for a reader, and no reader waits for another one.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from hubbub.domain import limits
from hubbub.gateway.subscription import Subscription
from hubbub.gateway.tail import Tail
from hubbub.gateway.turns import Turn
from hubbub.protocol import frames
from hubbub.protocol.codecs import Codec
from hubbub.roomlog.client import OutcomeUnknown, StoreUnavailable
from hubbub.roomlog.log import RoomLog
from hubbub.roomlog.stands import Stand

if TYPE_CHECKING:
    from hubbub.gateway.connection import GatewayProtocol

CATCH_UP_ENTRIES = 256
"""Read at a time for one reader that is behind the tail: about one write's worth of short messages."""


READERS_A_LOOK = 16
"""Served between two looks at the clock: some 100 µs."""

Chunks = dict[tuple[int, Codec], tuple[bytes, int]]
"""What follows a cursor in a codec, one write's worth, and up to which seq."""


class FanOut(ABC):
    """The readers of one room on this node, each with its cursor."""

    tail: Tail

    def __init__(
        self, address: str, log: RoomLog, spawn: Callable[[Coroutine[Any, Any, None]], object]
    ) -> None:
        self.address = address
        self.subscriptions: dict[GatewayProtocol, Subscription] = {}
        self._log = log
        self._spawn = spawn
        self._round: deque[Subscription] = deque()
        self._is_round_due = False

    @abstractmethod
    def expel(self, subscription: Subscription, last: frames.Reset | frames.Left) -> None:
        """Takes a reader out of the room with a last word."""

    @abstractmethod
    def suspect(self) -> None:
        """Something may have been missed: the next check reads on and feeds again."""

    def feed_all(self) -> None:
        """Hands every writable reader what follows its cursor, at most one write's worth each.

        It begins right after what the loop does now, so that acks and the next batch leave first. In a big
        room it goes on in turns, between which the loop serves others; nobody is served a second time
        before everybody has been once.
        """
        if self._round:
            self._is_round_due = True
        elif self.subscriptions:
            self._round.extend(self.subscriptions.values())
            asyncio.get_running_loop().call_soon(self._feed_round)

    def _feed_round(self) -> None:
        chunks: Chunks = {}
        turn = Turn()
        try:
            while self._round and not turn.must_end():
                for _ in range(min(READERS_A_LOOK, len(self._round))):
                    self._feed(self._round.popleft(), chunks, turn.began_at)
        finally:
            if self._round:
                asyncio.get_running_loop().call_soon(self._feed_round)
            else:
                self._begin_due_round()

    def _begin_due_round(self) -> None:
        if self._is_round_due and not self._round:
            self._is_round_due = False
            self.feed_all()

    def feed(self, subscription: Subscription) -> None:
        """Hands one reader what follows its cursor."""
        self._feed(subscription, {}, time.monotonic())
        self._begin_due_round()

    def _feed(self, subscription: Subscription, chunks: Chunks, now: float) -> None:
        # Once a reader and message: besides the system call as little as can be is looked at and called.
        cursor, connection = subscription.cursor, subscription.connection
        head = self.tail.head
        if cursor >= head or not connection.is_writable:
            return
        if not subscription.is_open or subscription.is_held or subscription.is_catching_up:
            return
        chunk = chunks.get((cursor, connection.codec))
        if chunk is None:
            if cursor + 1 < self.tail.first:
                subscription.is_catching_up = True
                self._spawn(self._catch_up_reader(subscription))
                return
            chunk = chunks[cursor, connection.codec] = self.tail.frames(connection.codec, cursor)
        ready, subscription.cursor = chunk
        connection.write(ready, now)
        if subscription.cursor < head:
            self._is_round_due = True

    async def _catch_up_reader(self, subscription: Subscription) -> None:
        """Writes from the log what the tail no longer holds, as fast as the reader takes it."""
        try:
            while subscription.may_be_fed() and subscription.cursor + 1 < self.tail.first:
                after = subscription.cursor
                reading = await self._log.read(self.address, after=after, most=CATCH_UP_ENTRIES)
                if not subscription.may_be_fed():
                    return
                is_whole = reading is not None and reading.from_seq == after + 1
                if reading is None or not is_whole or reading.numbers.epoch != self.tail.epoch:
                    self.expel(subscription, frames.Reset(room=self.address))
                    return
                self._write(subscription, self.tail.without_removed(reading.stands, reading.numbers.seq))
        except (StoreUnavailable, OutcomeUnknown):
            self.suspect()
            return  # the hub's next check feeds again
        finally:
            subscription.is_catching_up = False
        self.feed(subscription)

    def _write(self, subscription: Subscription, stands: Sequence[Stand]) -> None:
        """Writes entries, a chunk at a time, as long as the reader takes them."""
        connection, chunk, size = subscription.connection, list[bytes](), 0
        for stand in stands:
            chunk.append(self.tail.frame(connection.codec, stand.body))
            size += len(chunk[-1])
            if size >= limits.WRITE_CHUNK_BYTES or stand is stands[-1]:
                if not connection.is_writable:
                    return
                subscription.cursor = stand.seq
                connection.write(b"".join(chunk))
                chunk, size = [], 0
