"""Knows the wire as docs/protocol.md describes it, from a client's side; refuses to know how a server works.

A `Client` is one WebSocket connection. Nothing here waits without a deadline.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Final, TypeAlias, cast
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.typing import Origin, Subprotocol
from websockets.uri import parse_uri

from tests.support.journal import Closed, Journal, Opened, now
from tests.support.recording import record_command, record_frame
from tests.support.wire import CodecName, ConnectionLost, Line, NoAnswer, UpgradeRefused, WireFrame

__all__ = [
    "Client",
    "CodecName",
    "ConnectionLost",
    "NoAnswer",
    "Position",
    "UpgradeRefused",
    "WireFrame",
    "connected",
    "open_client",
]

Position: TypeAlias = tuple[str, int]

# Longer than the server's own 2 s for the store, so that its answer is what a test sees.
ANSWER_SECONDS: Final = 10.0
# Pushes that nobody took yet; a test that lets more pile up has forgotten to read.
MAX_INBOX_FRAMES: Final = 200_000
# A reply may be reply_bytes (262,144) plus its frame; four times that is an error in itself.
MAX_MESSAGE_BYTES: Final = 1_048_576
_connection_numbers = count(1)


class Client(Line):
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
        super().__init__(wire, codec)
        self.name = name
        self.connection_name = f"{name}#{next(_connection_numbers)}"
        self.journal = journal
        self.on_push = on_push
        self.welcome: WireFrame = {}
        self.position_by_room: dict[str, Position] = {}
        self.inbox: deque[WireFrame] = deque()
        self._refs = count(1)
        self._answer_by_ref: dict[int, asyncio.Future[WireFrame]] = {}
        self._command_by_ref: dict[int, WireFrame] = {}
        self._arrival = asyncio.Event()

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
        if self.journal is not None:
            record_command(self.journal, self.connection_name, frame)
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

    # -- what the line calls

    def take(self, frame: WireFrame) -> None:
        """Give a reply to whoever waits for it, and a push to the inbox or `on_push`."""
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

    def ended(self, lost: ConnectionLost) -> None:
        """Tell everybody who still waits."""
        if self.journal is not None and self.welcome:
            self.journal.write(Closed(now(), self.connection_name, lost.code))
        for future in self._answer_by_ref.values():
            if not future.done():
                future.set_exception(lost)
                future.exception()  # Read here: whoever waits still gets it, and nobody need wait.
        self._wake()

    # -- inside

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
            record_frame(self.journal, self.connection_name, frame, command)

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
