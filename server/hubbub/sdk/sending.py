"""Commands that change a room, each exactly once: an `id` before anything is sent, and retries unchanged.

Knows which refusals pass with time, the pace and the order within a room. Refuses to know events.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict
from typing import Any

from hubbub.sdk.errors import RateLimited, Refused, SendTimeout
from hubbub.sdk.events import Message
from hubbub.sdk.exchange import AGAIN_SECONDS
from hubbub.sdk.line import Lost
from hubbub.sdk.session import Session

Frame = dict[str, Any]

SEND_SECONDS = 10.0
"""For a command to be settled, over as many connections as it takes; waits for limits come on top."""

LIMIT_SECONDS = 30.0
"""That a program is ready to wait because it was too fast; a longer wait is its own decision."""

ID_BYTES = 16
"""Of randomness in an `id`: two will not meet."""


class Sending:
    """The commands of one program. Those for one room leave in the order they were given."""

    def __init__(self, session: Session, limit_seconds: float = LIMIT_SECONDS) -> None:
        self._session = session
        self._limit_seconds = limit_seconds
        self._turn_by_room: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def publish(self, command: Frame, timeout_seconds: float = SEND_SECONDS) -> Message:
        """A message, as the log has it. Raises as `append`."""
        command = {"id": secrets.token_hex(ID_BYTES), **command}
        read = self._session.reading.own_message(command["room"], command["id"])
        try:
            await self.append(command, timeout_seconds)
            async with asyncio.timeout(timeout_seconds):
                return await asyncio.shield(read)
        except TimeoutError:
            raise _unsettled(command) from None
        finally:
            read.cancel()

    async def append(self, command: Frame, timeout_seconds: float = SEND_SECONDS) -> Frame:
        """The `ack` of a command. Raises SendTimeout, or Refused for what no wait can mend."""
        command = {"id": secrets.token_hex(ID_BYTES), **command}
        async with self._turn_by_room[command["room"]]:
            while True:
                await self._session.pace.permit()
                try:
                    async with asyncio.timeout(timeout_seconds):
                        return await self._settled(command)
                except TimeoutError:
                    raise _unsettled(command) from None
                except RateLimited as limited:
                    wait_seconds = (limited.retry_ms or AGAIN_SECONDS * 1000) / 1000
                    if wait_seconds > self._limit_seconds:
                        raise
                await asyncio.sleep(wait_seconds)

    async def _settled(self, command: Frame) -> Frame:
        """The `ack`, over as many connections as it takes."""
        while True:
            exchange, _ = await self._session.joined(command["room"])
            try:
                return await exchange.ask(command)
            except Lost:
                await exchange.ended()
            except RateLimited:
                raise
            except Refused as refused:
                if not refused.temporary:
                    raise
                await asyncio.sleep((refused.retry_ms or AGAIN_SECONDS * 1000) / 1000)


def _unsettled(command: Frame) -> SendTimeout:
    reason = f"No word about the {command['t']} in {command['room']}; the same id may be sent again."
    return SendTimeout(reason, room=command["room"], id=command["id"])
