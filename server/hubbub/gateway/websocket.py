"""The WebSocket layer of one connection: handshake, whole messages in, ready-made frames out, close.

Knows when reading has to stop, what answers a ping and how a close is said. Refuses to know how frames are
cut (frame_reader), what the handshake says (upgrade) and what a message says: a subclass takes messages,
one at a time, and says whether it can take more.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from http import HTTPStatus
from typing import cast

from hubbub.domain import limits
from hubbub.gateway.counts import Counts
from hubbub.gateway.frame_reader import BINARY, CLOSE, FRAGMENT, PING, PONG, TEXT, FrameReader, Unlawful
from hubbub.gateway.framing import close_frame, control_frame
from hubbub.gateway.upgrade import HEAD_ENDS, Request, refused
from hubbub.protocol.closes import CloseCode
from hubbub.protocol.codecs import JSON, Codec, negotiate

WRITE_BUFFER_BYTES = 65_536
"""Unsent bytes at which a reader counts as slow."""


UNSENT_FRAMES = 256
"""Kept for one write, as many as a batch has acks; more fill the transport, which knows a bound."""


class WebSocketLayer(asyncio.Protocol, ABC):
    """What it reads and cannot hand on is held as bytes, at most one read's worth; then it stops reading.

    The first bytes it gets are the whole upgrade request. Times are seconds of the monotonic clock.
    `closing_at` is set once a close frame was sent or received; from then on nothing is written and
    nothing more is taken.
    """

    __slots__ = (
        "_is_taking",
        "_max_bytes",
        "_reader",
        "_transport",
        "_unsent",
        "closing_at",
        "counts",
        "fragments_at",
        "heard_at",
        "is_reading",
        "is_writable",
        "reading_since",
        "sent_at",
    )  # fmt: skip

    _transport: asyncio.Transport

    def __init__(self, max_bytes: int = limits.FRAME_BYTES, counts: Counts | None = None) -> None:
        self.counts = counts if counts is not None else Counts()
        self._max_bytes = max_bytes
        self._reader: FrameReader | None = None  # from the handshake until nothing more is to be read
        self._is_taking = False
        self.is_writable = False
        self.is_reading = True
        self._unsent: list[bytes] | None = None
        self.closing_at: float | None = None
        self.fragments_at: float | None = None
        self.heard_at = self.sent_at = self.reading_since = time.monotonic()

    # -- What a subclass is asked ----------------------------------------------------------------

    @abstractmethod
    def refusal(self, request: Request) -> tuple[HTTPStatus, str] | None:
        """Why a request may not upgrade."""

    @abstractmethod
    def opened(self, request: Request, codec: Codec) -> None:
        """The connection was upgraded, to messages of that codec."""

    @abstractmethod
    def message(self, payload: bytes, is_text: bool) -> None:
        """One whole message; a text is UTF-8."""

    @abstractmethod
    def must_wait(self) -> bool:
        """Whether no more messages can be taken now; `go_on` says when they can."""

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
        if self._reader is not None:
            self._reader.feed(data)
            self.go_on()
        elif self.closing_at is None:
            self._shake_hands(data)

    def go_on(self) -> None:
        """Takes what was read, message by message, as long as it can be taken."""
        if self._is_taking:
            return  # a message that was taken says that the next one can be
        self._is_taking = True
        try:
            while self._reader is not None and not self.must_wait():
                frame = self._reader.next()
                if frame is None:
                    break
                self._take(*frame)
        except Unlawful as fault:
            self._say_goodbye(close_frame(fault.code))
        finally:
            self._is_taking = False
        self.mind_reading()

    def mind_reading(self) -> None:
        """Reads, unless something was read that has to wait."""
        should_read = not self.holds_input or not self.must_wait()
        if should_read == self.is_reading or self._transport.is_closing():
            return
        self.is_reading = should_read
        if should_read:
            self.reading_since = time.monotonic()
            self._transport.resume_reading()
            self.due_at(self.reading_since)
        else:
            self._transport.pause_reading()

    def drop_input(self) -> None:
        """Takes nothing more, whatever was read."""
        self._reader = None

    @property
    def holds_input(self) -> bool:
        """Whether bytes were read and not taken yet."""
        return self._reader is not None and not self._reader.is_empty

    # -- What arrives ----------------------------------------------------------------------------

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == CLOSE:
            self._say_goodbye(control_frame(CLOSE, payload))
        elif self.closing_at is not None:
            pass  # only the peer's goodbye is waited for
        elif kind in (TEXT, BINARY):
            self.fragments_at = None
            self.message(payload, kind == TEXT)
        elif kind == PING:
            self._transport.write(control_frame(PONG, payload))
        elif kind == FRAGMENT and self.fragments_at is None:
            self.fragments_at = time.monotonic()
            self.due_at(self.fragments_at + limits.FRAGMENT_SECONDS)

    def _shake_hands(self, received: bytes) -> None:
        """Accepts the upgrade, or answers why not; nothing of the handshake is kept."""
        head, ends, rest = received.partition(HEAD_ENDS)
        try:
            if not ends:
                raise ValueError("not a whole head")
            request = Request(head)
        except ValueError:
            self._half_close()
            return
        fault = self.refusal(request) or request.fault()
        if fault is not None:
            self._transport.write(refused(*fault))
            self._half_close()
            return
        offered = request.words("sec-websocket-protocol")
        codec = negotiate(offered) or JSON
        self._transport.write(request.accepted(codec.subprotocol if offered else None))
        self._reader = FrameReader(self._max_bytes)
        self.opened(request, codec)
        if rest and self._reader is not None:
            self._reader.feed(rest)
            self.go_on()

    # -- What leaves -----------------------------------------------------------------------------

    def write(self, ready: bytes, now: float | None = None) -> None:
        """Sends WebSocket frames that are put together already, after what was to be sent soon."""
        if self._unsent is not None:
            self._unsent.append(ready)
            ready, self._unsent = b"".join(self._unsent), None
        if self.closing_at is None:
            self.sent_at = now or time.monotonic()
            self.counts.bytes_out += len(ready)
            self._transport.write(ready)

    def write_soon(self, ready: bytes) -> None:
        """Sends frames in one write with all that are to be sent soon: before the loop's next turn ends.

        A write is a system call and as dear as all else that is done for an ack.
        """
        if self._unsent is None:
            self._unsent = [ready]
            asyncio.get_running_loop().call_soon(self._write_unsent)
        else:
            self._unsent.append(ready)
            if len(self._unsent) >= UNSENT_FRAMES:
                self._write_unsent()  # or one read of what is refused at once would be a megabyte of refusals

    def _write_unsent(self) -> None:
        if self._unsent is not None:
            self.write(b"")

    def shut(self, code: CloseCode) -> None:
        """Closes with a code; the peer has a few seconds to say goodbye."""
        if self.closing_at is not None:
            return
        if not self._transport.is_closing():
            self.write(close_frame(code))  # behind what was to be sent before it
        self._end()

    def _say_goodbye(self, frame: bytes) -> None:
        """The last of the connection: says it, if it was not said yet, and takes nothing more."""
        self._reader = None
        if not self._transport.is_closing():
            self.write(frame)
        self._half_close()

    def _half_close(self) -> None:
        """Ends our direction: what the peer is still sending is read and dropped until it ends too.

        With unread bytes a whole close would become a reset, and the close frame would be lost.
        """
        if not self._transport.is_closing():
            self._transport.write_eof()
        self._end()

    def _end(self) -> None:
        if self.closing_at is None:
            self.closing_at = time.monotonic()
            self.is_writable = False
            self.fragments_at = None
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
