"""One connection: its session, its commands in order, its deadlines.

Knows what may be carried out when, and what is sent in which codec. Refuses to know bytes (websocket)
and what commands do: the table in `commands` does. It holds no task, no queue and no timer of its own:
what is read and not yet carried out is bounded, and then reading stops.
"""

import asyncio
import time
from collections.abc import Coroutine
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from hubbub.domain import limits
from hubbub.domain.identity import Credentials, Identity
from hubbub.domain.refusals import Code, Refusal, Refused
from hubbub.domain.rights import TokenRole, token_role
from hubbub.gateway.framing import PING, framed
from hubbub.gateway.presence import Card
from hubbub.gateway.upgrade import Request
from hubbub.gateway.websocket import WebSocketLayer
from hubbub.protocol import frames
from hubbub.protocol.closes import CloseCode, Shut
from hubbub.protocol.codecs import CODECS, JSON, Codec
from hubbub.protocol.session import Answer, Execute, Ignore, Session, Signs
from hubbub.roomlog.client import OutcomeUnknown, StoreUnavailable
from hubbub.roomlog.publisher import UNAVAILABLE

if TYPE_CHECKING:
    from hubbub.gateway.hub import Hub
    from hubbub.gateway.node import Node
    from hubbub.gateway.room import Room

PENDING_COMMANDS = 1_024
"""Commands of one connection on their way to the log; then it is not read until some are answered."""

STALL_LOOK_SECONDS = 1.0
"""Between two looks at a reader that has stopped reading."""

_NO_HUBS: "frozenset[Hub]" = frozenset()
"""What nearly everybody watches; one for all."""

_PINGS = {codec: framed(codec.encode(frames.PingPush()), codec.is_binary) + PING for codec in CODECS}
"""Is anybody there: what the client's program sees, and what its WebSocket library answers by itself."""


class GatewayProtocol(WebSocketLayer):
    """uvicorn's `ws=` protocol: it gets the upgrade request as its first bytes, and then the socket."""

    __slots__ = (
        "_address", "_is_busy", "_leaves_with", "_session", "_stalled_at", "_stalled_bytes", "_waiting",
        "codec", "credentials", "is_counted", "is_quiet", "node", "pending", "rooms", "watched",
    )  # fmt: skip

    def __init__(self, config: Any, server_state: Any, app_state: dict[str, Any]) -> None:
        super().__init__(counts=app_state["node"].counts)
        self.node: Node = app_state["node"]
        self.codec: Codec = JSON
        self.credentials: Credentials | None = None
        self.is_quiet = False
        self.is_counted = False
        self.pending = 0
        self.rooms: dict[str, Room] = {}
        self.watched = _NO_HUBS
        self._session: Session | None = None
        self._address: str | None = None
        self._is_busy = False
        self._waiting: asyncio.Task[None] | None = None
        self._stalled_at: float | None = None
        self._stalled_bytes = 0
        self._leaves_with: CloseCode | None = None

    @property
    def identity(self) -> Identity:
        """Who it is; only after `welcome`."""
        assert self.credentials is not None
        return self.credentials.identity

    def token_role(self, hub: str) -> TokenRole | None:
        """The role that its token gives in a hub."""
        assert self.credentials is not None
        return token_role(self.credentials, hub)

    def card_in(self, hub: str) -> Card:
        """Its identity as nodes tell each other."""
        assert self.credentials is not None
        return Card.of(self.credentials, hub, self.is_quiet)

    # -- Coming and going ------------------------------------------------------------------------

    def refusal(self, request: Request) -> tuple[HTTPStatus, str] | None:
        return self.node.door.refusal(request)

    def opened(self, request: Request, codec: Codec) -> None:
        self.codec = codec
        now = time.monotonic()
        self._session = Session(self.codec, now)
        self._address = self.node.door.address(request, self.peer_host)
        self.due_at(now + limits.HELLO_SECONDS)
        if not self.node.met(self, self._address):
            self.shut(CloseCode.TOO_MANY_CONNECTIONS)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_writable = False
        if self._waiting is not None:
            self._waiting.cancel()  # whom nobody waits for must not enter a room
        if self._session is not None:
            self._session.closed()
        for room in list(self.rooms.values()):
            room.leave(self)
        for hub in self.watched:
            hub.watchers.remove(self)
        self.watched = _NO_HUBS
        self.drop_input()
        self.node.lost(self, self._address)

    def shut(self, code: CloseCode) -> None:
        """Closes with a code; what was read and not carried out is dropped."""
        if self._session is not None:
            self._session.closed()
        super().shut(code)

    def shut_when_answered(self, code: CloseCode) -> None:
        """Closes with a code once what was sent is answered, which takes 2 s at most."""
        self._leaves_with = code
        if not self.pending:
            self.shut(code)

    def pause_writing(self) -> None:
        self.is_writable = False
        self._stalled_at, self._stalled_bytes = time.monotonic(), self.unsent_bytes
        self.due_at(self._stalled_at + STALL_LOOK_SECONDS)
        self.mind_reading()

    def resume_writing(self) -> None:
        self.is_writable = self.closing_at is None
        self._stalled_at = None
        for room in list(self.rooms.values()):
            room.resume(self)
        self.go_on()

    # -- Commands --------------------------------------------------------------------------------

    def must_wait(self) -> bool:
        if self.closing_at is not None:
            return False  # the peer's goodbye is read
        return self._is_busy or not self.is_writable or self.pending >= PENDING_COMMANDS

    def message(self, payload: bytes, is_text: bool) -> None:
        """Carries out what a message says; what takes longer is waited for before the next one."""
        assert self._session is not None
        match self._session.receive(payload, not is_text, self.heard_at):
            case Execute(command):
                self._carry_out(command)
            case Answer(frame):
                if isinstance(frame, frames.Nack):
                    self.node.counts.refused[frame.code] += 1
                self.send(frame)
            case Shut() as shut:
                self.shut(shut.code)
            case Ignore():
                pass

    def _carry_out(self, command: frames.ClientFrame) -> None:
        try:
            waiting = self.node.commands.carry_out(self, command)
        except Exception as fault:
            self._fail(command, fault)
        else:
            if waiting is not None:
                self._is_busy = True
                self._waiting = self.node.spawn(self._wait_for(command, waiting))

    async def _wait_for(self, command: frames.ClientFrame, waiting: Coroutine[Any, Any, None]) -> None:
        try:
            async with asyncio.timeout(limits.STORE_SECONDS):
                await waiting
        except Exception as fault:
            self._fail(command, fault)
        finally:
            self._is_busy = False
            self._waiting = None
        self.go_on()

    def settled(self) -> None:
        """One of its pending commands has been answered."""
        self.pending -= 1
        if self._leaves_with is not None and not self.pending:
            self.shut(self._leaves_with)
        elif self.holds_input:
            self.go_on()

    def _fail(self, command: frames.ClientFrame, fault: Exception) -> None:
        match fault:
            case Refused():
                refusal = fault.refusal
            case StoreUnavailable() | OutcomeUnknown() | TimeoutError():
                refusal = UNAVAILABLE  # what is not pending changes nothing
            case _:
                refusal = self.node.fault(fault, type(command).__name__)
        ref = getattr(command, "ref", None)
        if ref is not None:
            self.refuse(ref, refusal)
        if isinstance(command, frames.Hello) and self._session is not None:
            self._session.hello_refused()

    # -- What is sent ----------------------------------------------------------------------------

    def send(self, frame: frames.ServerFrame) -> None:
        """Sends one frame in the connection's codec."""
        self.write(framed(self.codec.encode(frame), self.codec.is_binary))

    def send_soon(self, frame: frames.ServerFrame) -> None:
        """Sends a frame in one write with all others that are to be sent soon."""
        self.write_soon(framed(self.codec.encode(frame), self.codec.is_binary))

    def refuse(self, ref: int, refusal: Refusal, id: str | None = None) -> None:
        """Answers a command with a nack."""
        self.node.counts.refused[refusal.code.value] += 1
        self.send_soon(frames.nack(ref, refusal, id))
        if refusal.code is Code.RATE_LIMITED and self._session is not None:
            shut = self._session.replied_rate_limited(time.monotonic())
            if shut is not None:
                self.shut_when_answered(shut.code)  # what was taken is in the log: its acks come first

    def welcomed(self, credentials: Credentials, is_quiet: bool) -> None:
        """A hello was accepted, or renewed."""
        self.credentials = credentials
        self.is_quiet = is_quiet
        if self._session is not None:
            self._session.welcomed(credentials.identity, credentials.expires_at_ms)
        self.due_at(time.monotonic())

    def renewal_refusal(self, identity_id: str) -> Refusal | None:
        """Why a hello cannot renew this connection."""
        return self._session.renewal_refusal(identity_id) if self._session is not None else None

    # -- Deadlines -------------------------------------------------------------------------------

    def due_at(self, at: float) -> None:
        self.node.wheel.put(self, at)

    def look(self, now: float) -> float | None:
        """Does what is due: the wheel calls it (see `wheel.Timed`)."""
        if self.closing_at is not None or self._session is None:
            return self.abort_if_overdue(now) if self.closing_at is not None else None
        if self._stalled_at is not None:
            return self._look_at_stall(now, self._stalled_at)
        if self.fragments_at is not None and now >= self.fragments_at + limits.FRAGMENT_SECONDS:
            self.shut(CloseCode.TOO_LARGE)
            return now + limits.CLOSE_SECONDS
        wall_ms = self.node.clock.now_ms()
        due = self._session.on_deadline(now, wall_ms, self._signs())
        match due:
            case frames.PingPush():
                self.write(_PINGS[self.codec])
            case Shut():
                self.shut(due.code)
                return now + limits.CLOSE_SECONDS
            case None:
                pass
        next_at = self._session.next_deadline(now, wall_ms, self._signs())
        return (
            next_at
            if self.fragments_at is None
            else min(next_at, self.fragments_at + limits.FRAGMENT_SECONDS)
        )

    def _look_at_stall(self, now: float, stalled_at: float) -> float:
        if self.unsent_bytes < self._stalled_bytes:
            self._stalled_at, self._stalled_bytes = now, self.unsent_bytes
        elif now >= stalled_at + limits.SLOW_READER_SECONDS:
            self.shut(CloseCode.SLOW_READER)
            return now + limits.CLOSE_SECONDS
        return now + STALL_LOOK_SECONDS

    def _signs(self) -> Signs:
        return Signs(self.sent_at, self.heard_at, self.reading_since if self.is_reading else None)
