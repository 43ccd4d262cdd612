"""The WebSocket layer of one connection: bytes in, whole messages out, handshake and close.

Knows RFC 6455 (through websockets' sans-I/O parser), fragments, UTF-8 and when reading has to stop.
Refuses to know what a message says: a subclass takes messages, and says whether it can take more.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, cast

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from hubbub.domain import limits
from hubbub.protocol.closes import CloseCode
from hubbub.protocol.codecs import negotiate

SLICE_BYTES = 4_096
"""Parsed at a time: at most some 700 of the smallest frames, so that no read becomes many objects."""

WRITE_BUFFER_BYTES = 65_536
"""Unsent bytes at which a reader counts as slow."""


class WebSocketLayer(asyncio.Protocol, ABC):
    """What it reads and cannot hand on is held, at most one read's worth; then it stops reading.

    Times are seconds of the monotonic clock. `closing_at` is set once a close frame was sent or received;
    from then on nothing is written and nothing more is taken.
    """

    __slots__ = (
        "_fragments", "_held", "_is_text", "_transport", "closing_at", "fragments_at", "heard_at",
        "is_reading", "is_writable", "reading_since", "sent_at", "ws",
    )  # fmt: skip

    _transport: asyncio.Transport

    def __init__(self, max_bytes: int = limits.FRAME_BYTES) -> None:
        self.ws = ServerProtocol(max_size=max_bytes, select_subprotocol=_select)
        self.is_writable = False
        self.is_reading = True
        self.closing_at: float | None = None
        self.fragments_at: float | None = None
        self.heard_at = self.sent_at = self.reading_since = time.monotonic()
        self._held = b""
        self._fragments: list[bytes] = []
        self._is_text = False

    # -- What a subclass is asked ----------------------------------------------------------------

    @abstractmethod
    def refusal(self, request: Request) -> tuple[HTTPStatus, str] | None:
        """Why a request may not upgrade."""

    @abstractmethod
    def opened(self, request: Request) -> None:
        """The connection was upgraded."""

    @abstractmethod
    def message(self, payload: bytes, is_text: bool) -> None:
        """One whole message; a text is UTF-8."""

    @abstractmethod
    def work(self) -> None:
        """Messages were taken: carry them out as far as possible."""

    @abstractmethod
    def must_wait(self) -> bool:
        """Whether no more messages can be taken now."""

    @abstractmethod
    def due_at(self, at: float) -> None:
        """Something here has a deadline."""

    # -- The transport ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one, but does not say so
        self._transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        self.is_writable = True

    def data_received(self, data: bytes) -> None:
        self.heard_at = time.monotonic()
        if self._held:
            self._held += data
        else:
            self._parse(data)

    def eof_received(self) -> bool | None:
        self.ws.receive_eof()
        return None

    def go_on(self) -> None:
        """Takes up what was held, if it can be taken now."""
        if self._held and not self.must_wait():
            held, self._held = self._held, b""
            self._parse(held)
        else:
            self.mind_reading()

    def mind_reading(self) -> None:
        """Reads as long as what was read can be handed on."""
        should_read = not self._held and not self.must_wait()
        if should_read == self.is_reading or self._transport.is_closing():
            return
        self.is_reading = should_read
        if should_read:
            self.reading_since = time.monotonic()
            self._transport.resume_reading()
            self.due_at(self.reading_since)
        else:
            self._transport.pause_reading()

    @property
    def holds_input(self) -> bool:
        return bool(self._held) or not self.is_reading

    # -- What arrives ----------------------------------------------------------------------------

    def _parse(self, data: bytes) -> None:
        for start in range(0, len(data), SLICE_BYTES):
            if self.must_wait():
                self._held = data[start:] + self._held
                break
            self.ws.receive_data(data[start : start + SLICE_BYTES])
            for event in self.ws.events_received():
                self._take(event)
            self.flush()
            self.work()
        self.mind_reading()

    def _take(self, event: Any) -> None:
        if isinstance(event, Request):
            self._shake_hands(event)
        elif self.closing_at is None and isinstance(event, Frame):
            match event.opcode:
                case Opcode.TEXT | Opcode.BINARY if event.fin:
                    self._whole(bytes(event.data), event.opcode is Opcode.TEXT)
                case Opcode.TEXT | Opcode.BINARY:
                    self._fragments = [bytes(event.data)]
                    self._is_text = event.opcode is Opcode.TEXT
                    self.fragments_at = time.monotonic()
                    self.due_at(self.fragments_at + limits.FRAGMENT_SECONDS)
                case Opcode.CONT:
                    self._continue(bytes(event.data), event.fin)
                case _:
                    pass  # the parser has answered pings and closes already

    def _continue(self, fragment: bytes, is_last: bool) -> None:
        self._fragments.append(fragment)
        if len(self._fragments) > limits.FRAGMENTS:
            self.shut(CloseCode.TOO_LARGE)
        elif is_last:
            payload, self._fragments, self.fragments_at = b"".join(self._fragments), [], None
            self._whole(payload, self._is_text)

    def _whole(self, payload: bytes, is_text: bool) -> None:
        if is_text and not payload.isascii() and not _is_utf8(payload):
            self.shut(CloseCode.BAD_UTF8)
        else:
            self.message(payload, is_text)

    def _shake_hands(self, request: Request) -> None:
        """Accepts the upgrade, or answers why not."""
        refused = self.refusal(request)
        response = self.ws.reject(*refused) if refused is not None else self.ws.accept(request)
        self.ws.send_response(response)
        self.flush()
        if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            self.opened(request)
        else:
            self._end()

    # -- What leaves -----------------------------------------------------------------------------

    def write(self, ready: bytes) -> None:
        """Sends WebSocket frames that are put together already."""
        if self.closing_at is None:
            self.sent_at = time.monotonic()
            self._transport.write(ready)

    def ping(self) -> None:
        """Sends a control ping."""
        self.ws.send_ping(b"")
        self.flush()

    def flush(self) -> None:
        """Sends what the parser has to say: the handshake, pongs, closes."""
        for chunk in self.ws.data_to_send():
            if self._transport.is_closing():
                break
            if chunk:
                self._transport.write(chunk)
            else:
                # Half a close: what the peer is still sending is read and dropped until it ends too. With
                # unread bytes a whole one would become a reset, and the close frame would be lost.
                self._transport.write_eof()
        if self.ws.state in (State.CLOSING, State.CLOSED):
            self._end()

    def shut(self, code: CloseCode) -> None:
        """Closes with a code; the peer has a few seconds to say goodbye."""
        if self.closing_at is not None:
            return
        if self.ws.state is State.OPEN:
            self.ws.send_close(int(code), code.reason)
        self.flush()
        self._end()

    def _end(self) -> None:
        if self.closing_at is None:
            self.closing_at = time.monotonic()
            self.is_writable = False
            self._held = b""
            self._fragments, self.fragments_at = [], None
            self.due_at(self.closing_at + limits.CLOSE_SECONDS)
            self.mind_reading()

    def abort_if_overdue(self, now: float) -> float | None:
        """Drops a peer that has not said goodbye in time; when to look again."""
        assert self.closing_at is not None
        ends_at = self.closing_at + limits.CLOSE_SECONDS
        if now < ends_at:
            return ends_at
        self._transport.abort()
        return None

    @property
    def unsent_bytes(self) -> int:
        return self._transport.get_write_buffer_size()

    @property
    def peer_host(self) -> str | None:
        """The address at the other end of the socket; None for a unix socket."""
        peer = self._transport.get_extra_info("peername")
        return peer[0] if isinstance(peer, tuple) else None


def _select(_: Any, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """The subprotocol that the response names; what has none was refused before."""
    codec = negotiate(offered) if offered else None
    return Subprotocol(codec.subprotocol) if codec is not None else None


def _is_utf8(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True
