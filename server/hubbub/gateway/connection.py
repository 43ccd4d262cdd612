"""One WebSocket: bytes in, commands in order; frames out, and when to stop.

Knows the transport and the WebSocket protocol (through websockets' sans-I/O parser). Refuses to know
what commands do: the table in `commands` does. It holds no task, no queue and no timer of its own: what
is read and not yet carried out is bounded, and then reading stops.
"""

import asyncio
import time
from collections import deque
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, cast

import structlog
from websockets.exceptions import InvalidHandshake
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State as WebSocketState
from websockets.server import ServerProtocol

from hubbub.domain import limits
from hubbub.domain.identity import Credentials, Identity
from hubbub.domain.refusals import Code, Refusal, Refused
from hubbub.domain.rights import TokenRole
from hubbub.gateway.framing import framed
from hubbub.gateway.presence import Card
from hubbub.protocol import frames
from hubbub.protocol.closes import CloseCode, Shut
from hubbub.protocol.codecs import JSON, Codec, negotiate
from hubbub.protocol.session import Answer, Execute, Ignore, Session, Signs
from hubbub.roomlog.client import OutcomeUnknown, StoreUnavailable
from hubbub.roomlog.publisher import UNAVAILABLE

if TYPE_CHECKING:
    from hubbub.gateway.hub import Hub
    from hubbub.gateway.node import Node
    from hubbub.gateway.room import Room

SLICE_BYTES = 4_096
"""Parsed at a time: at most some 700 of the smallest frames, so that no read becomes many objects."""

PENDING_COMMANDS = 1_024
"""Commands of one connection on their way to the log; then it is not read until some are answered."""

WRITE_BUFFER_BYTES = 65_536
"""Unsent bytes at which a reader counts as slow."""

log = structlog.get_logger(__name__)


class GatewayProtocol(asyncio.Protocol):
    """uvicorn's `ws=` protocol: it gets the upgrade request as its first bytes, and then the socket."""

    __slots__ = (
        "_address", "_closing_at", "_fragments", "_fragments_at", "_heard_at", "_held", "_inbox", "_is_busy",
        "_is_reading", "_is_text", "_reading_since", "_sent_at", "_session", "_stalled_at", "_stalled_bytes",
        "_transport", "_ws", "codec", "credentials", "is_counted", "is_quiet", "is_writable", "node", "pending", "rooms",
        "watched",
    )  # fmt: skip

    _transport: asyncio.Transport
    _session: Session

    def __init__(self, config: Any, server_state: Any, app_state: dict[str, Any]) -> None:
        self.node: Node = app_state["node"]
        self.codec: Codec = JSON
        self.credentials: Credentials | None = None
        self.is_quiet = False
        self.is_counted = False
        self.is_writable = False
        self.pending = 0
        self.rooms: dict[str, Room] = {}
        self.watched: set[Hub] = set()
        self._ws = ServerProtocol(max_size=limits.FRAME_BYTES, select_subprotocol=self._select)
        self._address: str | None = None
        self._inbox: deque[frames.ClientFrame] = deque()
        self._held = b""
        self._is_busy = False
        self._is_reading = True
        self._fragments: list[bytes] | None = None
        self._fragments_at = 0.0
        self._is_text = False
        self._closing_at: float | None = None
        self._stalled_at: float | None = None
        self._stalled_bytes = 0
        self._heard_at = self._sent_at = self._reading_since = time.monotonic()

    @property
    def identity(self) -> Identity:
        """Who it is; only after `welcome`."""
        assert self.credentials is not None
        return self.credentials.identity

    def token_role(self, hub: str) -> TokenRole | None:
        """The role that its token gives in a hub."""
        assert self.credentials is not None
        role = self.credentials.role_by_hub.get(hub)
        return TokenRole(role, self.credentials.expires_at_ms) if role is not None else None

    def card_in(self, hub: str) -> Card:
        """Its identity as nodes tell each other."""
        assert self.credentials is not None
        return Card.of(self.credentials, hub, self.is_quiet)

    # -- The transport ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        self.is_writable = True

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_writable = False
        if hasattr(self, "_session"):
            self._session.closed()
        for room in list(self.rooms.values()):
            room.leave(self)
        for hub in self.watched:
            hub.watchers.remove(self)
        self.watched.clear()
        self._inbox.clear()
        self._held = b""
        self.node.lost(self, self._address)

    def data_received(self, data: bytes) -> None:
        self._heard_at = time.monotonic()
        if self._held:
            self._held += data
        else:
            self._parse(data)

    def eof_received(self) -> bool | None:
        self._ws.receive_eof()
        return None

    def pause_writing(self) -> None:
        self.is_writable = False
        self._stalled_at = time.monotonic()
        self._stalled_bytes = self._transport.get_write_buffer_size()
        self.node.wheel.put(self, self._stalled_at + 1)
        self._mind_reading()

    def resume_writing(self) -> None:
        self.is_writable = self._closing_at is None
        self._stalled_at = None
        for room in list(self.rooms.values()):
            subscription = room.subscriptions.get(self)
            if subscription is not None and subscription.cursor < room.tail.head:
                room.feed(subscription)
        self._carry_on()

    # -- What arrives ----------------------------------------------------------------------------

    def _parse(self, data: bytes) -> None:
        """Parses slice by slice until something has to wait; the rest is held, and reading stops."""
        for start in range(0, len(data), SLICE_BYTES):
            if self._must_wait():
                self._held = data[start:] + self._held
                break
            self._ws.receive_data(data[start : start + SLICE_BYTES])
            for event in self._ws.events_received():
                self._take(event)
            self._flush()
            self._work()
        self._mind_reading()

    def _take(self, event: Any) -> None:
        if isinstance(event, Request):
            self._shake_hands(event)
        elif self._closing_at is None and isinstance(event, Frame):
            match event.opcode:
                case Opcode.TEXT | Opcode.BINARY if event.fin:
                    self._message(bytes(event.data), event.opcode is Opcode.TEXT)
                case Opcode.TEXT | Opcode.BINARY:
                    self._fragments = [bytes(event.data)]
                    self._fragments_at = time.monotonic()
                    self._is_text = event.opcode is Opcode.TEXT
                    self.node.wheel.put(self, self._fragments_at + limits.FRAGMENT_SECONDS)
                case Opcode.CONT:
                    self._continue(bytes(event.data), event.fin)
                case _:
                    pass  # the parser has answered pings and closes already

    def _continue(self, fragment: bytes, is_last: bool) -> None:
        assert self._fragments is not None
        self._fragments.append(fragment)
        if len(self._fragments) > limits.FRAGMENTS:
            self.shut(CloseCode.TOO_LARGE)
        elif is_last:
            payload, self._fragments = b"".join(self._fragments), None
            self._message(payload, self._is_text)

    def _message(self, payload: bytes, is_text: bool) -> None:
        if is_text and not payload.isascii() and not _is_utf8(payload):
            self.shut(CloseCode.BAD_UTF8)
            return
        match self._session.receive(payload, not is_text, time.monotonic()):
            case Execute(command):
                self._inbox.append(command)
            case Answer(frame):
                self.send(frame)
            case Shut() as shut:
                self.shut(shut.code)
            case Ignore():
                pass

    def _shake_hands(self, request: Request) -> None:
        """Accepts the upgrade, or answers why not (protocol, section 2)."""
        refused = self.node.door.refusal(request)
        response = self._ws.reject(*refused) if refused is not None else self._ws.accept(request)
        self._ws.send_response(response)
        if response.status_code != 101:
            self._closing_at = time.monotonic()
            self.is_writable = False
            return
        now = time.monotonic()
        self._session = Session(self.codec, now)
        peer = self._transport.get_extra_info("peername")
        self._address = self.node.door.address(request, peer[0] if isinstance(peer, tuple) else None)
        if not self.node.met(self, self._address):
            self._flush()
            self.shut(CloseCode.TOO_MANY_CONNECTIONS)
        self.node.wheel.put(self, now + limits.HELLO_SECONDS)

    def _select(self, offered: Any) -> Any:
        codec = negotiate(offered)
        if codec is None:
            raise InvalidHandshake("no known subprotocol")  # the door has said so already
        self.codec = codec
        return codec.subprotocol if offered else None

    # -- Carrying out ----------------------------------------------------------------------------

    def _must_wait(self) -> bool:
        return (
            self._is_busy
            or len(self._inbox) >= limits.INBOX_FRAMES
            or self.pending >= PENDING_COMMANDS
            or (not self.is_writable and self._closing_at is None)
        )

    def _work(self) -> None:
        """Carries out what is in the inbox, in order, until something has to be waited for."""
        while self._inbox and not self._is_busy and self._closing_at is None:
            if self.pending >= PENDING_COMMANDS or not self.is_writable:
                return
            command = self._inbox.popleft()
            try:
                waiting = self.node.commands.carry_out(self, command)
            except Exception as fault:
                self._fail(command, fault)
            else:
                if waiting is not None:
                    self._is_busy = True
                    self.node.spawn(self._wait_for(command, waiting))

    async def _wait_for(self, command: frames.ClientFrame, waiting: Coroutine[Any, Any, None]) -> None:
        try:
            async with asyncio.timeout(limits.STORE_SECONDS):
                await waiting
        except Exception as fault:
            self._fail(command, fault)
        finally:
            self._is_busy = False
        self._carry_on()

    def _carry_on(self) -> None:
        """Goes on with what had to wait."""
        self._work()
        if self._held and not self._must_wait():
            held, self._held = self._held, b""
            self._parse(held)
        else:
            self._mind_reading()

    def settled(self) -> None:
        """One of its pending commands has been answered."""
        self.pending -= 1
        if self._inbox or self._held or not self._is_reading:
            self._carry_on()

    def _fail(self, command: frames.ClientFrame, fault: Exception) -> None:
        ref = getattr(command, "ref", None)
        match fault:
            case Refused():
                refusal = fault.refusal
            case StoreUnavailable() | OutcomeUnknown() | TimeoutError():
                refusal = UNAVAILABLE  # what is not pending changes nothing
            case _:
                refusal = self.node.fault(fault, type(command).__name__)
        if ref is not None:
            self.refuse(ref, refusal)
        if isinstance(command, frames.Hello):
            self._session.hello_refused()

    def _mind_reading(self) -> None:
        """Reads as long as what was read can be carried out."""
        should_read = not self._must_wait() and not self._held
        if should_read == self._is_reading or self._transport.is_closing():
            return
        self._is_reading = should_read
        if should_read:
            self._reading_since = time.monotonic()
            self._transport.resume_reading()
            self._look_soon()
        else:
            self._transport.pause_reading()

    # -- What leaves -----------------------------------------------------------------------------

    def write(self, ready: bytes) -> None:
        """Sends WebSocket frames that are put together already."""
        if self._closing_at is None:
            self._sent_at = time.monotonic()
            self._transport.write(ready)

    def send(self, frame: frames.ServerFrame) -> None:
        """Sends one frame in the connection's codec."""
        self.write(framed(self.codec.encode(frame), self.codec.is_binary))

    def refuse(self, ref: int, refusal: Refusal, id: str | None = None) -> None:
        """Answers a command with a nack."""
        self.send(frames.nack(ref, refusal, id))
        if refusal.code is Code.RATE_LIMITED:
            shut = self._session.replied_rate_limited(time.monotonic())
            if shut is not None:
                self.shut(shut.code)

    def welcomed(self, credentials: Credentials, is_quiet: bool) -> None:
        """A hello was accepted, or renewed."""
        self.credentials = credentials
        self.is_quiet = is_quiet
        self._session.welcomed(credentials.identity, credentials.expires_at_ms)
        self._look_soon()

    def renewal_refusal(self, identity_id: str) -> Refusal | None:
        return self._session.renewal_refusal(identity_id)

    def shut(self, code: CloseCode) -> None:
        """Closes with a code; the peer has a few seconds to say goodbye."""
        if self._closing_at is not None:
            return
        self._closing_at = time.monotonic()
        self.is_writable = False
        if hasattr(self, "_session"):
            self._session.closed()
        self._inbox.clear()
        self._held = b""
        if self._ws.state is WebSocketState.OPEN:
            self._ws.send_close(int(code), code.reason)
        self._flush()
        self.node.wheel.put(self, self._closing_at + limits.CLOSE_SECONDS)
        self._mind_reading()

    def _flush(self) -> None:
        """Sends what the parser has to say: the handshake, pongs, closes."""
        for chunk in self._ws.data_to_send():
            if chunk:
                self._transport.write(chunk)
            else:
                self._transport.close()
        if self._ws.state is not WebSocketState.OPEN and self._closing_at is None:
            if self._ws.state is not WebSocketState.CONNECTING:
                self._closing_at = time.monotonic()
                self.is_writable = False
                self.node.wheel.put(self, self._closing_at + limits.CLOSE_SECONDS)

    # -- Deadlines -------------------------------------------------------------------------------

    def look(self, now: float) -> float | None:
        """Does what is due: the wheel calls it (see `wheel.Timed`)."""
        if self._transport.is_closing() and self._closing_at is None:
            self._closing_at = now
        if self._closing_at is not None:
            if now < self._closing_at + limits.CLOSE_SECONDS:
                return self._closing_at + limits.CLOSE_SECONDS
            self._transport.abort()
            return None
        if self._stalled_at is not None:
            return self._look_at_stall(now)
        if self._fragments is not None and now >= self._fragments_at + limits.FRAGMENT_SECONDS:
            self.shut(CloseCode.TOO_LARGE)
            return now + limits.CLOSE_SECONDS
        due = self._session.on_deadline(now, self.node.clock.now_ms(), self._signs())
        match due:
            case frames.PingPush():
                self.send(due)
                self._ws.send_ping(b"")
                self._flush()
            case Shut():
                self.shut(due.code)
                return now + limits.CLOSE_SECONDS
            case None:
                pass
        return self._session.next_deadline(now, self.node.clock.now_ms(), self._signs())

    def _look_at_stall(self, now: float) -> float:
        assert self._stalled_at is not None
        left_bytes = self._transport.get_write_buffer_size()
        if left_bytes != self._stalled_bytes:
            self._stalled_at, self._stalled_bytes = now, left_bytes
        elif now >= self._stalled_at + limits.SLOW_READER_SECONDS:
            self.shut(CloseCode.SLOW_READER)
            return now + limits.CLOSE_SECONDS
        return now + 1

    def _look_soon(self) -> None:
        now = time.monotonic()
        if hasattr(self, "_session") and self._closing_at is None:
            at = self._session.next_deadline(now, self.node.clock.now_ms(), self._signs())
            self.node.wheel.put(self, at)

    def _signs(self) -> Signs:
        return Signs(self._sent_at, self._heard_at, self._reading_since if self._is_reading else None)


def _is_utf8(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True
