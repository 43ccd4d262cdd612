"""The rooms a program is in: joined, resumed, filled up, and their entries put into the inboxes as events.

Knows positions, and that nothing is skipped silently: a room whose inbox is full is cut off, and goes on from
its position when the inbox has been worked through. Refuses to know how connections come about.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from hubbub.sdk.awaited import Awaited
from hubbub.sdk.cursor import Cursor
from hubbub.sdk.errors import Refused
from hubbub.sdk.events import EntryEvent, Gap, LeftRoom, Message, Resumed, RightsChanged, of_entry, of_push
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
        self.refusal_by_room: dict[str, Refused] = {}  # of joins; as many as rooms were asked for
        self.inboxes = inboxes
        self.awaited = Awaited()
        self.my_id = ""
        self._hub = hub
        self._changed = changed
        self._ignore_self = ignore_self
        self._exchange: Exchange | None = None
        self._start: Callable[[Coroutine[Any, Any, None]], object] | None = None

    # -- As connections come and go ----------------------------------------------------------------

    def begin(
        self, exchange: Exchange, start: Callable[[Coroutine[Any, Any, None]], object], my_id: str
    ) -> None:
        """A connection was greeted: into all rooms, from where they were left."""
        self._exchange, self._start, self.my_id = exchange, start, my_id
        for cursor in self.cursor_by_room.values():
            self._join(cursor)

    def end(self) -> None:
        """It is gone."""
        self._exchange = self._start = None
        for cursor in self.cursor_by_room.values():
            cursor.is_joined = cursor.is_entering = False

    @property
    def is_whole(self) -> bool:
        """Whether it is in all rooms, and no inbox was cut off."""
        rooms = self.cursor_by_room
        return all(cursor.is_joined and not self.inboxes.of(room).is_behind for room, cursor in rooms.items())

    # -- What programs ask for ---------------------------------------------------------------------

    def want(self, room: str, backlog: int) -> None:
        """Be in a room from now on; `backlog` newest entries are told at the first join."""
        self.refusal_by_room.pop(room, None)
        if room not in self.cursor_by_room:
            cursor = self.cursor_by_room[room] = Cursor(room, backlog)
            self._join(cursor)

    async def leave(self, room: str) -> None:
        """Be in it no longer; what was told of it can still be taken."""
        if self.cursor_by_room.pop(room, None) is None:
            return
        self.awaited.missed(room)
        self.inboxes.close(room)
        if self._exchange is not None:
            with contextlib.suppress(Lost, Refused):
                await self._exchange.ask({"t": "leave", "room": room})

    def _is_wanted(self, cursor: Cursor) -> bool:
        return self.cursor_by_room.get(cursor.room) is cursor

    # -- Joining -----------------------------------------------------------------------------------

    def _join(self, cursor: Cursor) -> None:
        """Begins to enter a room, unless that is under way already: two joins would tell things twice."""
        if self._exchange is not None and self._start is not None and not cursor.is_entering:
            cursor.is_entering = True
            self._start(self._enter(self._exchange, cursor))

    async def _enter(self, exchange: Exchange, cursor: Cursor) -> None:
        """Into a room from its position, with every entry of the meantime if they can be had."""
        while self._is_wanted(cursor):
            if cursor.is_joined:  # else a handler may be waiting for the join, and make no space
                await self.inboxes.of(cursor.room).space()
            command: Frame = {"t": "join", "room": cursor.room}
            command |= {"after": cursor.position} if cursor.position else {"limit": cursor.backlog}
            try:
                joined = await exchange.settled(command, lambda reply: self._entered(cursor, reply))
                if not (self._is_wanted(cursor) and self.inboxes.of(cursor.room).is_behind):
                    return
                await self._fill(exchange, cursor, joined["epoch"])
            except Refused as refused:
                if self._is_wanted(cursor):
                    self.refusal_by_room[cursor.room] = refused
                    self._out(cursor, refused.code)
                return

    def _entered(self, cursor: Cursor, joined: Frame) -> None:
        """`joined` was read: what comes behind it follows it."""
        if joined["t"] != "joined" or not self._is_wanted(cursor):
            return
        inbox, was_in, entries = self.inboxes.of(cursor.room), cursor.epoch is not None, joined["entries"]
        is_same_log = was_in and joined["epoch"] == cursor.epoch and joined["seq"] >= cursor.seq
        # Too much for one reply, or for the inbox: `_fill` reads it page by page, then we join again.
        inbox.is_behind = is_same_log and (inbox.is_full or not joined["recovered"])
        cursor.enter(joined)
        if inbox.is_behind:
            for entry in entries:
                self._read(cursor.room, joined["epoch"], entry)
        else:
            cursor.is_entering = False
            entries = [entry for entry in entries if not cursor.has(joined["epoch"], entry["seq"])]
            if was_in:
                inbox.put(Resumed(cursor.room, joined["recovered"], len(entries) * joined["recovered"]))
            if was_in and not joined["recovered"]:
                inbox.put(Gap(cursor.room, cursor.seq, joined["seq"]))
                self.awaited.missed(cursor.room)
            cursor.start(joined["epoch"], joined["seq"])
            if joined["recovered"] or not was_in:
                self._tell(cursor, entries)
            cursor.told = cursor.told or (cursor.role, cursor.rights)
            self._tell_rights(cursor)
        self._changed()

    async def _fill(self, exchange: Exchange, cursor: Cursor, epoch: str) -> None:
        """Reads what a resume could not hold, at the pace of who takes the events."""
        inbox = self.inboxes.of(cursor.room)
        while self._is_wanted(cursor):
            await inbox.space()
            command = {"t": "history", "room": cursor.room, "after": cursor.seq, "limit": PAGE_ENTRIES}
            page = await exchange.settled(command)
            if page["epoch"] != epoch:
                return
            if page["first"] > cursor.seq + 1:
                inbox.put(Gap(cursor.room, cursor.seq, page["first"] - 1))
                self.awaited.missed(cursor.room)
                cursor.start(epoch, page["first"] - 1)
            self._tell(cursor, page["entries"])
            if page["entries"]:
                cursor.start(epoch, page["entries"][-1]["seq"])
            if not page["more"]:
                return

    def _tell(self, cursor: Cursor, entries: list[Frame]) -> None:
        for entry in entries:
            event = self._read(cursor.room, cursor.epoch or "", entry)
            if event is not None and not self._is_own(event):
                self.inboxes.of(cursor.room).put(event)

    def _tell_rights(self, cursor: Cursor) -> None:
        """The card, if it is another than the one told last. An inbox that is full has it later."""
        card = (cursor.role, cursor.rights)
        if card != cursor.told and not self.inboxes.of(cursor.room).is_behind:
            if self.inboxes.of(cursor.room).offer(RightsChanged(cursor.room, *card)):
                cursor.told = card
            else:
                self._fell_behind(cursor)

    def _read(self, room: str, epoch: str, entry: Frame) -> EntryEvent | None:
        """The event that an entry is; whoever waits for it has it at once."""
        event = of_entry(room, epoch, entry, self._hub)
        if event is not None:
            self.awaited.read(event, self.my_id)
        return event

    def _is_own(self, event: EntryEvent) -> bool:
        """Whether it is a message of ours that is not to be told."""
        return self._ignore_self and isinstance(event, Message) and event.author.id == self.my_id

    def _out(self, cursor: Cursor, why: str) -> None:
        self.cursor_by_room.pop(cursor.room, None)
        cursor.is_joined = False
        self.awaited.missed(cursor.room)
        self.inboxes.of(cursor.room).put(LeftRoom(cursor.room, why))
        self.inboxes.close(cursor.room)
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
                self._tell_rights(cursor)
            case "reset":
                cursor.is_joined = False
                self._join(cursor)
            case "left":
                self._out(cursor, frame.get("reason", "left"))
            case _:
                log.debug("ignored a push of an unknown kind: %s", frame["t"])

    def _pushed_entry(self, cursor: Cursor, epoch: str, entry: Frame) -> None:
        event, inbox, seq = self._read(cursor.room, epoch, entry), self.inboxes.of(cursor.room), entry["seq"]
        if inbox.is_behind or cursor.has(epoch, seq):
            return
        if not cursor.follows(epoch, seq):
            self._join(cursor)  # a hole: what is missing is read from the log
            return
        cursor.changed_by(entry)
        if event is None or self._is_own(event) or inbox.offer(event):
            cursor.start(epoch, seq)
        else:
            self._fell_behind(cursor)

    def _fell_behind(self, cursor: Cursor) -> None:
        """Takes no more pushes; goes on from its position once the inbox is half empty."""
        self.inboxes.of(cursor.room).is_behind = True
        self._join(cursor)
