"""Commands and their replies over one connection, and what comes unasked.

Knows refs, deadlines and signs of life. Refuses to know what frames mean and what comes after.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from itertools import count
from typing import Any

from hubbub.sdk.errors import Refused, refusal, understood
from hubbub.sdk.line import Line, Lost

Frame = dict[str, Any]
OnReply = Callable[[Frame], None]

REPLY_SECONDS = 10.0
"""For a reply: the server itself answers within 2 s, then comes the way."""

GRACE_SECONDS = 10.0
"""Of silence beyond the server's own ping interval; then nobody is there."""

HELLO_SILENCE_SECONDS = 15.0
"""Of silence before `welcome` has told the ping interval."""

AGAIN_SECONDS = 1.0
"""Before asking once more what the server could not settle and gave no time for."""


class Exchange:
    """One connection from its opening to its end."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._refs = count(1)
        self._waiting: dict[int, tuple[asyncio.Future[Frame], OnReply | None]] = {}
        self._silence_seconds = HELLO_SILENCE_SECONDS
        self._broken = asyncio.Event()
        self._ended = asyncio.Event()

    def expect_pings(self, ping_ms: int) -> None:
        """Silence longer than this, and some grace, means that nobody is there."""
        self._silence_seconds = ping_ms / 1000 + GRACE_SECONDS

    async def ask(self, command: Frame, on_reply: OnReply | None = None) -> Frame:
        """The one reply to a command. Raises Lost or Refused.

        `on_reply` is called with it before anything that comes behind it is read.
        """
        if self._broken.is_set():
            raise Lost()
        ref = next(self._refs)
        future: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._waiting[ref] = (future, on_reply)
        try:
            async with asyncio.timeout(REPLY_SECONDS):
                await self._line.send({**command, "ref": ref})
                reply = await future
        except TimeoutError:
            self._broken.set()
            raise Lost(reason="The server did not answer.") from None
        except Lost:
            self._broken.set()
            raise
        finally:
            self._waiting.pop(ref, None)
        if reply["t"] == "nack":
            raise refusal(reply, command.get("room"))
        return reply

    async def settled(self, command: Frame, on_reply: OnReply | None = None) -> Frame:
        """As `ask`, again while the refusal is temporary. Raises Lost, or Refused for good."""
        while True:
            try:
                return await self.ask(command, on_reply)
            except Refused as refused:
                if not refused.temporary:
                    raise
                await asyncio.sleep(pause_seconds(refused))

    async def push(self, frame: Frame) -> None:
        """A frame without a reply; dropped where the connection is gone."""
        with contextlib.suppress(Lost):
            await self._line.send(frame)

    async def read(self, pushed: Callable[[Frame], None]) -> None:
        """Reads until the connection ends: raises Lost. `pushed` must not wait."""
        while True:
            try:
                async with asyncio.timeout(self._silence_seconds):
                    frame = await self._line.receive()
            except TimeoutError:
                raise Lost(reason="The server gives no sign of life.") from None
            ref = frame.get("ref")
            if ref is None and frame["t"] == "ping":
                await self._line.send({"t": "pong"})
                continue
            with understood(frame):
                pushed(frame) if ref is None else self._answered(ref, frame)

    async def watch(self) -> None:
        """Raises Lost once a command has found out that the connection is of no use any more."""
        await self._broken.wait()
        raise Lost(reason="The server did not answer.")

    async def ended(self) -> None:
        """Returns once it has been closed."""
        await self._ended.wait()

    async def close(self) -> None:
        """Ends it; whoever waits for a reply is told that it is lost."""
        self._broken.set()
        self._ended.set()
        for future, _ in self._waiting.values():
            if not future.done():
                future.set_exception(Lost())
                future.exception()  # read here: whoever waits gets it, and nobody need wait
        await self._line.close()

    def _answered(self, ref: int, reply: Frame) -> None:
        future, on_reply = self._waiting.get(ref, (None, None))
        if future is None or future.done():
            return
        if on_reply is not None:
            on_reply(reply)
        future.set_result(reply)


def pause_seconds(refused: Refused) -> float:
    """How long to wait before the same command is sent again."""
    return (refused.retry_ms or AGAIN_SECONDS * 1000) / 1000
