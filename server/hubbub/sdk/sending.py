"""Commands that change a room, each exactly once: an `id` before anything is sent, and retries unchanged.

Knows which refusals pass with time, the pace and the order within a room. Refuses to know events.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import Any
from weakref import WeakValueDictionary

from hubbub.sdk.errors import NotFound, RateLimited, Refused, SendTimeout
from hubbub.sdk.events import Message, of_entry
from hubbub.sdk.exchange import pause_seconds
from hubbub.sdk.line import Lost
from hubbub.sdk.session import Session

Frame = dict[str, Any]

SEND_SECONDS = 10.0
"""For a command to be settled, over as many connections as it takes; waits for limits come on top."""

LIMIT_SECONDS = 30.0
"""That a program is ready to wait because it was too fast; a longer wait is its own decision."""

READ_SECONDS = 2.0
"""From the `ack` until the message is looked up: its push comes before or right after."""

ID_BYTES = 16
"""Of randomness in an `id`: two will not meet."""


class _Lane:
    """The queue before one room: one command at a time, in the order they were given."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.moved_at = 0.0  # when the room last settled a command, or a wait for a limit was over


class Sending:
    """The commands of one program. Those for one room leave in the order they were given."""

    def __init__(self, session: Session, limit_seconds: float = LIMIT_SECONDS) -> None:
        self._session = session
        self._limit_seconds = limit_seconds
        self._lane_by_room: WeakValueDictionary[str, _Lane] = WeakValueDictionary()
        self._open = 0
        self._is_flushed = asyncio.Event()
        self._is_flushed.set()

    async def flushed(self) -> None:
        """Returns when no command is on its way."""
        await self._is_flushed.wait()

    async def publish(self, command: Frame, timeout_seconds: float = SEND_SECONDS) -> Message:
        """A message, as the log has it. Raises as `append`; NotFound where it has been removed since."""
        command = {"id": secrets.token_hex(ID_BYTES), **command}
        read = self._session.reading.awaited.message(command["room"], command["id"])
        try:
            ack = await self.append(command, timeout_seconds)
            if not ack.get("duplicate"):
                await asyncio.wait({read}, timeout=READ_SECONDS)
            event = read.result() if read.done() else await self._looked_up(command, ack)
        finally:
            read.cancel()
        if not isinstance(event, Message):
            raise NotFound("The message has been removed since.", code="unknown_entry", room=command["room"])
        return event

    async def append(self, command: Frame, timeout_seconds: float = SEND_SECONDS) -> Frame:
        """The `ack` of a command. Raises SendTimeout, or Refused for what no wait can mend."""
        command = {"id": secrets.token_hex(ID_BYTES), **command}
        lane = self._lane_by_room.setdefault(command["room"], _Lane())
        called_at = asyncio.get_running_loop().time()
        self._open += 1
        self._is_flushed.clear()
        try:
            async with lane.turn:
                return await self._in_turn(lane, called_at, command, timeout_seconds)
        finally:
            self._open -= 1
            if not self._open:
                self._is_flushed.set()

    async def _in_turn(self, lane: _Lane, called_at: float, command: Frame, timeout_seconds: float) -> Frame:
        """Its time runs while nothing moves: those behind it waited for the same, and give up with it."""
        now, left_seconds = asyncio.get_running_loop().time, self._limit_seconds
        while True:
            if await self._session.pace.permit():
                lane.moved_at = now()
            try:
                async with asyncio.timeout_at(max(called_at, lane.moved_at) + timeout_seconds):
                    reply = await self._settled(command)
            except TimeoutError:
                reason = f"No word about the {command['t']} in {command['room']}."
                raise SendTimeout(reason, room=command["room"], id=command["id"]) from None
            except RateLimited as limited:
                lane.moved_at = now()
                wait_seconds = pause_seconds(limited)
                left_seconds -= wait_seconds
                if left_seconds < 0:
                    raise
            except Refused:
                lane.moved_at = now()
                raise
            else:
                lane.moved_at = now()
                return reply
            await asyncio.sleep(wait_seconds)
            lane.moved_at = now()

    async def _settled(self, command: Frame) -> Frame:
        """The `ack`, over as many connections as it takes."""
        while True:
            exchange = await self._session.joined(command["room"])
            try:
                return await exchange.ask(command)
            except Lost:
                await exchange.ended()
            except RateLimited:
                raise
            except Refused as refused:
                if not refused.temporary:
                    raise
                await asyncio.sleep(pause_seconds(refused))

    async def _looked_up(self, command: Frame, ack: Frame) -> object:
        """What the log has at the place of an `ack`: it was read before, or will not be soon."""
        room, seq = command["room"], ack["seq"]
        page = await self._session.asked({"t": "history", "room": room, "before": seq + 1, "limit": 1})
        entry = page["entries"][-1]
        return of_entry(room, page["epoch"], entry, self._session.hub) if entry["seq"] == seq else None
