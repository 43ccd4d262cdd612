"""The rooms a program is in: joined, resumed, filled up, and their entries put into the inboxes as events.

Knows positions, and that nothing is skipped silently: a room whose inbox is full is cut off, and goes on from
its position when the inbox has been worked through. Refuses to know how connections come about.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from hubbub.sdk.cursor import Cursor
from hubbub.sdk.errors import Refused
from hubbub.sdk.events import Gap, LeftRoom, Message, Resumed, RightsChanged, of_entry, of_push
from hubbub.sdk.exchange import Exchange
from hubbub.sdk.inboxes import Inboxes
from hubbub.sdk.line import Lost

Frame = dict[str, Any]

PAGE_ENTRIES = 300
"""Of one page of history."""

log = logging.getLogger("hubbub")


class Reading:
    """Every room the program wants to be in. `start` runs work that ends with the connection."""

    def __init__(self, inboxes: Inboxes, hub: Any, changed: Callable[[], None], *, ignore_self: bool) -> None:
        self.cursor_by_room: dict[str, Cursor] = {}
        self.inboxes = inboxes
        self.my_id = ""
        self._hub = hub
        self._changed = changed
        self._ignore_self = ignore_self
        self._exchange: Exchange | None = None
        self._start: Callable[[Coroutine[Any, Any, None]], object] | None = None
        self._own: dict[tuple[str, str], asyncio.Future[Message]] = {}

    # -- As connections come and go ----------------------------------------------------------------

    def begin(
        self, exchange: Exchange, start: Callable[[Coroutine[Any, Any, None]], object], my_id: str
    ) -> None:
        """A connection was greeted: into all rooms, from where they were left."""
        self._exchange, self._start, self.my_id = exchange, start, my_id
        for cursor in self.cursor_by_room.values():
            start(self._enter(exchange, cursor))

    def end(self) -> None:
        """It is gone."""
        self._exchange = self._start = None
        for cursor in self.cursor_by_room.values():
            cursor.is_joined = False

    @property
    def is_whole(self) -> bool:
        """Whether it is in all rooms, and no inbox was cut off."""
        rooms = self.cursor_by_room
        return all(cursor.is_joined and not self.inboxes.of(room).is_behind for room, cursor in rooms.items())

    # -- What programs ask for ---------------------------------------------------------------------

    def want(self, room: str, backlog: int) -> None:
        """Be in a room from now on; `backlog` newest entries are told at the first join."""
        if room in self.cursor_by_room:
            return
        cursor = self.cursor_by_room[room] = Cursor(room, backlog)
        if self._exchange is not None and self._start is not None:
            self._start(self._enter(self._exchange, cursor))

    async def leave(self, room: str) -> None:
        """Be in it no longer."""
        cursor = self.cursor_by_room.pop(room, None)
        if cursor is not None and cursor.is_joined and self._exchange is not None:
            with contextlib.suppress(Lost):
                await self._exchange.ask({"t": "leave", "room": room})

    def own_message(self, room: str, id: str) -> asyncio.Future[Message]:
        """Done when the message with this `id` of ours is read from the log."""
        future = self._own.setdefault((room, id), asyncio.get_running_loop().create_future())
        future.add_done_callback(lambda _: self._own.pop((room, id), None))
        return future

    # -- Joining -----------------------------------------------------------------------------------

    async def _enter(self, exchange: Exchange, cursor: Cursor) -> None:
        """Into a room from its position, with every entry of the meantime if they can be had."""
        while cursor.room in self.cursor_by_room:
            command: Frame = {"t": "join", "room": cursor.room}
            command |= {"after": cursor.position} if cursor.position else {"limit": cursor.backlog}
            try:
                joined = await exchange.settled(command, lambda reply: self._entered(cursor, reply))
                if not self.inboxes.of(cursor.room).is_behind:
                    return
                await self._fill(exchange, cursor, joined["epoch"])
            except Refused as refused:
                return self._out(cursor, refused.code)

    def _entered(self, cursor: Cursor, joined: Frame) -> None:
        """`joined` was read: what comes behind it follows it."""
        if joined["t"] != "joined":
            return
        inbox, was_in = self.inboxes.of(cursor.room), cursor.epoch is not None
        is_same_log = was_in and joined["epoch"] == cursor.epoch and joined["seq"] >= cursor.seq
        # Too much for one reply, or for the inbox: `_fill` reads it page by page, then we join again.
        inbox.is_behind = is_same_log and (inbox.is_full or not joined["recovered"])
        cursor.enter(joined)
        self._changed()
        if inbox.is_behind:
            return
        if was_in:
            inbox.put(Resumed(cursor.room, joined["recovered"], len(joined["entries"]) * joined["recovered"]))
        if was_in and not joined["recovered"]:
            inbox.put(Gap(cursor.room, cursor.seq, joined["seq"]))
        cursor.start(joined["epoch"], joined["seq"])
        if joined["recovered"] or not was_in:
            self._tell(cursor, joined["entries"])

    async def _fill(self, exchange: Exchange, cursor: Cursor, epoch: str) -> None:
        """Reads what a resume could not hold, at the pace of who takes the events."""
        inbox = self.inboxes.of(cursor.room)
        while True:
            await inbox.space()
            command = {"t": "history", "room": cursor.room, "after": cursor.seq, "limit": PAGE_ENTRIES}
            page = await exchange.settled(command)
            if page["epoch"] != epoch:
                return
            if page["first"] > cursor.seq + 1:
                inbox.put(Gap(cursor.room, cursor.seq, page["first"] - 1))
                cursor.start(epoch, page["first"] - 1)
            self._tell(cursor, page["entries"])
            if page["entries"]:
                cursor.start(epoch, page["entries"][-1]["seq"])
            if not page["more"]:
                return

    def _tell(self, cursor: Cursor, entries: list[Frame]) -> None:
        for entry in entries:
            event = of_entry(cursor.room, cursor.epoch or "", entry, self._hub)
            is_own = isinstance(event, Message) and self._is_own(event)
            if event is not None and not is_own:
                self.inboxes.of(cursor.room).put(event)

    def _is_own(self, message: Message) -> bool:
        """Whether it is ours and not to be told; whoever waits for it is."""
        if message.author.id != self.my_id:
            return False
        waiting = self._own.get((message.room, message.id))
        if waiting is not None and not waiting.done():
            waiting.set_result(message)
        return self._ignore_self

    def _out(self, cursor: Cursor, why: str) -> None:
        self.cursor_by_room.pop(cursor.room, None)
        cursor.is_joined = False
        self.inboxes.of(cursor.room).put(LeftRoom(cursor.room, why))
        self._changed()

    # -- Pushes ------------------------------------------------------------------------------------

    def pushed(self, frame: Frame) -> None:
        """Something of a room came unasked; what is not known is ignored."""
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
                self.inboxes.of(cursor.room).offer(RightsChanged(cursor.room, cursor.role, cursor.rights))
            case "reset":
                cursor.is_joined = False
                self._again(cursor)
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
        cursor.changed_by(entry)
        if event is None or is_own or inbox.offer(event):
            cursor.start(epoch, entry["seq"])
            return
        inbox.is_behind = True
        self._again(cursor)

    def _again(self, cursor: Cursor) -> None:
        assert self._exchange is not None and self._start is not None
        self._start(self._enter_when_empty(self._exchange, cursor))

    async def _enter_when_empty(self, exchange: Exchange, cursor: Cursor) -> None:
        await self.inboxes.of(cursor.room).space()
        await self._enter(exchange, cursor)
