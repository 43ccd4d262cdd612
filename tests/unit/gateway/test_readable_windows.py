"""A reader that stops and reads again is written to once per readable window, on real sockets.

A readable window begins when the reader's socket takes bytes again and ends when it is full once more.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import uvloop

from hubbub.domain import limits
from hubbub.gateway.connection import GatewayProtocol
from hubbub.gateway.door import Door
from hubbub.gateway.tail import TAIL_ENTRIES
from hubbub.hosts import Sites
from hubbub.tokens import Tokens
from tests.support.client import Client, connected
from tests.support.tokens import SECRET
from tests.support.waiting import until
from tests.unit.gateway.fake_reader import payloads
from tests.unit.gateway.fake_store import ROOM, FakeLog, FakeStore
from tests.unit.gateway.machine import new_node

BURST = 64
KERNEL_BYTES = 4_096
"""Asked of the kernel for each end's buffer, so that a reader who stops is soon felt."""


class RecordingTransport:
    """A real transport that keeps what entries each write held, window by window."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.windows: list[list[list[int]]] = [[]]
        self.is_paused = False
        self.writes_while_paused = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, written: bytes) -> None:
        if not written.startswith(b"HTTP/"):
            frames = [json.loads(payload) for payload in payloads(written)]
            seqs = [frame["e"]["seq"] for frame in frames if frame["t"] == "entry"]
            if seqs:
                self.windows[-1].append(seqs)
                self.writes_while_paused += self.is_paused
        self._transport.write(written)

    def writelines(self, pieces: list[bytes]) -> None:
        self.write(b"".join(pieces))


class WatchedProtocol(GatewayProtocol):
    """The gateway's own protocol on such a transport."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.recorder = RecordingTransport(cast(asyncio.Transport, transport))
        super().connection_made(cast(asyncio.Transport, self.recorder))

    def pause_writing(self) -> None:
        self.recorder.is_paused = True
        super().pause_writing()

    def resume_writing(self) -> None:
        self.recorder.is_paused = False
        self.recorder.windows.append([])
        super().resume_writing()


@dataclass
class Stage:
    """A node over a store in memory, and one reader in its room over a real socket."""

    log: FakeLog
    reader: Client
    recorder: RecordingTransport

    def append(self, count: int, size_bytes: int = 0) -> None:
        """Other nodes append messages, whose envelopes arrive at once."""
        for _ in range(count):
            self.log.append("message", filling="x" * size_bytes)

    async def stall(self) -> None:
        """The reader stops, and entries come until nothing more can be written to it."""
        self.reader.transport.pause_reading()

        async def is_full() -> bool:
            if not self.recorder.is_paused:
                self.append(4, 4_000)
            return self.recorder.is_paused

        await until("its socket is full", is_full)

    async def heard(self) -> None:
        """The node has taken all that was appended."""
        ear = self.log.store.ear
        assert ear is not None
        await until("all envelopes were heard", ear.arrived.empty)

    async def read_on(self) -> list[list[int]]:
        """The reader reads again up to the newest entry; returns what was written for that, by write."""
        known = len(self.recorder.windows)
        self.reader.transport.resume_reading()
        head = self.log.room.seq
        await until("all was read", lambda: self.reader.position_by_room[ROOM][1] == head)
        return [write for window in self.recorder.windows[known:] for write in window]

    def assert_whole(self) -> None:
        """The reader was pushed every entry there is, in order, each once."""
        pushed = [push["e"]["seq"] for push in self.reader.inbox if push["t"] == "entry"]
        assert pushed == list(range(1, self.log.room.seq + 1))


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    """Run a node with one reader, who has joined the empty room."""
    log = FakeLog(FakeStore())
    log.answers_at_once = True
    node = new_node(log.store, log)
    node.tokens = Tokens(SECRET.encode(), None, admits_guests=True)
    made: list[WatchedProtocol] = []

    def protocol() -> WatchedProtocol:
        made.append(WatchedProtocol(None, None, {"node": node}))
        return made[-1]

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
        port = listener.getsockname()[1]
        node.door = Door(Sites("127.0.0.1", port), ())
        async with node.running():
            server = await asyncio.get_running_loop().create_server(protocol, sock=listener)
            url = f"ws://127.0.0.1:{port}/ws"
            try:
                async with connected(url, rooms=(ROOM,), receive_buffer_bytes=KERNEL_BYTES) as reader:
                    yield Stage(log, reader, made[0].recorder)
            finally:
                server.close()  # a loop with an open server would never close
    assert node.faults == []


def play(story: Callable[[Stage], Awaitable[None]]) -> None:
    """Tell one story on the event loop that serves in earnest."""

    async def tell() -> None:
        async with staged() as stage:
            await story(stage)
            stage.assert_whole()
            assert stage.recorder.writes_while_paused == 0

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(tell())


def test_a_burst_that_came_while_a_reader_stood_still_is_one_write() -> None:
    async def story(stage: Stage) -> None:
        await stage.stall()
        await stage.heard()
        head = stage.log.room.seq
        stage.append(BURST)
        await stage.heard()
        writes = await stage.read_on()
        assert len(writes) == 1
        assert writes[0][-BURST:] == list(range(head + 1, head + BURST + 1))

    play(story)


def test_a_burst_larger_than_a_write_takes_as_few_writes_as_hold_it() -> None:
    async def story(stage: Stage) -> None:
        await stage.stall()
        stage.append(BURST, 4_000)
        await stage.heard()
        writes = await stage.read_on()
        full = limits.WRITE_CHUNK_BYTES // (4_000 + 200)
        assert sum(map(len, writes)) >= BURST
        assert all(len(write) >= full for write in writes[:-1]), [len(write) for write in writes]

    play(story)


def test_a_reader_far_behind_the_tail_is_written_whole_chunks_of_the_log() -> None:
    async def story(stage: Stage) -> None:
        await stage.stall()
        stage.append(2 * TAIL_ENTRIES)
        await stage.heard()
        writes = await stage.read_on()
        assert sum(map(len, writes)) >= 2 * TAIL_ENTRIES
        assert len(writes) <= 2 * TAIL_ENTRIES // BURST, [len(write) for write in writes]

    play(story)


def test_a_reader_that_stands_still_again_and_again_is_never_written_to_while_it_does() -> None:
    async def story(stage: Stage) -> None:
        for _ in range(8):
            await stage.stall()
            stage.append(BURST)
            await stage.heard()
            await stage.read_on()

    play(story)
