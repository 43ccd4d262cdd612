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

from hubbub.protocol.closes import CloseCode
from hubbub.sdk.backoff import Backoff
from hubbub.sdk.errors import AuthError, Closed, Refused, SendTimeout, understood
from hubbub.sdk.events import Disconnected, Person, Ready, person
from hubbub.sdk.exchange import Exchange
from hubbub.sdk.inboxes import OF_THE_CONNECTION, Inboxes
from hubbub.sdk.line import Dial, Lost, asked_seconds, terminal
from hubbub.sdk.pace import Pace
from hubbub.sdk.reading import Reading

Frame = dict[str, Any]
Token = str | Callable[[], Awaitable[str]]

ASK_SECONDS = 10.0
"""For the answer to a question that changes nothing, over as many connections as it takes."""

TOKEN_SECONDS = 30.0
"""For the program's own source of tokens; then the attempt to connect is made again."""

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
        is_quiet: bool = False,
        backoff: Backoff | None = None,
    ) -> None:
        self.me = Person("")
        self.hub = hub
        self.pace = Pace()
        self.reading = Reading(inboxes, hub, self._wake, ignore_self=ignore_self)
        self._inbox = inboxes.of(OF_THE_CONNECTION)
        self._dial = dial
        self._credentials = credentials
        self._guest_token: str | None = None  # by which a guest stays the same one
        self._name = name
        self._is_quiet = is_quiet
        self._backoff = backoff or Backoff()
        self._exchange: Exchange | None = None  # while greeted
        self._changed = asyncio.Event()
        self._drain_ms: int | None = None
        self._was_ready = False
        self._greeted_at: float | None = None  # of this connection, by the clock of the loop
        self._is_closed = False
        self._fault: Exception | None = None

    # -- For callers -----------------------------------------------------------------------------

    @property
    def is_whole(self) -> bool:
        """Whether it is greeted, in all rooms, and misses nothing."""
        return self._exchange is not None and self.reading.is_whole

    async def online(self) -> Exchange:
        """The connection, once it is greeted. Raises what keeps the program out for good."""
        while True:
            self.check()
            if self._exchange is not None:
                return self._exchange
            await self._change()

    async def joined(self, room: str) -> Exchange:
        """The connection, once it is in a room. Raises what keeps it out for good."""
        while True:
            exchange = await self.online()
            cursor = self.reading.cursor_by_room.get(room)
            if cursor is None:
                refusal = self.reading.refusal_by_room.get(room)
                raise refusal or Refused(f"This program is not in {room}.", code="not_joined", room=room)
            if cursor.is_joined:
                return exchange
            await self._change()

    async def asked(self, command: Frame) -> Frame:
        """The reply to a command that changes nothing. Raises Refused, Closed, SendTimeout."""
        try:
            async with asyncio.timeout(ASK_SECONDS):
                while True:
                    exchange = await self.online()
                    try:
                        return await exchange.settled(command)
                    except Lost:
                        await exchange.ended()
        except TimeoutError:
            raise SendTimeout(f"No answer to {command['t']}.", room=command.get("room")) from None

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
        try:
            while not self._is_closed:
                lost = await self._connection()
                if self._greeted_at is not None:
                    self._backoff.lasted(asyncio.get_running_loop().time() - self._greeted_at)
                error = terminal(lost)
                if error is not None and not self._has_another_token(lost):
                    raise error
                await self._wait(lost)
        except Exception as fault:
            self._fault = fault
            raise
        finally:
            self._is_closed = True
            self.reading.awaited.end()
            self._wake()

    def _has_another_token(self, lost: Lost) -> bool:
        """Whether a token that served has expired, and there is a way to a fresh one."""
        if lost.code != CloseCode.TOKEN_REFUSED or self._greeted_at is None:
            return False
        self._guest_token = None
        return not isinstance(self._credentials, str)

    async def close(self) -> None:
        """Ends the connection in order; whoever waits for it is told."""
        self._is_closed = True
        self._wake()
        if self._exchange is not None:
            await self._exchange.close()

    async def _connection(self) -> Lost:
        """One connection, from the first packet to its end, which is returned."""
        self._greeted_at = None
        try:
            hello = await self._hello()  # first: the server waits for it no longer than 5 s
            exchange = Exchange(await self._dial())
        except Lost as lost:
            return lost
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(exchange.read(self._pushed))
                group.create_task(exchange.watch())
                group.create_task(self._greet(exchange, hello, group))
        except BaseExceptionGroup as faults:
            return _verdict(faults)
        finally:
            self._exchange = None
            self.reading.end()
            await exchange.close()
        return Lost()

    async def _hello(self) -> Frame:
        hello: Frame = {"t": "hello"} | ({"quiet": True} if self._is_quiet else {})
        if callable(self._credentials):
            try:
                async with asyncio.timeout(TOKEN_SECONDS):
                    return {**hello, "token": await self._credentials()}
            except TimeoutError:
                raise Lost(reason="No token came in time.") from None
        token = self._guest_token or self._credentials
        return {**hello, "name": self._name} if token is None else {**hello, "token": token}

    async def _greet(self, exchange: Exchange, hello: Frame, group: asyncio.TaskGroup) -> None:
        try:
            welcome = await exchange.settled(hello)
        except Refused as refused:
            raise AuthError(refused.reason, code=refused.code) from None
        with understood(welcome):
            self.me, limits = person(welcome["identity"]), welcome["limits"]
            exchange.expect_pings(welcome["ping_ms"])
            self.pace.set(limits.get("publish_per_s"), limits.get("publish_burst"))
            self._guest_token = welcome.get("token")
        self._greeted_at = asyncio.get_running_loop().time()
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
        asked = self._drain_ms / 1000 if self._drain_ms is not None else asked_seconds(lost)
        self._drain_ms = None
        seconds = self._backoff.next_seconds(asked)
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
