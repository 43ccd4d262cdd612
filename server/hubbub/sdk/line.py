"""One connection to a server: frames out, frames in, and how it ended.

Knows the WebSocket, the subprotocol and what an HTTP refusal means. Refuses to know what frames say and to
come back by itself. A `Line` is all that the rest of the SDK knows of a connection, so that a test can
give it one without a socket.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from hubbub.protocol.closes import CloseCode
from hubbub.sdk.errors import AuthError, HubbubError, ProtocolError

Frame = dict[str, Any]

OPEN_SECONDS = 10.0
"""From the first packet to the end of the upgrade."""

CLOSE_SECONDS = 5.0
"""For the server's half of the closing handshake."""

SEND_SECONDS = 10.0
"""For the kernel to take a frame: a server that reads nothing for so long is as good as gone."""

FRAME_BYTES = 1 << 20
"""Of one frame from a server: four times the `reply_bytes` of the protocol."""

READ_AHEAD_FRAMES = 64
"""That the library holds while the program is busy; the kernel's buffers and the server hold the rest."""

RESTART_SECONDS = (1.0, 15.0)
"""After the end of a server that did not say when to come back: not all of its clients at once."""

NO_CODE = 1006
"""Stands for the close code of a connection that ended without one (RFC 6455, section 7.1.5)."""

SUBPROTOCOL = Subprotocol("hubbub.v1.msgpack")

_RETRIED_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
_TERMINAL_CODES = frozenset({1002, 1003, 1007, 1008, 1009, 1010})


class Lost(Exception):
    """The connection has ended; `code` is the close code, NO_CODE if there was none."""

    def __init__(self, code: int = NO_CODE, reason: str = "The connection was lost.") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Line(Protocol):
    """A connection. Both calls raise Lost once it has ended."""

    async def send(self, frame: Frame) -> None: ...

    async def receive(self) -> Frame: ...

    async def close(self) -> None:
        """Ends it in order; never fails."""


Dial = Callable[[], Awaitable[Line]]
"""Makes a connection; raises Lost where another try may help, HubbubError where none will."""


def terminal(lost: Lost) -> HubbubError | None:
    """The error that a close is, where coming back is of no use; else None (protocol, section 6)."""
    if lost.code == CloseCode.TOKEN_REFUSED:
        return AuthError(lost.reason, code="token_refused")
    if lost.code == CloseCode.BANNED:
        return AuthError(lost.reason, code="banned")
    if lost.code in _TERMINAL_CODES or 3500 <= lost.code < 4000 or 4500 <= lost.code < 5000:
        return ProtocolError(f"{lost.reason} (close code {lost.code})", code="closed_for_good")
    return None


def asked_seconds(lost: Lost) -> float:
    """How long a close code asks to wait at least (protocol, section 6)."""
    if lost.code in (CloseCode.GOING_AWAY, CloseCode.RESTARTING):
        return random.uniform(*RESTART_SECONDS)
    try:
        return float(CloseCode(lost.code).come_back_after_seconds)
    except ValueError:
        return 0.0


async def dial(url: str) -> Line:
    """A WebSocket to `ws://…/ws` or `wss://…/ws`."""
    try:
        socket = await connect(
            url,
            subprotocols=[SUBPROTOCOL],
            open_timeout=OPEN_SECONDS,
            close_timeout=CLOSE_SECONDS,
            ping_interval=None,  # the protocol has its own, and an answer to it is due by the program
            max_size=FRAME_BYTES,
            max_queue=READ_AHEAD_FRAMES,
            compression=None,
        )
    except InvalidStatus as refused:
        status = refused.response.status_code
        if status in _RETRIED_STATUS:
            raise Lost(reason=f"The server answered the upgrade with HTTP {status}.") from None
        raise ProtocolError(
            f"The server refuses the WebSocket (HTTP {status}).", code="upgrade_refused"
        ) from None
    except InvalidURI as fault:
        raise ProtocolError(str(fault), code="bad_url") from None
    except (OSError, TimeoutError, InvalidHandshake) as fault:
        raise Lost(reason=f"The server cannot be reached: {str(fault) or type(fault).__name__}.") from None
    if socket.subprotocol != SUBPROTOCOL:
        await socket.close()
        raise ProtocolError(f"The server does not speak {SUBPROTOCOL}.", code="unknown_subprotocol")
    return _WebSocketLine(socket)


class _WebSocketLine:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, frame: Frame) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._socket.send(msgspec.msgpack.encode(frame))
        except ConnectionClosed as closed:
            raise _lost(closed) from None
        except TimeoutError:
            raise Lost(reason="The server takes nothing any more.") from None

    async def receive(self) -> Frame:
        try:
            payload = await self._socket.recv(decode=False)
            frame = msgspec.msgpack.decode(payload)
        except ConnectionClosed as closed:
            raise _lost(closed) from None
        except (ValueError, RecursionError):
            raise ProtocolError("The server sent what is no frame.", code="broken_frame") from None
        if not isinstance(frame, dict) or not isinstance(frame.get("t"), str):
            raise ProtocolError("The server sent what is no frame.", code="broken_frame")
        return frame

    async def close(self) -> None:
        await self._socket.close()


def _lost(closed: ConnectionClosed) -> Lost:
    if closed.rcvd is None:
        return Lost()
    return Lost(closed.rcvd.code, closed.rcvd.reason or f"The server closed with {closed.rcvd.code}.")
