"""Knows the wire as docs/protocol.md describes it, from a client's side; refuses to know how a server works.

A `Client` is one WebSocket connection. It reads as data arrives, without a task of its own, so that a
hundred of them fit beside the servers they load. Nothing here waits without a deadline.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Final, Literal, TypeAlias, cast
from urllib.parse import urlsplit

import msgpack
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import SEND_EOF
from websockets.typing import Origin, Subprotocol
from websockets.uri import parse_uri

from tests.support.journal import (
    Acked,
    Closed,
    Joined,
    Journal,
    Nacked,
    Opened,
    Out,
    Received,
    Sent,
    now,
    text_digest,
)

WireFrame: TypeAlias = dict[str, Any]
CodecName: TypeAlias = Literal["json", "msgpack"]
Position: TypeAlias = tuple[str, int]

# Longer than the server's own 2 s for the store, so that its answer is what a test sees.
ANSWER_SECONDS: Final = 10.0
# Pushes that nobody took yet; a test that lets more pile up has forgotten to read.
MAX_INBOX_FRAMES: Final = 200_000
# A reply may be reply_bytes (262,144) plus its frame; four times that is an error in itself.
MAX_MESSAGE_BYTES: Final = 1_048_576
# Commands that append, which the journal keeps.
APPENDING: Final = frozenset(
    {"publish", "edit", "remove", "react", "mode", "settings", "grant", "sanction", "floor"}
)

_connection_numbers = count(1)


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


class Client(asyncio.Protocol):
    """One connection: commands with refs, replies to await, pushes to expect.

    `on_push`, if given, takes every push instead of the inbox. Positions of joined rooms are kept in
    `position_by_room` as (epoch, seq), ready for a resume.
    """

    def __init__(
        self,
        wire: ClientProtocol,
        *,
        codec: CodecName,
        name: str,
        journal: Journal | None,
        on_push: Callable[[WireFrame], None] | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.codec = codec
        self.name = name
        self.connection_name = f"{name}#{next(_connection_numbers)}"
        self.journal = journal
        self.on_push = on_push
        self.upgraded: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[int] = loop.create_future()
        self.welcome: WireFrame = {}
        self.position_by_room: dict[str, Position] = {}
        self.inbox: deque[WireFrame] = deque()
        self.control_frames: deque[Opcode] = deque(maxlen=1000)
        self._wire = wire
        self._refs = count(1)
        self._answer_by_ref: dict[int, asyncio.Future[WireFrame]] = {}
        self._command_by_ref: dict[int, WireFrame] = {}
        self._arrival = asyncio.Event()
        self._parts: list[bytes] = []
        self._transport: asyncio.Transport | None = None

    # -- what a test calls

    @property
    def transport(self) -> asyncio.Transport:
        """The TCP transport, for tests that stop reading or cut the line."""
        assert self._transport is not None
        return self._transport

    @property
    def is_open(self) -> bool:
        """Whether the connection has not ended yet."""
        return not self.closed.done()

    @property
    def identity_id(self) -> str:
        """The id that the server gave this connection at `hello`."""
        return cast(str, self.welcome["identity"]["id"])

    async def hello(self, *, name: str | None = None, token: str | None = None, **more: Any) -> WireFrame:
        """Say who this is; returns `welcome` (or the `nack`)."""
        credentials = {"token": token} if token is not None else {"name": name or self.name}
        reply = await self.ask({"t": "hello", **credentials, **more})
        if reply["t"] == "welcome":
            self.welcome = reply
            self._record_opening(reply)
        return reply

    async def join(self, room: str, *, after: Position | None = None, **more: Any) -> WireFrame:
        """Enter a room, resuming after a position if given; returns `joined` (or the `nack`)."""
        command: WireFrame = {"t": "join", "room": room, **more}
        if after is not None:
            command["after"] = {"epoch": after[0], "seq": after[1]}
        return await self.ask(command)

    async def publish(self, room: str, text: str, *, id: str | None = None, **more: Any) -> WireFrame:
        """Publish a message; returns `ack` or `nack`."""
        command: WireFrame = {"t": "publish", "room": room, "text": text, **more}
        return await self.ask(command if id is None else {**command, "id": id})

    async def switch(self, room: str, mode: str, reason: str = "for a test", **more: Any) -> WireFrame:
        """Switch a room's mode; returns `ack` or `nack`."""
        return await self.ask({"t": "mode", "room": room, "mode": mode, "reason": reason, **more})

    async def ask(self, command: Mapping[str, Any], timeout_seconds: float = ANSWER_SECONDS) -> WireFrame:
        """Send a command and return the one reply to it.

        Raises `ConnectionLost` if the connection ends first, `NoAnswer` at the deadline.
        """
        return await self.answer(self.send(command), timeout_seconds)

    def send(self, command: Mapping[str, Any]) -> int:
        """Send a command under a fresh ref, without waiting; returns the ref."""
        if not self.is_open:
            raise ConnectionLost(self.closed.result())
        ref = next(self._refs)
        frame = {"ref": ref, **command}
        self._answer_by_ref[ref] = asyncio.get_running_loop().create_future()
        self._command_by_ref[ref] = frame
        if self.journal is not None and frame["t"] in APPENDING:
            self.journal.write(_sent(self.connection_name, frame))
        self.send_frame(frame)
        return ref

    async def answer(self, ref: int, timeout_seconds: float = ANSWER_SECONDS) -> WireFrame:
        """Return the reply to a command sent before."""
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._answer_by_ref[ref]
        except TimeoutError:
            command = self._command_by_ref.get(ref, {})
            raise NoAnswer(f"{self.name}: no reply to {command} within {timeout_seconds} s") from None
        finally:
            self._answer_by_ref.pop(ref, None)
            self._command_by_ref.pop(ref, None)

    async def expect(self, t: str, timeout_seconds: float = ANSWER_SECONDS, **fields: Any) -> WireFrame:
        """Take the first push of type `t` with these fields out of the inbox, waiting for it.

        Pushes before it stay in the inbox. Raises `NoAnswer` at the deadline.
        """
        try:
            async with asyncio.timeout(timeout_seconds):
                while True:
                    for push in self.inbox:
                        if push["t"] == t and all(push.get(name) == value for name, value in fields.items()):
                            self.inbox.remove(push)
                            return push
                    await self._next_arrival()
        except TimeoutError:
            seen = [push["t"] for push in self.inbox][-20:]
            raise NoAnswer(f"{self.name}: no {t} {fields} within {timeout_seconds} s; has {seen}") from None

    async def expect_entry(
        self, room: str, timeout_seconds: float = ANSWER_SECONDS, **fields: Any
    ) -> WireFrame:
        """Take the first `entry` push of a room whose entry has these fields; returns the push."""
        try:
            async with asyncio.timeout(timeout_seconds):
                while True:
                    for push in self.inbox:
                        if push["t"] == "entry" and push["room"] == room and _has(push["e"], fields):
                            self.inbox.remove(push)
                            return push
                    await self._next_arrival()
        except TimeoutError:
            raise NoAnswer(f"{self.name}: no entry {fields} in {room} within {timeout_seconds} s") from None

    async def close_code(self, timeout_seconds: float = ANSWER_SECONDS) -> int:
        """Wait for the end of the connection and return its code."""
        try:
            async with asyncio.timeout(timeout_seconds):
                return await asyncio.shield(self.closed)
        except TimeoutError:
            raise NoAnswer(f"{self.name}: not closed within {timeout_seconds} s") from None

    async def close(self) -> None:
        """Close with 1000 and wait for the server's close; aborts after 2 s."""
        if self.is_open:
            self._wire.send_close(1000)
            self._flush()
            try:
                async with asyncio.timeout(2):
                    await asyncio.shield(self.closed)
            except TimeoutError:
                self.transport.abort()

    def send_frame(self, frame: Mapping[str, Any]) -> None:
        """Send any frame as it is, without ref or journal."""
        if self.codec == "msgpack":
            self.send_message(msgpack.packb(frame), is_binary=True)
        else:
            self.send_message(json.dumps(frame, ensure_ascii=False).encode(), is_binary=False)

    def send_message(self, payload: bytes, *, is_binary: bool) -> None:
        """Send one WebSocket message of raw bytes, well-formed or not."""
        (self._wire.send_binary if is_binary else self._wire.send_text)(payload)
        self._flush()

    # -- asyncio.Protocol

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
        """Settle everything that still waits."""
        code = self._wire.close_code if self.upgraded.done() else None
        if not self.closed.done():
            self.closed.set_result(code if code is not None else 1006)
            if self.journal is not None and self.welcome:
                self.journal.write(Closed(now(), self.connection_name, self.closed.result()))
        lost = ConnectionLost(self.closed.result())
        waiting: list[asyncio.Future[Any]] = [self.upgraded, *self._answer_by_ref.values()]
        for future in waiting:
            if not future.done():
                future.set_exception(lost)
                future.exception()  # Read here: whoever waits still gets it, and nobody need wait.
        self._wake()

    # -- inside

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
                self._take(cast(WireFrame, unpacked))
        else:
            self.control_frames.append(frame.opcode)

    def _take(self, frame: WireFrame) -> None:
        ref = frame.get("ref")
        waiting = self._answer_by_ref.get(ref) if isinstance(ref, int) else None
        self._keep_position(frame, self._command_by_ref.get(ref, {}) if isinstance(ref, int) else {})
        if waiting is not None:
            if not waiting.done():
                waiting.set_result(frame)
        elif self.on_push is not None:
            self.on_push(frame)
        else:
            assert len(self.inbox) < MAX_INBOX_FRAMES, f"{self.name}: nobody reads its pushes"
            self.inbox.append(frame)
            self._wake()

    def _keep_position(self, frame: WireFrame, command: WireFrame) -> None:
        """Follow rooms and positions, and write the journal; one place for both."""
        match frame["t"]:
            case "entry":
                self.position_by_room[frame["room"]] = (frame["epoch"], frame["e"]["seq"])
            case "joined":
                self.position_by_room[frame["room"]] = (frame["epoch"], frame["seq"])
            case "ping" if "ref" not in frame and self.is_open:
                self.send_frame({"t": "pong"})
            case _:
                pass
        if self.journal is not None:
            self._record(self.journal, frame, command)

    def _record(self, journal: Journal, frame: WireFrame, command: WireFrame) -> None:
        at, me = now(), self.connection_name
        match frame["t"]:
            case "entry":
                entry = frame["e"]
                journal.write(
                    Received(at, me, frame["room"], frame["epoch"], entry["seq"], journal.digest(entry))
                )
            case "joined":
                journal.write(_joined(at, me, frame, command, journal))
            case "ack" if "seq" in frame:
                journal.write(
                    Acked(
                        at,
                        me,
                        frame["ref"],
                        frame["room"],
                        frame["epoch"],
                        frame["seq"],
                        frame.get("duplicate", False),
                    )
                )
            case "nack":
                journal.write(Nacked(at, me, frame["ref"], frame["code"]))
            case "left" | "reset" as why:
                journal.write(Out(at, me, frame["room"], why))
            case _:
                pass

    def _record_opening(self, welcome: WireFrame) -> None:
        if self.journal is not None:
            identity = welcome["identity"]["id"]
            self.journal.write(
                Opened(now(), self.connection_name, identity, self.name, welcome.get("node", ""))
            )

    async def _next_arrival(self) -> None:
        if not self.is_open:
            raise ConnectionLost(self.closed.result())
        await self._arrival.wait()

    def _wake(self) -> None:
        self._arrival.set()
        self._arrival.clear()  # Those who wait now are woken; the next to come wait for the next push.


def _has(entry: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    return all(entry.get(name) == value for name, value in fields.items())


def _sent(connection: str, frame: WireFrame) -> Sent:
    text = frame.get("text")
    return Sent(
        now(),
        connection,
        frame["ref"],
        frame.get("room", ""),
        frame["t"],
        frame.get("id"),
        text_digest(text) if isinstance(text, str) else None,
    )


def _joined(at: float, me: str, frame: WireFrame, command: WireFrame, journal: Journal) -> Joined:
    after = command.get("after") or {}
    return Joined(
        at,
        me,
        frame["room"],
        frame["epoch"],
        frame["seq"],
        frame["first"],
        frame["recovered"],
        tuple((entry["seq"], journal.digest(entry)) for entry in frame["entries"]),
        after.get("epoch"),
        after.get("seq"),
    )


async def open_client(
    url: str,
    *,
    codec: CodecName = "json",
    name: str = "client",
    journal: Journal | None = None,
    on_push: Callable[[WireFrame], None] | None = None,
    subprotocols: list[str] | None = None,
    origin: str | None = None,
    receive_buffer_bytes: int | None = None,
    timeout_seconds: float = ANSWER_SECONDS,
) -> Client:
    """Open a WebSocket to `url` (`ws://host:port/ws`) and return the client, before `hello`.

    Raises `UpgradeRefused` for an HTTP answer other than 101, `OSError` if nobody listens.
    """
    offered = [f"hubbub.v1.{codec}"] if subprotocols is None else subprotocols
    parts = urlsplit(url)

    def make() -> Client:
        wire = ClientProtocol(
            parse_uri(url),
            origin=Origin(origin) if origin is not None else None,
            subprotocols=[Subprotocol(offer) for offer in offered] or None,
            max_size=MAX_MESSAGE_BYTES,
        )
        return Client(wire, codec=codec, name=name, journal=journal, on_push=on_push)

    line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    line.setblocking(False)
    if receive_buffer_bytes is not None:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout_seconds):
            await loop.sock_connect(line, (parts.hostname or "127.0.0.1", parts.port or 80))
            _, client = await loop.create_connection(make, sock=line)
    except BaseException:
        line.close()
        raise
    try:
        async with asyncio.timeout(timeout_seconds):
            await client.upgraded
    except BaseException:
        client.transport.abort()
        raise
    return client


@asynccontextmanager
async def connected(
    url: str, *, name: str = "client", token: str | None = None, rooms: tuple[str, ...] = (), **how: Any
) -> AsyncIterator[Client]:
    """Open a client, say hello, join rooms; closes it at the end."""
    client = await open_client(url, name=name, **how)
    try:
        reply = await client.hello(token=token) if token is not None else await client.hello(name=name)
        assert reply["t"] == "welcome", reply
        for room in rooms:
            joined = await client.join(room)
            assert joined["t"] == "joined", joined
        yield client
    finally:
        await client.close()
