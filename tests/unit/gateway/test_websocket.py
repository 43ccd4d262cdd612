"""The WebSocket layer between a transport and whoever takes messages: order, waiting, pings and the end."""

import asyncio
import struct
from http import HTTPStatus
from typing import cast

import pytest

from hubbub.gateway.framing import close_frame, control_frame
from hubbub.gateway.upgrade import HEAD_ENDS, Request
from hubbub.gateway.websocket import WebSocketLayer
from hubbub.protocol.closes import CloseCode
from hubbub.protocol.codecs import JSON, MSGPACK, Codec

REQUEST = (
    b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
BYE = struct.pack("!H", 1000)


def frame(opcode: int, payload: bytes = b"", fin: bool = True) -> bytes:
    """A client's frame; the mask is zeros."""
    return bytes(((0x80 if fin else 0) | opcode, 0x80 | len(payload))) + bytes(4) + payload


class RecordingTransport:
    """Keeps what is written, and says what else was asked of it, in order."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.asked: list[str] = []
        self.is_gone = False

    def write(self, written: bytes) -> None:
        self.written.append(written)

    def write_eof(self) -> None:
        self.asked.append("half-close")

    def pause_reading(self) -> None:
        self.asked.append("pause")

    def resume_reading(self) -> None:
        self.asked.append("resume")

    def abort(self) -> None:
        self.asked.append("abort")

    def is_closing(self) -> bool:
        return self.is_gone

    def set_write_buffer_limits(self, high: int) -> None:
        pass


class Taker(WebSocketLayer):
    """Takes messages while it may; `wait_after` is the message that has to be waited for."""

    def __init__(
        self, wait_after: bytes | None = None, refused: tuple[HTTPStatus, str] | None = None
    ) -> None:
        super().__init__()
        self.taken: list[tuple[bytes, bool]] = []
        self.codec: Codec | None = None
        self.is_waiting = False
        self.goes_on_at_once = False
        self._wait_after = wait_after
        self._refused = refused
        self.transport = RecordingTransport()
        self.connection_made(cast(asyncio.Transport, self.transport))

    def refusal(self, request: Request) -> tuple[HTTPStatus, str] | None:
        return self._refused

    def opened(self, request: Request, codec: Codec) -> None:
        self.codec = codec

    def message(self, payload: bytes, is_text: bool) -> None:
        self.taken.append((payload, is_text))
        self.is_waiting = payload == self._wait_after
        if self.goes_on_at_once:
            self.go_on()

    def must_wait(self) -> bool:
        return self.closing_at is None and self.is_waiting

    def due_at(self, at: float) -> None:
        pass

    @property
    def texts(self) -> list[bytes]:
        return [payload for payload, _ in self.taken]


def opened(wait_after: bytes | None = None) -> Taker:
    """A connection behind its handshake."""
    taker = Taker(wait_after)
    taker.data_received(REQUEST + b"\r\n")
    taker.transport.written.clear()
    return taker


# -- The handshake ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offered", "codec"),
    [(b"", JSON), (b"Sec-WebSocket-Protocol: a, hubbub.v1.msgpack, hubbub.v1.json\r\n", MSGPACK)],
)
def test_a_lawful_request_is_answered_and_opens(offered: bytes, codec: Codec) -> None:
    taker = Taker()
    taker.data_received(REQUEST + offered + b"\r\n")
    [answer] = taker.transport.written
    assert answer.startswith(b"HTTP/1.1 101 ") and answer.endswith(HEAD_ENDS)
    assert (b"Sec-WebSocket-Protocol: hubbub.v1.msgpack\r\n" in answer) is (codec is MSGPACK)
    assert taker.codec is codec and taker.transport.asked == []


def test_messages_right_behind_the_request_are_taken() -> None:
    taker = Taker()
    taker.data_received(REQUEST + b"\r\n" + frame(1, b"one") + frame(2, b"two"))
    assert taker.taken == [(b"one", True), (b"two", False)]


def test_who_may_not_upgrade_is_told_why_and_nothing_more_is_taken() -> None:
    taker = Taker(refused=(HTTPStatus.FORBIDDEN, "Not here.\n"))
    taker.data_received(REQUEST + b"\r\n")
    assert taker.transport.written[0].startswith(b"HTTP/1.1 403 ") and taker.codec is None
    taker.data_received(frame(1, b"one"))
    assert taker.taken == [] and taker.transport.asked == ["half-close"]


def test_what_is_no_handshake_is_refused() -> None:
    taker = Taker()
    taker.data_received(REQUEST.replace(b": 13", b": 12") + b"\r\n")
    assert taker.transport.written[0].startswith(b"HTTP/1.1 400 ") and taker.codec is None


# -- Waiting ---------------------------------------------------------------------------------------


def test_what_cannot_be_taken_waits_as_it_came_and_is_taken_in_order() -> None:
    taker = opened(wait_after=b"long")
    taker.data_received(frame(1, b"long") + frame(1, b"two") + frame(1, b"three")[:3])
    assert (taker.texts, taker.holds_input, taker.transport.asked) == ([b"long"], True, ["pause"])
    taker.data_received(frame(1, b"three")[3:])  # what was on its way when reading stopped
    assert taker.texts == [b"long"]
    taker.is_waiting = False
    taker.go_on()
    assert taker.texts == [b"long", b"two", b"three"]
    assert (taker.holds_input, taker.transport.asked) == (False, ["pause", "resume"])


def test_reading_goes_on_while_nothing_waits_behind_what_is_carried_out() -> None:
    taker = opened(wait_after=b"long")
    taker.data_received(frame(1, b"long"))
    assert taker.transport.asked == []
    taker.data_received(frame(1, b"two"))
    assert taker.transport.asked == ["pause"]


def test_a_message_that_can_be_followed_at_once_is_no_deeper_a_call() -> None:
    taker = opened()
    taker.goes_on_at_once = True
    taker.data_received(frame(1, b"x") * 5_000)
    assert len(taker.taken) == 5_000


# -- Pings, and the end ----------------------------------------------------------------------------


def test_a_ping_is_answered_between_the_fragments_of_a_message() -> None:
    taker = opened()
    taker.data_received(frame(1, b"a", fin=False) + frame(9, b"?"))
    assert taker.transport.written == [control_frame(10, b"?")]
    assert taker.fragments_at is not None
    taker.data_received(frame(0, b"b"))
    assert taker.texts == [b"ab"] and taker.fragments_at is None


def test_a_goodbye_is_returned_and_nothing_behind_it_is_taken() -> None:
    taker = opened()
    taker.data_received(frame(1, b"one") + frame(8, BYE) + frame(1, b"two"))
    taker.data_received(frame(1, b"three"))
    assert taker.texts == [b"one"] and taker.transport.written == [control_frame(8, BYE)]
    assert taker.transport.asked == ["half-close"]


def test_what_stood_before_the_fault_is_taken_and_the_fault_is_told() -> None:
    taker = opened()
    taker.data_received(frame(1, b"one") + frame(3) + frame(1, b"two"))
    assert taker.texts == [b"one"] and taker.transport.written == [close_frame(CloseCode.PROTOCOL_ERROR)]
    assert taker.transport.asked == ["half-close"]


def test_after_our_goodbye_only_the_peers_is_waited_for() -> None:
    taker = opened()
    taker.shut(CloseCode.NO_SIGN_OF_LIFE)
    taker.shut(CloseCode.TOO_FAST)
    taker.write(b"late")
    taker.data_received(frame(1, b"one") + frame(9))
    assert taker.taken == [] and taker.transport.written == [close_frame(CloseCode.NO_SIGN_OF_LIFE)]
    assert taker.transport.asked == []
    taker.data_received(frame(8, BYE))
    assert len(taker.transport.written) == 1 and taker.transport.asked == ["half-close"]


def test_a_goodbye_behind_what_waits_is_read_once_we_close() -> None:
    taker = opened(wait_after=b"long")
    taker.data_received(frame(1, b"long") + frame(1, b"two") + frame(8, BYE))
    taker.shut(CloseCode.RESTARTING)
    taker.go_on()
    assert taker.texts == [b"long"]
    assert taker.transport.asked == ["pause", "resume", "half-close"]


def test_nothing_is_written_to_a_transport_that_is_going() -> None:
    taker = opened()
    taker.transport.is_gone = True
    taker.data_received(frame(8, BYE))
    taker.shut(CloseCode.RESTARTING)
    assert taker.transport.written == [] and taker.transport.asked == []


def test_who_does_not_say_goodbye_in_time_is_dropped() -> None:
    taker = opened()
    taker.shut(CloseCode.RESTARTING)
    assert taker.closing_at is not None
    assert taker.abort_if_overdue(taker.closing_at) is not None
    assert taker.abort_if_overdue(taker.closing_at + 6) is None
    assert taker.transport.asked == ["abort"]
