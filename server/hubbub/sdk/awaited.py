"""What somebody waits to read in a log: an own message, the answer to an ask for the floor.

Knows futures by what they wait for. Refuses to know handlers and queues: it is told by the reader, so that a
handler can wait for what its own queue will hold.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict

from hubbub.sdk.errors import Closed, HubbubError
from hubbub.sdk.events import (
    EntryEvent,
    FloorGranted,
    FloorRefused,
    FloorRequested,
    FloorRevoked,
    FloorWithdrawn,
    Message,
    ModeChanged,
)

FloorAnswer = FloorGranted | FloorRefused | FloorRevoked | FloorWithdrawn | ModeChanged
"""What can become of an ask. A switch of mode ends all of them."""

_Key = tuple[str, ...]


class Awaited:
    """Futures, each until it is done; whoever made one and wants it no longer cancels it."""

    def __init__(self) -> None:
        self._futures_by_key: defaultdict[_Key, list[asyncio.Future[EntryEvent]]] = defaultdict(list)

    def message(self, room: str, id: str) -> asyncio.Future[EntryEvent]:
        """Done when the own message with this `id` is read."""
        return self._new(("message", room, id))

    def floor(self, room: str) -> asyncio.Future[EntryEvent]:
        """Done when an ask that is still to be read has been answered, or has ended otherwise."""
        return self._new(("ask", room))

    @property
    def open_asks(self) -> int:
        """Futures of `floor` that are not done."""
        return sum(len(found) for key, found in self._futures_by_key.items() if key[0] != "message")

    def read(self, event: EntryEvent, my_id: str) -> None:
        """An entry of a log, whether or not anybody will be told of it."""
        room = event.room
        match event:
            case Message(author=author, id=id) if author.id == my_id:
                self._done(("message", room, id), event)
            case FloorRequested(subject=subject) if subject.id == my_id:
                self._futures_by_key["floor", room] += self._futures_by_key.pop(("ask", room), [])
            case FloorGranted() | FloorRefused() | FloorRevoked() | FloorWithdrawn():
                if event.subject.id == my_id:
                    self._done(("floor", room), event)
            case ModeChanged(mode=mode, previous=previous) if mode != previous:
                self._done(("floor", room), event)
            case _:
                pass

    def missed(self, room: str) -> None:
        """Entries of a room will never be read: an answer may have been among them."""
        for key in (("ask", room), ("floor", room)):
            for future in self._futures_by_key.pop(key, []):
                if not future.done():
                    reason = f"Entries of {room} were missed; `rights` says what holds now."
                    future.set_exception(HubbubError(reason, code="missed", room=room))

    def end(self) -> None:
        """Nothing will be read any more."""
        for futures in self._futures_by_key.values():
            for future in futures:
                if not future.done():
                    future.set_exception(Closed())
                    future.exception()  # read here: nobody need wait for it
        self._futures_by_key.clear()

    def _new(self, key: _Key) -> asyncio.Future[EntryEvent]:
        future: asyncio.Future[EntryEvent] = asyncio.get_running_loop().create_future()
        self._futures_by_key[key].append(future)
        future.add_done_callback(lambda future: self._forget(key, future))
        return future

    def _done(self, key: _Key, event: EntryEvent) -> None:
        for future in self._futures_by_key.pop(key, []):
            if not future.done():
                future.set_result(event)

    def _forget(self, key: _Key, future: asyncio.Future[EntryEvent]) -> None:
        for one in (key, ("floor", *key[1:])):  # an ask moves there when it is read
            futures = self._futures_by_key.get(one, [])
            if future in futures:
                futures.remove(future)
            if not futures:
                self._futures_by_key.pop(one, None)
