"""Stays connected: hello, rooms from where they were left, and after every loss the same again.

Knows lines, back-off, positions and pushes. Refuses to know handlers (they take events from the inboxes) and
what is sent (`sending`). The reader never waits for whoever takes events: a room whose queue is full is cut
off, and resumed from its position when the queue has been worked through. Nothing is skipped silently.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

from hubbub.sdk.backoff import Backoff
from hubbub.sdk.cursor import Cursor
from hubbub.sdk.errors import AuthError, Closed, HubbubError, Refused, refusal
from hubbub.sdk.events import (
    Disconnected,
    Gap,
    LeftRoom,
    Message,
    Person,
    Ready,
    Resumed,
    RightsChanged,
    of_entry,
    of_push,
    person,
)  # fmt: skip
from hubbub.sdk.inboxes import OF_THE_CONNECTION, Inboxes
from hubbub.sdk.line import Dial, Line, Lost, least_seconds, terminal
from hubbub.sdk.pace import Pace

Frame = dict[str, Any]
Token = str | Callable[[], Awaitable[str]]

REPLY_SECONDS = 10.0
"""For a reply: the server itself answers within 2 s, then comes the way."""

GRACE_SECONDS = 10.0
"""Of silence beyond the server's own ping interval; then nobody is there."""

HELLO_SILENCE_SECONDS = 15.0
"""Of silence before `welcome` has told the ping interval."""

AGAIN_SECONDS = 1.0
"""Before asking once more what the server could not settle and gave no time for."""

PAGE_ENTRIES = 300
"""Of one page of history."""

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
        ignore_self: bool = True,
        backoff: Backoff | None = None,
    ) -> None:
        self.me = Person("")
        self.pace = Pace()
        self.cursor_by_room: dict[str, Cursor] = {}
        self.inboxes = inboxes
        self._dial = dial
        self._credentials = credentials
        self._name = name
        self._hub = hub
        self._ignore_self = ignore_self
        self._backoff = backoff or Backoff()
        self._line: Line | None = None
        self._group: asyncio.TaskGroup | None = None
        self._refs = count(1)
        self._waiting: dict[int, tuple[asyncio.Future[Frame], Callable[[Frame], None] | None]] = {}
        self._own: dict[tuple[str, str], asyncio.Future[Message]] = {}
        self._changed = asyncio.Event()
        self._silence_seconds = HELLO_SILENCE_SECONDS
        self._drain_ms: int | None = None
        self.is_online = False  # greeted; a line that is lost is not at once
        self._was_ready = False
        self._is_closed = False
        self._fault: HubbubError | None = None

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
        if self._line is not None:
            await self._line.close()

    async def joined(self, room: str) -> Cursor:
        """The cursor of a room, once the program is in it. Raises what keeps it out for good."""
        while True:
            self.check()
            cursor = self.cursor_by_room.get(room)
            if cursor is None:
                raise Refused(f"This program is not in {room}.", code="not_joined", room=room)
            if cursor.is_joined:
                return cursor
            await self._change()

    async def online(self) -> None:
        """Returns once connected and greeted."""
        while not self.is_online:
            self.check()
            await self._change()

    @property
    def is_whole(self) -> bool:
        """Whether it is greeted, in all rooms, and no queue has been cut off."""
        rooms = self.cursor_by_room
        return self.is_online and all(
            cursor.is_joined and not self.inboxes.of(room).is_behind for room, cursor in rooms.items()
        )

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

    async def _connection(self) -> Lost:
        """One connection, from the first packet to its end, which is returned."""
        try:
            line = await self._dial()
        except Lost as lost:
            return lost
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                group.create_task(self._read(line))
                group.create_task(self._greet(line))
        except BaseExceptionGroup as faults:
            return _verdict(faults)
        finally:
            self._group = self._line = None
            self.is_online = False
            for cursor in self.cursor_by_room.values():
                cursor.is_joined = False
            waiting, self._waiting = self._waiting, {}
            for future, _ in waiting.values():
                if not future.done():
                    future.set_exception(Lost())
                    future.exception()  # read here: whoever waits gets it, and nobody need wait
            await line.close()
        return Lost()

    async def _wait(self, lost: Lost) -> None:
        """Tells that the connection is gone, and waits for the time of the next."""
        if self._is_closed:
            return
        least = self._drain_ms / 1000 if self._drain_ms is not None else least_seconds(lost)
        self._drain_ms = None
        seconds = self._backoff.next_seconds(least)
        log.info("disconnected: %s (code %s); again in %.1f s", lost.reason, lost.code, seconds)
        self.inboxes.of(OF_THE_CONNECTION).offer(Disconnected(lost.code, lost.reason, seconds))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._is_closed:
                    await self._change()

    # -- Asking ----------------------------------------------------------------------------------

    async def ask(self, command: Frame, on_reply: Callable[[Frame], None] | None = None) -> Frame:
        """The one reply to a command. Raises Lost or Refused.

        `on_reply` is called with it before anything that comes behind it is read.
        """
        self.check()
        if self._line is None or not (self.is_online or command["t"] == "hello"):
            raise Lost(reason="There is no connection.")
        ref = next(self._refs)
        future: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._waiting[ref] = (future, on_reply)
        try:
            async with asyncio.timeout(REPLY_SECONDS):
                await self._line.send({**command, "ref": ref})
                reply = await future
        except TimeoutError:
            raise Lost(reason="The server did not answer.") from None
        except Lost:
            self.is_online = False  # the reader finds out, too; nobody tries again on this line
            raise
        finally:
            self._waiting.pop(ref, None)
        if reply["t"] == "nack":
            raise refusal(reply, command.get("room"))
        return reply

    async def push(self, frame: Frame) -> None:
        """A frame without a reply; dropped where there is no connection."""
        if self._line is not None:
            with contextlib.suppress(Lost):
                await self._line.send(frame)

    async def settled(self, command: Frame, on_reply: Callable[[Frame], None] | None = None) -> Frame:
        """As `ask`, again while the refusal is temporary. Raises Lost, or Refused for good."""
        while True:
            try:
                return await self.ask(command, on_reply)
            except Refused as refused:
                if not refused.temporary:
                    raise
                await asyncio.sleep((refused.retry_ms or AGAIN_SECONDS * 1000) / 1000)

    def own_message(self, room: str, id: str) -> asyncio.Future[Message]:
        """Done when the message with this `id` of ours is read from the log."""
        future = self._own.setdefault((room, id), asyncio.get_running_loop().create_future())
        future.add_done_callback(lambda _: self._own.pop((room, id), None))
        return future

    # -- Greeting and joining --------------------------------------------------------------------

    async def _greet(self, line: Line) -> None:
        self._line = line
        who: Frame = {"name": self._name}
        if self._credentials is not None:
            who = {"token": await self._token()}
        try:
            welcome = await self.settled({"t": "hello", **who})
        except Refused as refused:
            raise AuthError(refused.reason, code=refused.code) from None
        if "token" in welcome:
            self._credentials = welcome["token"]  # a guest stays the same one
        self.me = person(welcome["identity"])
        limits = welcome["limits"]
        self._silence_seconds = welcome["ping_ms"] / 1000 + GRACE_SECONDS
        self.pace.set(limits.get("publish_per_s"), limits.get("publish_burst"))
        if not self._was_ready:
            self._was_ready = True
            ready = Ready(self.me, limits, tuple(welcome.get("features", ())))
            self.inboxes.of(OF_THE_CONNECTION).offer(ready)
        self.is_online = True
        log.info("connected as %s (%s)", self.me, self.me.id)
        self._wake()
        for cursor in self.cursor_by_room.values():
            self._start(self._enter(cursor))

    async def _token(self) -> str:
        assert self._credentials is not None
        if isinstance(self._credentials, str):
            return self._credentials
        return await self._credentials()

    def want(self, room: str, backlog: int) -> None:
        """Be in a room from now on; `backlog` newest entries are told at the first join."""
        if room in self.cursor_by_room:
            return
        cursor = self.cursor_by_room[room] = Cursor(room, backlog)
        if self.is_online:
            self._start(self._enter(cursor))

    async def leave(self, room: str) -> None:
        """Be in it no longer."""
        cursor = self.cursor_by_room.pop(room, None)
        if cursor is not None and cursor.is_joined:
            with contextlib.suppress(Lost):
                await self.ask({"t": "leave", "room": room})

    def _start(self, work: Any) -> None:
        if self._group is None:
            work.close()
        else:
            self._group.create_task(work)

    async def _enter(self, cursor: Cursor) -> None:
        """Into a room from its position, with every entry of the meantime if they can be had."""
        while cursor.room in self.cursor_by_room:
            command: Frame = {"t": "join", "room": cursor.room}
            command |= {"after": cursor.position} if cursor.position else {"limit": cursor.backlog}
            try:
                joined = await self.settled(command, lambda reply: self._entered(cursor, reply))
                if not self.inboxes.of(cursor.room).is_behind:
                    return
                await self._fill(cursor, joined["epoch"])
            except Refused as refused:
                return self._out(cursor, refused.code)

    def _entered(self, cursor: Cursor, joined: Frame) -> None:
        """`joined` was read: what comes behind it follows it."""
        if joined["t"] != "joined":
            return
        inbox, was_in = self.inboxes.of(cursor.room), cursor.epoch is not None
        is_fillable = joined["epoch"] == cursor.epoch and joined["seq"] >= cursor.seq
        # Too much for one reply: `_fill` reads it, then we join again.
        inbox.is_behind = was_in and not joined["recovered"] and is_fillable
        cursor.enter(joined)
        self._wake()
        if inbox.is_behind:
            return
        entries = joined["entries"]
        if not was_in:
            cursor.start(joined["epoch"], joined["seq"])
            self._tell(cursor, entries)
        elif joined["recovered"]:
            inbox.put(Resumed(cursor.room, True, len(entries)))
            cursor.start(joined["epoch"], joined["seq"])
            self._tell(cursor, entries)
        else:
            inbox.put(Resumed(cursor.room, False, 0))
            inbox.put(Gap(cursor.room, cursor.seq, joined["seq"]))
            cursor.start(joined["epoch"], joined["seq"])

    async def _fill(self, cursor: Cursor, epoch: str) -> None:
        """Reads what a resume could not hold, page by page, at the pace of who takes the events."""
        inbox = self.inboxes.of(cursor.room)
        while True:
            await inbox.space()
            page = await self.settled(
                {"t": "history", "room": cursor.room, "after": cursor.seq, "limit": PAGE_ENTRIES}
            )
            if page["epoch"] != epoch:
                return
            if page["first"] > cursor.seq + 1:
                inbox.put(Gap(cursor.room, cursor.seq, page["first"] - 1))
                cursor.start(epoch, page["first"] - 1)
            for entry in page["entries"]:
                cursor.start(epoch, entry["seq"])
                self._tell(cursor, [entry])
            if not page["more"]:
                return

    def _tell(self, cursor: Cursor, entries: list[Frame]) -> None:
        inbox = self.inboxes.of(cursor.room)
        for entry in entries:
            event = of_entry(cursor.room, cursor.epoch or "", entry, self._hub)
            if isinstance(event, Message) and self._is_own(event):
                continue
            if event is not None:
                inbox.put(event)

    def _is_own(self, message: Message) -> bool:
        """Whether it is ours and not to be told; whoever waits for it is."""
        if message.author.id != self.me.id:
            return False
        waiting = self._own.get((message.room, message.id))
        if waiting is not None and not waiting.done():
            waiting.set_result(message)
        return self._ignore_self

    def _out(self, cursor: Cursor, why: str) -> None:
        self.cursor_by_room.pop(cursor.room, None)
        cursor.is_joined = False
        self.inboxes.of(cursor.room).put(LeftRoom(cursor.room, why))
        self._wake()

    # -- Reading ---------------------------------------------------------------------------------

    async def _read(self, line: Line) -> None:
        while True:
            try:
                async with asyncio.timeout(self._silence_seconds):
                    frame = await line.receive()
            except TimeoutError:
                raise Lost(reason="The server gives no sign of life.") from None
            ref = frame.get("ref")
            if ref is not None:
                self._answered(ref, frame)
            elif frame["t"] == "ping":
                await line.send({"t": "pong"})
            else:
                self._pushed(frame)

    def _answered(self, ref: int, reply: Frame) -> None:
        future, on_reply = self._waiting.get(ref, (None, None))
        if future is None or future.done():
            return
        if on_reply is not None:
            on_reply(reply)
        future.set_result(reply)

    def _pushed(self, frame: Frame) -> None:
        if frame["t"] == "drain":
            self._drain_ms = frame["reconnect_ms"]
            return
        cursor = self.cursor_by_room.get(frame.get("room", ""))
        if cursor is None:
            return
        match frame["t"]:
            case "entry":
                self._pushed_entry(cursor, frame["epoch"], frame["e"])
            case "typing" | "presence":
                cursor.present = frame.get("count", cursor.present)
                for event in of_push(frame):
                    self.inboxes.of(cursor.room).offer(event)
            case "rights":
                cursor.role, cursor.rights = frame["role"], frame["rights"]
                self.inboxes.of(cursor.room).put(RightsChanged(cursor.room, cursor.role, cursor.rights))
            case "reset":
                cursor.is_joined = False
                self._start(self._enter(cursor))
            case "left":
                self._out(cursor, frame.get("reason", "left"))
            case _:
                log.debug("ignored a push of an unknown kind: %s", frame["t"])

    def _pushed_entry(self, cursor: Cursor, epoch: str, entry: Frame) -> None:
        event = of_entry(cursor.room, epoch, entry, self._hub)
        is_own = isinstance(event, Message) and self._is_own(event)
        inbox = self.inboxes.of(cursor.room)
        if inbox.is_behind or not cursor.follows(epoch, entry["seq"]):
            return
        if event is None or is_own or inbox.offer(event):
            cursor.start(epoch, entry["seq"])
            return
        inbox.is_behind = True
        self._start(self._catch_up(cursor))

    async def _catch_up(self, cursor: Cursor) -> None:
        """Once the queue of a room that was cut off has been worked through: on from there."""
        await self.inboxes.of(cursor.room).space()
        await self._enter(cursor)


def _verdict(faults: BaseExceptionGroup[BaseException]) -> Lost:
    """What ended a connection: Lost if that is all; what is worse is raised."""
    _, worse = faults.split(Lost)
    fault: BaseException = worse or faults
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    if not isinstance(fault, Lost):
        raise fault
    return fault
