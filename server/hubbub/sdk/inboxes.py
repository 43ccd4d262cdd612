"""What has happened and nobody has handled yet: one bounded queue for each room, and one for the connection.

Knows order and bounds. Refuses to know what events mean and how a room that was cut off catches up: it says
that a queue is `behind`, and when it has been emptied.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count

from hubbub.sdk.events import Ephemeral, Event

ROOM_EVENTS = 256
"""In one queue before a room takes no more pushes; a resume may put up to 1,000 on top, whole."""

OF_THE_CONNECTION = ""
"""The queue of what belongs to no room."""


class Inbox:
    """The events of one room, in the order of its log. One worker takes them."""

    def __init__(self, room: str, stamps: count[int], arrived: Callable[[Event], None]) -> None:
        self.room = room
        self.is_behind = False
        self._events: deque[tuple[int, Event]] = deque()
        self._stamps = stamps
        self._arrived = arrived
        self.is_closed = False
        self._here = asyncio.Event()
        self._low = asyncio.Event()
        self._low.set()

    def __len__(self) -> int:
        return len(self._events)

    @property
    def oldest(self) -> int | None:
        """When the next event came, as a number that grows; None if there is none."""
        return self._events[0][0] if self._events else None

    @property
    def is_full(self) -> bool:
        """Whether it takes no more pushes."""
        return len(self._events) >= ROOM_EVENTS

    def offer(self, event: Event) -> bool:
        """Takes a pushed event; False where it is full. What is ephemeral is dropped before that."""
        if isinstance(event, Ephemeral) and len(self._events) >= ROOM_EVENTS // 2:
            return True
        if self.is_full:
            return False
        self.put(event)
        return True

    def put(self, event: Event) -> None:
        """Takes an event whatever the bound says: one of a resume, whose number is bounded."""
        self._events.append((next(self._stamps), event))
        self._here.set()
        if self.is_full:
            self._low.clear()
        self._arrived(event)

    def take(self) -> Event:
        """The oldest event; there must be one."""
        _, event = self._events.popleft()
        if not self._events and not self.is_closed:
            self._here.clear()
        if len(self._events) < ROOM_EVENTS // 2:
            self._low.set()
        return event

    async def next(self) -> Event | None:
        """The oldest event, once there is one; None when none will come any more."""
        await self._here.wait()
        return self.take() if self._events else None

    async def space(self) -> None:
        """Returns once it is half empty."""
        await self._low.wait()

    def close(self) -> None:
        """Takes nothing new; what is in it can still be taken."""
        self.is_closed = True
        self._here.set()


class Inboxes:
    """All queues of a program. `made` is called with each new one, `arrived` with each event."""

    def __init__(self) -> None:
        self.made: Callable[[Inbox], None] | None = None
        self.arrived: Callable[[Event], None] | None = None
        self.by_room: dict[str, Inbox] = {}
        self._stamps = count()
        self._arrival = asyncio.Event()

    def of(self, room: str) -> Inbox:
        """The queue of a room, or of the connection."""
        inbox = self.by_room.get(room)
        if inbox is None:
            inbox = self.by_room[room] = Inbox(room, self._stamps, self._came)
            if self.made is not None:
                self.made(inbox)
        inbox.is_closed = False
        return inbox

    def __iter__(self) -> Iterator[Inbox]:
        return iter(self.by_room.values())

    def close(self, room: str) -> None:
        """The queue of a room that the program is in no longer: what it holds can still be taken."""
        inbox = self.by_room.get(room)
        if inbox is None:
            return
        inbox.close()
        if self.made is not None or not inbox:  # else whoever reads all queues has it to the end
            del self.by_room[room]

    async def arrival(self) -> None:
        """Returns once there is an event in any of them."""
        while not any(self.by_room.values()):
            self._arrival.clear()
            await self._arrival.wait()

    def take(self) -> Event:
        """The oldest event of all; there must be one."""
        _, room = min((inbox.oldest or 0, inbox.room) for inbox in self if inbox)
        inbox = self.by_room[room]
        event = inbox.take()
        if inbox.is_closed and not inbox:
            del self.by_room[room]
        return event

    def _came(self, event: Event) -> None:
        self._arrival.set()
        if self.arrived is not None:
            self.arrived(event)
