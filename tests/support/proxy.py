"""Knows how to stand between a node and its store and lose what the store says; refuses to change a byte.

Two ways of losing: the reply to a command that the store has executed (the line is cut instead), and a
published message on a line that stays open. And one of delaying: requests are held, and reach the store
long after the node has given them up.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, cast

from tests.support.stores import Store

READ_BYTES: Final = 65_536
# Tasks end when their line is cut; this is only a bound.
STOP_SECONDS: Final = 5.0
AGGREGATES: Final = {b"*": 1, b">": 1, b"~": 1, b"%": 2}
BULKS: Final = (b"$", b"=", b"!")


class StoreProxy:
    """A TCP proxy in front of a store; loses nothing until it is told to."""

    def __init__(self, store: Store, seed: int) -> None:
        self._store = store
        self._chance = random.Random(seed)
        self._server: asyncio.Server | None = None
        self._lines: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}
        self.lost_reply_share = 0.0
        self.lost_push_share = 0.0
        self.lost_replies = 0
        self.lost_pushes = 0
        self._is_holding = False
        self._may_go_on = asyncio.Event()

    def hold_requests(self) -> None:
        """Hold what nodes ask for from now on, but for subscriptions, on the lines there are or will be."""
        self._may_go_on = asyncio.Event()
        self._is_holding = True

    def pass_new_lines(self) -> None:
        """Let lines that are opened from now on pass; what is held stays held."""
        self._is_holding = False

    def release_requests(self) -> None:
        """Let what was held reach the store, also from lines that their node has closed since."""
        self._is_holding = False
        self._may_go_on.set()

    def hold(self) -> asyncio.Event | None:
        """What a line has to wait for before its next request, if there is something."""
        return self._may_go_on if self._is_holding else None

    @property
    def url(self) -> str:
        """The address that a node is given as that of its store."""
        assert self._server is not None
        return f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/0"

    async def start(self) -> None:
        """Listen on a free port of loopback."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def stop(self) -> None:
        """Listen no longer and cut all lines."""
        if self._server is not None:
            self._server.close()
        serving = list(self._lines)
        for lines in self._lines.values():
            for line in lines:
                line.transport.abort()
        if serving:
            await asyncio.wait(serving, timeout=STOP_SECONDS)

    async def _serve(self, from_node: asyncio.StreamReader, to_node: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._lines[task] = [to_node]
        try:
            from_store, to_store = await asyncio.open_connection("127.0.0.1", self._store.port)
            self._lines[task].append(to_store)
            await Line(self, from_node, to_node, from_store, to_store).carry()
        except* OSError:
            pass  # Either end may go away at any time; the other one is told by the cut below.
        finally:
            for line in self._lines.pop(task):
                line.transport.abort()

    def loses_reply(self) -> bool:
        """Draw whether this reply is lost."""
        is_lost = self._chance.random() < self.lost_reply_share
        self.lost_replies += is_lost
        return is_lost

    def loses_push(self, frame: bytes) -> bool:
        """Draw whether this frame of a subscriber's line is lost; only published messages are."""
        is_lost = b"message\r\n" in frame[:40] and self._chance.random() < self.lost_push_share
        self.lost_pushes += is_lost
        return is_lost


class Line:
    """One connection of a node, and the connection to the store that stands for it."""

    def __init__(
        self,
        proxy: StoreProxy,
        from_node: asyncio.StreamReader,
        to_node: asyncio.StreamWriter,
        from_store: asyncio.StreamReader,
        to_store: asyncio.StreamWriter,
    ) -> None:
        self._proxy = proxy
        self._from_node, self._to_node = from_node, to_node
        self._from_store, self._to_store = from_store, to_store
        self._is_subscriber = False
        self._calls_function = False

    async def carry(self) -> None:
        """Carry both directions until the store has nothing more to say, or its reply is lost."""
        async with asyncio.TaskGroup() as group:
            forth = group.create_task(self._to_the_store())
            await self._to_the_node()
            forth.cancel()

    async def _to_the_store(self) -> None:
        hold: asyncio.Event | None = None
        while request := await self._from_node.read(READ_BYTES):
            upper = request.upper()
            self._is_subscriber = self._is_subscriber or b"SUBSCRIBE" in upper
            self._calls_function = b"FCALL" in upper
            hold = hold or (None if self._is_subscriber else self._proxy.hold())
            if hold is not None:
                await hold.wait()
            self._to_store.write(request)
            await self._to_store.drain()
        self._to_store.write_eof()  # The node has gone; the store still carries out what it was sent.

    async def _to_the_node(self) -> None:
        pending = b""
        while reply := await self._from_store.read(READ_BYTES):
            if not self._is_subscriber:
                if self._calls_function and self._proxy.loses_reply():
                    return
                self._to_node.write(reply)
            else:
                frames, pending = split_frames(pending + reply)
                for frame in frames:
                    if not self._proxy.loses_push(frame):
                        self._to_node.write(frame)
            await self._to_node.drain()


def split_frames(stream: bytes) -> tuple[list[bytes], bytes]:
    """Cut a store's output into whole replies and pushes; returns them and the rest."""
    frames: list[bytes] = []
    begin = 0
    while (end := _frame_end(stream, begin)) is not None:
        frames.append(stream[begin:end])
        begin = end
    return frames, stream[begin:]


def _frame_end(stream: bytes, begin: int) -> int | None:
    """Return where the value that begins here ends, or None if it is not all there."""
    line_end = stream.find(b"\r\n", begin)
    if line_end < 0:
        return None
    kind, size = stream[begin : begin + 1], stream[begin + 1 : line_end]
    end: int | None = line_end + 2
    if kind in BULKS and int(size) >= 0:
        end = line_end + 2 + int(size) + 2
        return end if end <= len(stream) else None
    if kind in AGGREGATES:
        for _ in range(int(size) * AGGREGATES[kind]):
            if end is None:
                return None
            end = _frame_end(stream, end)
    return end


@asynccontextmanager
async def running_proxy(store: Store, seed: int) -> AsyncIterator[StoreProxy]:
    """Run a proxy for the length of the block."""
    proxy = StoreProxy(store, seed)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
