"""Knows one WebSocket line: the upgrade, messages of one codec, the close; refuses to know what frames mean.

It reads as data arrives, without a task of its own, so that a hundred lines fit beside the servers that
they load.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, cast

import msgpack
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import SEND_EOF, State

WireFrame: TypeAlias = dict[str, Any]
CodecName: TypeAlias = Literal["json", "msgpack"]


class ConnectionLost(Exception):
    """The connection ended before the answer came; `code` is the close code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class UpgradeRefused(Exception):
    """The server answered the upgrade with an HTTP status other than 101."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"HTTP {status}: {body[:200]!r}")
        self.status = status
        self.body = body


class NoAnswer(AssertionError):
    """What the test waited for did not come in time."""


class Line(asyncio.Protocol):
    """One WebSocket over TCP; a subclass takes the frames that arrive, and the end."""

    def __init__(self, wire: ClientProtocol, codec: CodecName) -> None:
        loop = asyncio.get_running_loop()
        self.codec = codec
        self.upgraded: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[int] = loop.create_future()
        self.control_frames: deque[Opcode] = deque(maxlen=1000)
        self._wire = wire
        self._parts: list[bytes] = []
        self._transport: asyncio.Transport | None = None

    def take(self, frame: WireFrame) -> None:
        """Take a frame that arrived."""
        raise NotImplementedError

    def ended(self, lost: ConnectionLost) -> None:
        """Take the end of the line; `closed` has its code already."""
        raise NotImplementedError

    @property
    def transport(self) -> asyncio.Transport:
        """The TCP transport, for tests that stop reading or cut the line."""
        assert self._transport is not None
        return self._transport

    @property
    def is_open(self) -> bool:
        """Whether the connection has not ended yet."""
        return not self.closed.done()

    def send_frame(self, frame: Mapping[str, Any]) -> None:
        """Send any frame as it is."""
        if self.codec == "msgpack":
            self.send_message(msgpack.packb(frame), is_binary=True)
        else:
            self.send_message(json.dumps(frame, ensure_ascii=False).encode(), is_binary=False)

    def send_message(self, payload: bytes, *, is_binary: bool) -> None:
        """Send one WebSocket message of raw bytes; ConnectionLost if the end has begun."""
        if self._wire.state is not State.OPEN:
            raise ConnectionLost(self._wire.close_rcvd.code if self._wire.close_rcvd else 1006)
        (self._wire.send_binary if is_binary else self._wire.send_text)(payload)
        self._flush()

    async def close(self) -> None:
        """Close with 1000 and wait for the server's close; aborts after 2 s."""
        if self.is_open:
            if self._wire.state is State.OPEN:
                self._wire.send_close(1000)
                self._flush()
            try:
                async with asyncio.timeout(2):
                    await asyncio.shield(self.closed)
            except TimeoutError:
                self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the upgrade."""
        self._transport = cast(asyncio.Transport, transport)
        self._wire.send_request(self._wire.connect())
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Take what arrived, frame by frame."""
        self._wire.receive_data(data)
        self._take_events()

    def eof_received(self) -> None:
        """Take the end of the stream."""
        self._wire.receive_eof()
        self._take_events()

    def connection_lost(self, exc: Exception | None) -> None:
        """Settle what waits for the upgrade or the end."""
        code = self._wire.close_code if self.upgraded.done() else None
        if not self.closed.done():
            self.closed.set_result(code if code is not None else 1006)
        lost = ConnectionLost(self.closed.result())
        if not self.upgraded.done():
            self.upgraded.set_exception(lost)
            self.upgraded.exception()  # Read here: whoever waits still gets it, and nobody need wait.
        self.ended(lost)

    def _flush(self) -> None:
        for piece in self._wire.data_to_send():
            if piece is SEND_EOF or piece == b"":
                if self.transport.can_write_eof() and not self.transport.is_closing():
                    self.transport.write_eof()
            else:
                self.transport.write(piece)

    def _take_events(self) -> None:
        for event in self._wire.events_received():
            if isinstance(event, Response):
                self._settle_upgrade(event)
            elif isinstance(event, Frame):
                self._take_frame(event)
        self._flush()
        if self._wire.close_expected() and self._wire.close_code is not None:
            self.transport.close()

    def _settle_upgrade(self, response: Response) -> None:
        if self._wire.handshake_exc is None:
            self.upgraded.set_result(None)
        elif not self.upgraded.done():
            self.upgraded.set_exception(UpgradeRefused(response.status_code, bytes(response.body or b"")))

    def _take_frame(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._parts.append(bytes(frame.data))
            if frame.fin:
                payload, self._parts = b"".join(self._parts), []
                unpacked = msgpack.unpackb(payload) if self.codec == "msgpack" else json.loads(payload)
                self.take(cast(WireFrame, unpacked))
        else:
            self.control_frames.append(frame.opcode)
