"""Stays connected: hello, and after every loss the next connection when it is due.

Knows credentials, back-off, close codes and drain. Refuses to know rooms (`reading`) and what is sent
(`sending`). The reader of a connection never waits for whoever takes events.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from hubbub.sdk.backoff import Backoff
from hubbub.sdk.cursor import Cursor
from hubbub.sdk.errors import AuthError, Closed, HubbubError, Refused
from hubbub.sdk.events import Disconnected, Person, Ready, person
from hubbub.sdk.exchange import Exchange
from hubbub.sdk.inboxes import OF_THE_CONNECTION, Inboxes
from hubbub.sdk.line import Dial, Lost, least_seconds, terminal
from hubbub.sdk.pace import Pace
from hubbub.sdk.reading import Reading

Frame = dict[str, Any]
Token = str | Callable[[], Awaitable[str]]

log = logging.getLogger("hubbub")


class Session:
    """One identity's connection; `run` keeps it until `close`, and raises what no retry can mend."""

    def __init__(
        self,
        dial: Dial,
        credentials: Token | None,
        name: str,
        inboxes: Inboxes,
        *,
        hub: Any,
        ignore_self: bool,
        backoff: Backoff | None = None,
    ) -> None:
        self.me = Person("")
        self.pace = Pace()
        self.reading = Reading(inboxes, hub, self._wake, ignore_self=ignore_self)
        self._inbox = inboxes.of(OF_THE_CONNECTION)
        self._dial = dial
        self._credentials = credentials
        self._name = name
        self._backoff = backoff or Backoff()
        self._exchange: Exchange | None = None  # while greeted
        self._changed = asyncio.Event()
        self._drain_ms: int | None = None
        self._was_ready = False
        self._is_closed = False
        self._fault: HubbubError | None = None

    # -- For callers -----------------------------------------------------------------------------

    @property
    def is_whole(self) -> bool:
        """Whether it is greeted, in all rooms, and misses nothing."""
        return self._exchange is not None and self.reading.is_whole

    async def online(self) -> Exchange:
        """The connection, once it is greeted. Raises what keeps the program out for good."""
        while self._exchange is None:
            self.check()
            await self._change()
        return self._exchange

    async def joined(self, room: str) -> tuple[Exchange, Cursor]:
        """The connection, once it is in a room. Raises what keeps it out for good."""
        while True:
            exchange = await self.online()
            cursor = self.reading.cursor_by_room.get(room)
            if cursor is None:
                raise Refused(f"This program is not in {room}.", code="not_joined", room=room)
            if cursor.is_joined:
                return exchange, cursor
            await self._change()

    async def asked(self, command: Frame) -> Frame:
        """The reply to a command that changes nothing, over as many connections as it takes."""
        while True:
            exchange = await self.online()
            try:
                return await exchange.settled(command)
            except Lost:
                await exchange.ended()

    def push(self, frame: Frame) -> Awaitable[None]:
        """A frame without a reply; dropped where there is no connection."""
        return self._exchange.push(frame) if self._exchange is not None else asyncio.sleep(0)

    def check(self) -> None:
        """Raises if there will be no connection any more."""
        if self._fault is not None:
            raise self._fault
        if self._is_closed:
            raise Closed

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _wake(self) -> None:
        self._changed.set()

    # -- Life ------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connects, and connects again, until `close`. Raises AuthError, ProtocolError or the like."""
        loop = asyncio.get_running_loop()
        try:
            while not self._is_closed:
                began_at = loop.time()
                lost = await self._connection()
                self._backoff.lasted(loop.time() - began_at)
                error = terminal(lost)
                if error is not None:
                    raise error
                await self._wait(lost)
        except HubbubError as fault:
            self._fault = fault
            raise
        finally:
            self._is_closed = True
            self._wake()

    async def close(self) -> None:
        """Ends the connection in order; whoever waits for it is told."""
        self._is_closed = True
        self._wake()
        if self._exchange is not None:
            await self._exchange.close()

    async def _connection(self) -> Lost:
        """One connection, from the first packet to its end, which is returned."""
        try:
            exchange = Exchange(await self._dial())
        except Lost as lost:
            return lost
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(exchange.read(self._pushed))
                group.create_task(exchange.watch())
                group.create_task(self._greet(exchange, group))
        except BaseExceptionGroup as faults:
            return _verdict(faults)
        finally:
            self._exchange = None
            self.reading.end()
            await exchange.close()
        return Lost()

    async def _greet(self, exchange: Exchange, group: asyncio.TaskGroup) -> None:
        who: Frame = {"name": self._name}
        if isinstance(self._credentials, str):
            who = {"token": self._credentials}
        elif self._credentials is not None:
            who = {"token": await self._credentials()}
        try:
            welcome = await exchange.settled({"t": "hello", **who})
        except Refused as refused:
            raise AuthError(refused.reason, code=refused.code) from None
        if "token" in welcome:
            self._credentials = welcome["token"]  # a guest stays the same one
        self.me = person(welcome["identity"])
        limits = welcome["limits"]
        exchange.expect_pings(welcome["ping_ms"])
        self.pace.set(limits.get("publish_per_s"), limits.get("publish_burst"))
        if not self._was_ready:
            self._was_ready = True
            self._inbox.offer(Ready(self.me, limits, tuple(welcome.get("features", ()))))
        log.info("connected as %s (%s)", self.me, self.me.id)
        self._exchange = exchange
        self.reading.begin(exchange, group.create_task, self.me.id)
        self._wake()

    def _pushed(self, frame: Frame) -> None:
        if frame["t"] == "drain":
            self._drain_ms = frame["reconnect_ms"]
        else:
            self.reading.pushed(frame)

    async def _wait(self, lost: Lost) -> None:
        """Tells that the connection is gone, and waits for the time of the next."""
        if self._is_closed:
            return
        least = self._drain_ms / 1000 if self._drain_ms is not None else least_seconds(lost)
        self._drain_ms = None
        seconds = self._backoff.next_seconds(least)
        log.info("disconnected: %s (code %s); again in %.1f s", lost.reason, lost.code, seconds)
        self._inbox.offer(Disconnected(lost.code, lost.reason, seconds))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._is_closed:
                    await self._change()


def _verdict(faults: BaseExceptionGroup[BaseException]) -> Lost:
    """What ended a connection: Lost if that is all; what is worse is raised."""
    _, worse = faults.split(Lost)
    fault: BaseException = worse or faults
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    if not isinstance(fault, Lost):
        raise fault
    return fault
