"""A program that answers: handlers, a worker for each room, and a life from start to SIGTERM.

Knows how a bot lives and ends. Order is kept within a room, rooms go on beside each other, and the reader of
the connection never waits for a handler. Refuses to know the wire (it has a `Hub`) and dispatch (`crew`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable, Coroutine, Iterable
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

from hubbub.sdk.backoff import Backoff
from hubbub.sdk.clock import Clock, RealClock
from hubbub.sdk.crew import Crew, ErrorHandler, Job, JobHandler
from hubbub.sdk.events import Event, Message
from hubbub.sdk.hub import DEFAULT_URL, TOKEN_VARIABLE, URL_VARIABLE, Hub, socket_url
from hubbub.sdk.line import Dial, dial
from hubbub.sdk.logs import LogFormat, set_up
from hubbub.sdk.router import Router
from hubbub.sdk.session import Token

E = TypeVar("E", bound=Event)

DRAIN_SECONDS = 5.0
"""For handlers to finish after SIGTERM, and for what they sent to be acked; what is left is cancelled."""


class Bot(Router):
    """Handlers by event; `run` connects and lives until SIGINT or SIGTERM.

    Without arguments it takes HUBBUB_URL and HUBBUB_TOKEN. Its own messages are never handled unless
    `ignore_self=False`; those of other bots only with `ignore_bots=False`, so that two of them cannot talk
    for ever. `concurrency="event"` gives up the order within a room: 64 events are handled at once.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        token: Token | None = None,
        name: str = "bot",
        ignore_self: bool = True,
        ignore_bots: bool = True,
        quiet: bool = False,
        concurrency: Literal["room", "event"] = "room",
    ) -> None:
        super().__init__()
        self.log = logging.getLogger("hubbub.bot")
        self.clock: Clock = RealClock()
        self._hub: Hub | None = None
        self._is_in = False
        self._url = url
        self._token = token
        self._name = name
        self._ignore_self = ignore_self
        self._ignore_bots = ignore_bots
        self._is_quiet = quiet
        self._dial: Dial | None = None
        self._backoff: Backoff | None = None
        self._jobs: list[Job] = []
        self._crew = Crew(self, concurrency)
        self._waiters: list[tuple[type[Event], Callable[[Any], bool], asyncio.Future[Any]]] = []

    @property
    def hub(self) -> Hub:
        """The connection, from `run` on."""
        assert self._hub is not None, "the bot has not been started"
        return self._hub

    @property
    def is_idle(self) -> bool:
        """Whether it is in all rooms, and has handled everything that has come, but for what it waits for."""
        if self._hub is None or not self._is_in or not self._hub.is_whole:
            return False
        if not self._crew.is_idle(self._hub.open_asks):
            return False
        return all(self._crew.is_at(inbox) for inbox in self._hub.inboxes if inbox)

    # -- Registration ------------------------------------------------------------------------------

    def on_error(self, handler: ErrorHandler) -> ErrorHandler:
        """Called with an event and what its handler raised; without one it is logged."""
        self._crew.on_error = handler
        return handler

    def every(self, seconds: float) -> Callable[[JobHandler], JobHandler]:
        """Called when the bot is in its rooms, and again `seconds` after the end of each call."""

        def register(handler: JobHandler) -> JobHandler:
            self._jobs.append(Job(handler, seconds))
            return handler

        return register

    # -- Time and waiting --------------------------------------------------------------------------

    def now(self) -> datetime:
        """The time, in UTC: that of the test in a test."""
        return datetime.fromtimestamp(self.clock.seconds(), UTC)

    async def sleep(self, seconds: float) -> None:
        """Returns after so long, by the same time."""
        await self._crew.rest(self.clock.timer(seconds))

    async def wait_for(
        self,
        event: type[E],
        check: Callable[[E], bool] = lambda _: True,
        *,
        timeout_seconds: float | None = None,
    ) -> E:
        """The next event of a class that `check` holds for, also inside of a handler. Raises TimeoutError."""
        waiter: asyncio.Future[E] = asyncio.get_running_loop().create_future()
        entry = (event, check, waiter)
        self._waiters.append(entry)
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._crew.rest(waiter)
        finally:
            self._waiters.remove(entry)

    def _arrived(self, event: Event) -> None:
        if not self.hears(event):
            return
        for kind, check, waiter in self._waiters:
            try:
                if not waiter.done() and isinstance(event, kind) and check(event):
                    waiter.set_result(event)
            except Exception as fault:
                waiter.set_exception(fault)

    def hears(self, event: Event) -> bool:
        """Whether an event is for this bot's handlers: not what other bots say."""
        return not (self._ignore_bots and isinstance(event, Message) and event.author.is_bot)

    # -- Life --------------------------------------------------------------------------------------

    def run(
        self, rooms: Iterable[str] = (), *, log_level: str | int = "INFO", log_format: LogFormat = "text"
    ) -> None:
        """Lives until SIGINT or SIGTERM. Raises AuthError or ProtocolError where no retry can help.

        Writes its log to standard error, as text or as JSON, unless logging has been set up already.
        """
        set_up(log_level, log_format)
        asyncio.run(self._run(rooms))

    async def _run(self, rooms: Iterable[str]) -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        for one in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(one, stop.set)
        await self.start(rooms, until=stop.wait())

    async def start(self, rooms: Iterable[str] = (), *, until: Coroutine[Any, Any, object]) -> None:
        """Lives until `until` is done, then drains. Raises as `run`."""
        self._is_in, hub = False, self._make_hub(rooms)
        self._hub = hub
        hub.inboxes.arrived = self._arrived
        try:
            async with asyncio.TaskGroup() as group:
                self._crew.begin(group, hub.inboxes)
                stopping, living = group.create_task(until), group.create_task(self._live(hub))
                await asyncio.wait({stopping, living}, return_when=asyncio.FIRST_COMPLETED)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(DRAIN_SECONDS):
                        await self._crew.drained()
                        await hub.flushed()
                self._crew.end()
                stopping.cancel()
                living.cancel()
        except BaseExceptionGroup as faults:
            raise _first(faults) from None

    async def _live(self, hub: Hub) -> None:
        async with hub:
            for job in self._jobs:
                self._crew.repeat(job)
            self._is_in = True
            await hub.ended()

    def _make_hub(self, rooms: Iterable[str]) -> Hub:
        address = socket_url(self._url or os.environ.get(URL_VARIABLE) or DEFAULT_URL)
        return Hub(
            self._dial or (lambda: dial(address)),
            token=self._token or os.environ.get(TOKEN_VARIABLE) or None,
            name=self._name,
            rooms=rooms,
            ignore_self=self._ignore_self,
            quiet=self._is_quiet,
            backoff=self._backoff,
        )

    def dial_with(self, dial: Dial, backoff: Backoff | None = None, clock: Clock | None = None) -> None:
        """Connects by `dial` from the next start on, instead of a WebSocket: for tests."""
        self._dial, self._backoff, self.clock = dial, backoff, clock or self.clock


def _first(faults: BaseExceptionGroup[BaseException]) -> BaseException:
    fault: BaseException = faults
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return fault
