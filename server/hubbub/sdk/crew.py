"""Who handles events: one worker a room, or one task an event, and the jobs that come by the clock.

Knows order, how much is under way and what a failing handler leads to. Refuses to know connections.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from hubbub.sdk.errors import HubbubError
from hubbub.sdk.events import Event, Message
from hubbub.sdk.inboxes import Inbox, Inboxes
from hubbub.sdk.router import BadArguments

if TYPE_CHECKING:
    from hubbub.sdk.bot import Bot

T = TypeVar("T")
ErrorHandler = Callable[[Event | None, Exception], Awaitable[None]]
"""Told the event, None for a job, and what was raised."""

JobHandler = Callable[[], Awaitable[None]]

AT_ONCE = 64
"""Events handled beside each other where order is given up: more, and the inboxes hold them."""

_is_handling: ContextVar[bool] = ContextVar("is_handling", default=False)


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done by the clock."""

    handler: JobHandler
    seconds: float


class Crew:
    """The workers of one bot, in the task group of its life."""

    def __init__(self, bot: Bot, concurrency: Literal["room", "event"]) -> None:
        self.on_error: ErrorHandler | None = None
        self._bot = bot
        self._concurrency = concurrency
        self._slots: asyncio.Semaphore | None = None
        self._group: asyncio.TaskGroup | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._busy = 0
        self._rooms: set[str] = set()  # whose worker is busy
        self._resting: list[asyncio.Future[Any]] = []
        self._is_draining = False
        self._changed = asyncio.Event()

    def is_idle(self, others_waiting: int = 0) -> bool:
        """Whether nothing is being handled, but for what waits: for the clock, for an event."""
        return self._busy <= others_waiting + sum(not future.done() for future in self._resting)

    def is_at(self, inbox: Inbox) -> bool:
        """Whether an event of this queue is being handled: the next one is not yet due."""
        return inbox.room in self._rooms

    # -- Life --------------------------------------------------------------------------------------

    def begin(self, group: asyncio.TaskGroup, inboxes: Inboxes) -> None:
        """A worker for each queue, now and when more are made."""
        self._group, self._is_draining = group, False
        self._slots = asyncio.Semaphore(AT_ONCE) if self._concurrency == "event" else None
        self._busy, self._rooms, self._resting = 0, set(), []
        self._changed = asyncio.Event()  # a bot may live again, in another loop
        for inbox in inboxes:
            self._start(self._work(inbox))
        inboxes.made = lambda inbox: self._start(self._work(inbox))

    def repeat(self, job: Job) -> None:
        """Does a job now and again."""
        self._busy += 1  # until the task, which counts itself, has begun
        self._start(self._repeat(job))

    async def drained(self) -> None:
        """Takes no further events; returns when those that are being handled are done, or only wait."""
        self._is_draining = True
        while not self.is_idle():
            self._changed.clear()
            await self._changed.wait()

    def end(self) -> None:
        """Cancels what is left."""
        self._is_draining, self._group = True, None
        for task in self._tasks:
            task.cancel()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        if self._group is None:
            return work.close()
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- Work --------------------------------------------------------------------------------------

    async def _work(self, inbox: Inbox) -> None:
        while not self._is_draining:
            event = await inbox.next()
            if event is None or self._is_draining:
                return
            with self._handling():
                self._rooms.add(inbox.room)
                try:
                    await self._take(event)
                finally:
                    self._rooms.discard(inbox.room)

    async def _take(self, event: Event) -> None:
        if self._slots is None:
            return await self._handle(event)
        await self._slots.acquire()
        self._busy += 1  # until the task, which counts itself, has begun
        self._start(self._one(event, self._slots))

    async def _one(self, event: Event, slots: asyncio.Semaphore) -> None:
        self._busy -= 1
        try:
            with self._handling():
                await self._handle(event)
        finally:
            slots.release()

    async def _repeat(self, job: Job) -> None:
        self._busy -= 1
        while not self._is_draining:
            with self._handling():
                try:
                    await job.handler()
                except Exception as fault:
                    await self._failed(None, fault)
                await self.rest(self._bot.clock.timer(job.seconds))

    async def _handle(self, event: Event) -> None:
        if not self._bot.hears(event):
            return
        for route in self._bot.routes:
            try:
                arguments = route.arguments(event)
                if arguments is not None:
                    await route.handler(event, *arguments)
            except BadArguments as fault:
                if isinstance(event, Message):
                    await self._answer(event, str(fault))
            except Exception as fault:
                await self._failed(event, fault)

    async def _answer(self, message: Message, text: str) -> None:
        try:
            await message.reply(text)
        except HubbubError as fault:
            await self._failed(message, fault)

    async def _failed(self, event: Event | None, fault: Exception) -> None:
        if self.on_error is None:
            self._bot.log.error("a handler failed on %r", event, exc_info=fault)
            return
        try:
            await self.on_error(event, fault)
        except Exception:
            self._bot.log.exception("the handler of errors failed")

    # -- How much is under way -----------------------------------------------------------------------

    @contextlib.contextmanager
    def _handling(self) -> Iterator[None]:
        self._busy += 1
        before = _is_handling.set(True)
        try:
            yield
        finally:
            _is_handling.reset(before)
            self._busy -= 1
            self._changed.set()

    async def rest(self, future: asyncio.Future[T]) -> T:
        """Waits for the clock or an event: a test goes on meanwhile, and a stop does not wait for it."""
        if not _is_handling.get():
            return await future
        self._resting.append(future)
        self._changed.set()
        try:
            return await future
        finally:
            self._resting.remove(future)
