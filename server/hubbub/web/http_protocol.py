"""uvicorn's HTTP/1.1 protocol with deadlines and bounds on what a stranger may hold open.

Knows bytes, timers and how many connections an address has. Refuses to know routes and frames: a complete
request goes to the application, an upgraded connection to the gateway.
"""

import asyncio
from typing import Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.utils import is_ssl
from uvicorn.server import ServerState

from hubbub.domain import limits
from hubbub.hosts import UNKNOWN_ADDRESS, AddressCounter

BODY_SECONDS = 12.0  # for a complete body; the application's own deadline, which says so, is 10 s
HEAD_BYTES = 16_384  # a token has 4,096 at most, a browser's other headers rarely as much
SLICE_BYTES = 16_384  # fed to the parser at a time, so that no head outgrows its bound unseen
BODY_BYTES = (
    1_048_576  # of a request: 16 times what is taken, so that a refused sender can finish and read why
)


class BoundedHttpProtocol(HttpToolsProtocol):
    """One HTTP connection that cannot be held open by saying little.

    Where the lifespan's state has an `address_counter`, the connection counts for its peer's address until
    it is lost, or handed to the gateway, which then counts it for the address it finds in the request.
    """

    head_seconds: float = limits.REQUEST_HEAD_SECONDS
    body_seconds = BODY_SECONDS
    stall_seconds: float = limits.SLOW_READER_SECONDS

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._counter: AddressCounter | None = app_state.get("address_counter")
        self._counted_as: str | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None
        self._gateway: asyncio.Protocol | None = None
        self._is_in_head = True
        self._has_head = False
        self._head_bytes = 0
        self._body_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Counts the connection, or turns it away; its first head is due from now on."""
        # As uvicorn's own does, but that makes a socket object to learn the address of our end.
        self.connections.add(self)
        self.transport = transport
        self.flow = FlowControl(transport)
        self.server = _address(transport.get_extra_info("sockname"))
        self.client = _address(transport.get_extra_info("peername"))
        self.scheme = "https" if is_ssl(transport) else "http"
        address = self.client[0] if self.client else UNKNOWN_ADDRESS
        if self._counter is None:
            pass
        elif self._counter.enter(address):
            self._counted_as = address
        else:
            self._turn_away(429, b"retry-after: 60\r\n")
            return
        self._arm(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Gives everything back; not called for a connection that was upgraded."""
        self._release()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feeds the parser; what follows an upgrade request is the gateway's first read."""
        self._unset_keepalive_if_required()
        while data and not self.transport.is_closing():
            if self._gateway is not None:
                self._gateway.data_received(data)
                return
            if self._is_in_head:
                self._arm(self.head_seconds)
            data = self._feed(data[:SLICE_BYTES]) + data[SLICE_BYTES:]

    def on_message_begin(self) -> None:
        """A head begins, perhaps in the same read as the request before it."""
        self._arm(self.head_seconds)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is there: from now on the body is due."""
        self._is_in_head = False
        self._has_head = True
        self._body_bytes = 0
        self._disarm()
        self._arm(self.body_seconds)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Counts what comes, also where nobody reads it any more."""
        self._body_bytes += len(body)
        if self._body_bytes > BODY_BYTES:
            self.transport.abort()
            return
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is complete; the next head is due once it has begun."""
        self._is_in_head = True
        self._disarm()
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The peer reads too slowly: it has 30 s to take something."""
        super().pause_writing()
        self._watch_stall()

    def resume_writing(self) -> None:
        """The peer took what was waiting."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._end_stall()

    def timeout_keep_alive_handler(self) -> None:
        """Closes an idle connection, also if its peer never takes the rest."""
        self._close()

    def handle_websocket_upgrade(self) -> None:
        """Hands the transport to the gateway, which counts the connection from here on."""
        self._release()
        super().handle_websocket_upgrade()
        self._gateway = cast(asyncio.Protocol, self.transport.get_protocol())
        # The parser holds methods of this object: a ring that only the collector would find.
        self.parser = None  # type: ignore[assignment]

    def _feed(self, piece: bytes) -> bytes:
        """Parses a piece; returns what of it follows an upgrade request."""
        self._has_head = False
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as upgrade:
            self._follow_upgrade()
            return piece[upgrade.args[0] :]
        except httptools.HttpParserError:
            self._turn_away(400)
            return b""
        self._head_bytes = self._head_bytes + len(piece) if self._is_in_head and not self._has_head else 0
        if self._head_bytes >= HEAD_BYTES:
            self._turn_away(431)
        return b""

    def _follow_upgrade(self) -> None:
        if not self._should_upgrade():
            return  # as `Upgrade: h2c`: the request itself stands, and so does what follows it
        if self._is_answering():
            self._turn_away(400)  # a pipelined upgrade: two answers would run into each other
            return
        self.handle_websocket_upgrade()

    def _is_answering(self) -> bool:
        cycle = cast(RequestResponseCycle | None, self.cycle)
        return cycle is not None and not cycle.response_complete

    def _turn_away(self, status: int, headers: bytes = b"") -> None:
        if not self._is_answering():
            self.transport.write(
                STATUS_LINE[status] + headers + b"content-length: 0\r\nconnection: close\r\n\r\n"
            )
        self._close()

    def _close(self) -> None:
        self._disarm()
        self.transport.close()
        self._watch_stall()  # a closed transport lives as long as its peer leaves bytes unread

    def _arm(self, seconds: float) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(seconds, self._turn_away, 408)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _watch_stall(self) -> None:
        if self._stall is None:
            self._stall = self.loop.call_later(self.stall_seconds, self.transport.abort)

    def _end_stall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    def _release(self) -> None:
        self._disarm()
        self._end_stall()
        if self._counter is not None and self._counted_as is not None:
            self._counter.leave(self._counted_as)
            self._counted_as = None


def _address(name: object) -> tuple[str, int] | None:
    """Host and port of one end of a socket; None for a unix socket, which has neither."""
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) and len(name) >= 2 else None
