"""One connection to a running server, as docs/protocol.md describes it from a client's side.

Knows the upgrade, hello, replies and pushes, in JSON. Refuses to know what is asked and to come back by
itself: whoever follows a room decides when.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from hubbub.cli.faults import Declined, Unusable
from hubbub.protocol.closes import CloseCode

ANSWER_SECONDS = 10.0
"""For the upgrade and for each reply: the server itself answers within 2 s, then comes the way."""

FRAME_BYTES = 1 << 20
"""Of one frame from a server: four times the `reply_bytes` of the protocol."""

NO_CODE = 1006
"""Stands for the close code of a connection that ended without one (RFC 6455, 7.1.5)."""

SUBPROTOCOL = Subprotocol("hubbub.v1.json")

Frame = dict[str, Any]


class Lost(Exception):
    """The connection ended, or could not be made; `code` is the close code, NO_CODE if there was none."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Wire:
    """A connection that said hello. Calls raise Lost when it ends."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ref = 0
        self.welcome: Frame = {}

    async def ask(self, command: Mapping[str, Any]) -> Frame:
        """The one reply to a command; pushes before it are dropped. Raises Declined for a `nack`."""
        self._ref += 1
        await self._send({"ref": self._ref, **command})
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while (reply := await self._receive()).get("ref") != self._ref:
                    pass
        except TimeoutError:
            raise Lost(NO_CODE, f"The server did not answer within {ANSWER_SECONDS:.0f} s.") from None
        if reply["t"] == "nack":
            raise Declined(reply["code"], reply["reason"])
        return reply

    async def push(self) -> Frame:
        """The next push; waits as long as it takes."""
        while (frame := await self._receive()).get("ref") is not None:
            pass
        return frame

    async def _send(self, frame: Frame) -> None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._socket.send(json.dumps(frame))
        except ConnectionClosed as closed:
            raise _lost(closed) from None
        except TimeoutError:
            raise Lost(NO_CODE, "The server takes nothing.") from None

    async def _receive(self) -> Frame:
        try:
            frame: Frame = json.loads(await self._socket.recv())
        except ConnectionClosed as closed:
            raise _lost(closed) from None
        return frame


@asynccontextmanager
async def connected(url: str, hello: Mapping[str, str]) -> AsyncIterator[Wire]:
    """A connection to the server at an http(s) address, welcomed; raises Lost, Declined or Unusable."""
    try:
        socket = await connect(
            websocket_url(url),
            subprotocols=[SUBPROTOCOL],
            open_timeout=ANSWER_SECONDS,
            close_timeout=1.0,
            max_size=FRAME_BYTES,
            proxy=None,
        )
    except InvalidStatus as refused:
        status = refused.response.status_code
        if status in (429, 503):
            raise Lost(CloseCode.OVERLOADED, f"The server at {url} is busy (HTTP {status}).") from None
        body = (refused.response.body or b"")[:200].decode(errors="replace").strip()
        raise Declined(f"http_{status}", body or f"The server at {url} refuses the connection.") from None
    except (InvalidHandshake, OSError, TimeoutError, EOFError) as fault:
        raise Lost(NO_CODE, f"No server answers at {url} ({_why(fault)}).") from None
    async with socket:
        wire = Wire(socket)
        wire.welcome = await wire.ask({"t": "hello", **hello})
        yield wire


def websocket_url(url: str) -> str:
    """Where the WebSocket of a server is, whose address people know as http://…"""
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise Unusable(f"--url is an http:// or https:// address, not {url!r}.")
    return f"ws{url.removeprefix('http').rstrip('/')}/ws"


def _lost(closed: ConnectionClosed) -> Lost:
    if closed.rcvd is None:
        return Lost(NO_CODE, "The connection was lost.")
    return Lost(closed.rcvd.code, closed.rcvd.reason or f"The server closed with {closed.rcvd.code}.")


def _why(fault: Exception) -> str:
    if isinstance(fault, TimeoutError):
        return "no answer in time"
    return (isinstance(fault, OSError) and fault.strerror) or str(fault) or type(fault).__name__
