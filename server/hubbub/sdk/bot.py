"""A program that answers: handlers, a worker for each room, and a life from start to SIGTERM.

Knows dispatch. Order is kept within a room, rooms go on beside each other, and the reader of the connection
never waits for a handler. Refuses to know the wire: it has a `Hub`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

from hubbub.sdk.errors import HubbubError
from hubbub.sdk.events import Event, Message
from hubbub.sdk.hub import DEFAULT_URL, TOKEN_VARIABLE, URL_VARIABLE, Hub, socket_url
from hubbub.sdk.inboxes import Inbox
from hubbub.sdk.line import Dial, dial
from hubbub.sdk.router import BadArguments, Router
from hubbub.sdk.session import Token

E = TypeVar("E", bound=Event)
ErrorHandler = Callable[[Event, Exception], Awaitable[None]]

DRAIN_SECONDS = 5.0
"""For handlers to finish after SIGTERM; what has not begun by then is left."""


class Bot(Router):
    """Handlers by event; `run` connects and lives until SIGINT or SIGTERM.

    Without arguments it takes HUBBUB_URL and HUBBUB_TOKEN. Its own messages are never handled; those of other
    bots only with `ignore_bots=False`, so that two of them cannot talk for ever.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        token: Token | None = None,
        name: str = "bot",
        ignore_self: bool = True,
        ignore_bots: bool = True,
        dial: Dial | None = None,
    ) -> None:
        super().__init__()
        self.log = logging.getLogger("hubbub.bot")
        self._hub: Hub | None = None
        self._url = url
        self._token = token
        self._name = name
        self._ignore_self = ignore_self
        self._ignore_bots = ignore_bots
        self._dial = dial
        self._on_error: ErrorHandler | None = None
        self._waiters: list[tuple[type[Event], Callable[[Any], bool], asyncio.Future[Any]]] = []
        self._is_draining = False
        self._idle = asyncio.Event()
        self._busy = 0

    @property
    def hub(self) -> Hub:
        """The connection, from `run` on."""
        assert self._hub is not None, "the bot has not been started"
        return self._hub

    @property
    def is_idle(self) -> bool:
        """Whether it is connected and everything that has come has been handled."""
        return self._hub is not None and self._hub.is_whole and not (self._busy or any(self._hub.inboxes))

    def dial_with(self, dial: Dial) -> None:
        """Connects by `dial` from the next start on, instead of a WebSocket."""
        self._dial = dial

    def on_error(self, handler: ErrorHandler) -> ErrorHandler:
        """Called with an event and what its handler raised; without one it is logged."""
        self._on_error = handler
        return handler

    def run(self, rooms: Iterable[str] = (), *, log_level: str | int = "INFO") -> None:
        """Lives until SIGINT or SIGTERM. Raises AuthError or ProtocolError where no retry can help."""
        logging.basicConfig(level=log_level, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        asyncio.run(self._run(rooms))

    async def _run(self, rooms: Iterable[str]) -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        for one in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(one, stop.set)
        await self.start(rooms, until=stop.wait())

    async def start(self, rooms: Iterable[str] = (), *, until: Coroutine[Any, Any, object]) -> None:
        """Lives until `until` is done, then drains. Raises as `run`."""
        hub = self._hub = self._make_hub(rooms)
        try:
            async with hub, asyncio.TaskGroup() as group:
                workers = [group.create_task(self._work(inbox)) for inbox in hub.inboxes.by_room.values()]
                hub.inboxes.made = lambda inbox: workers.append(group.create_task(self._work(inbox)))
                stopping, ended = group.create_task(until), group.create_task(hub.ended())
                await asyncio.wait({stopping, ended}, return_when=asyncio.FIRST_COMPLETED)
                await self._drain()
                hub.inboxes.made = None
                for task in (*workers, stopping, ended):
                    task.cancel()
        except BaseExceptionGroup as faults:
            raise _first(faults) from None

    def _make_hub(self, rooms: Iterable[str]) -> Hub:
        address = socket_url(self._url or os.environ.get(URL_VARIABLE) or DEFAULT_URL)
        return Hub(
            self._dial or (lambda: dial(address)),
            token=self._token or os.environ.get(TOKEN_VARIABLE) or None,
            name=self._name,
            rooms=rooms,
            ignore_self=self._ignore_self,
        )

    async def _drain(self) -> None:
        """Takes no further events, and gives those that are being handled a moment."""
        self._is_draining = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._busy:
                    self._idle.clear()
                    await self._idle.wait()

    async def _work(self, inbox: Inbox) -> None:
        while not self._is_draining:
            event = await inbox.next()
            self._busy += 1
            try:
                await self._handle(event)
            finally:
                self._busy -= 1
                self._idle.set()

    async def _handle(self, event: Event) -> None:
        self._tell_waiters(event)
        if isinstance(event, Message) and event.author.is_bot and self._ignore_bots:
            return
        for route in self.routes:
            try:
                arguments = route.arguments(event)
                if arguments is not None:
                    await route.handler(event, *arguments)
            except BadArguments as fault:
                if isinstance(event, Message):
                    await self._guarded(event, event.reply(str(fault)))
            except Exception as fault:
                await self._failed(event, fault)

    async def _guarded(self, event: Event, work: Awaitable[object]) -> None:
        try:
            await work
        except HubbubError as fault:
            await self._failed(event, fault)

    async def _failed(self, event: Event, fault: Exception) -> None:
        if self._on_error is None:
            self.log.error("a handler failed on %r", event, exc_info=fault)
            return
        try:
            await self._on_error(event, fault)
        except Exception:
            self.log.exception("the handler of errors failed")

    async def wait_for(
        self,
        event: type[E],
        check: Callable[[E], bool] = lambda _: True,
        *,
        timeout_seconds: float | None = None,
    ) -> E:
        """The next event of a class that `check` holds for. Raises TimeoutError."""
        waiter: asyncio.Future[E] = asyncio.get_running_loop().create_future()
        entry = (event, check, waiter)
        self._waiters.append(entry)
        try:
            async with asyncio.timeout(timeout_seconds):
                return await waiter
        finally:
            self._waiters.remove(entry)

    def _tell_waiters(self, event: Event) -> None:
        for kind, check, waiter in self._waiters:
            if not waiter.done() and isinstance(event, kind) and check(event):
                waiter.set_result(event)


def _first(faults: BaseExceptionGroup[BaseException]) -> BaseException:
    fault: BaseException = faults
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return fault
