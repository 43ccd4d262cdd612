"""What a client sends, cut into WebSocket frames and put together to messages (RFC 6455, section 5).

Knows masks, lengths, fragments, the bounds of a message and what makes a frame unlawful. Refuses to know
sockets, handshakes, when a frame is looked at and what is answered: it gets bytes and gives frames, one at
a time, so that what has to wait waits as bytes. Between two reads it holds what is not a whole frame yet,
and nothing where there is nothing.
"""

from typing import Final

from websockets.exceptions import ProtocolError
from websockets.frames import Close

from hubbub.domain import limits
from hubbub.protocol.closes import CloseCode

try:
    from websockets.speedups import apply_mask
except ImportError:  # installed without its part in C
    from websockets.utils import apply_mask

FRAGMENT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
"""Kinds of frames: their opcodes. What follows in fragments is told as each of them comes, and then whole."""

_FIN: Final = 0x80
_MASKED: Final = 0x80
_CONTROL_BYTES: Final = 125
# First bytes that nobody has to agree on first: no reserved bits, known opcodes, no control in fragments.
_LAWFUL: Final = frozenset({0x00, 0x01, 0x02, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8A})


class Unlawful(Exception):
    """The client broke the protocol, or a bound: the connection closes with `code`, nothing more is read."""

    def __init__(self, code: CloseCode) -> None:
        super().__init__(code.reason)
        self.code = code


class _Begun:
    """A message of which more fragments are to come."""

    __slots__ = ("fragments", "is_text", "size_bytes")

    def __init__(self, is_text: bool, first: bytes) -> None:
        self.is_text = is_text
        self.fragments = [first]
        self.size_bytes = len(first)


class FrameReader:
    """The frames of one client, in order; holds at most one message and what was fed behind it."""

    __slots__ = ("_at", "_begun", "_max_bytes", "_rest")

    def __init__(self, max_bytes: int) -> None:
        """`max_bytes` is for one message, its fragments together."""
        self._max_bytes = max_bytes
        self._rest: bytes | bytearray | None = None
        self._at = 0  # where in the rest the next frame begins
        self._begun: _Begun | None = None

    @property
    def is_empty(self) -> bool:
        """Whether everything that was fed has been given out."""
        return self._rest is None

    def feed(self, received: bytes) -> None:
        """Takes what was read from the socket; who feeds without asking for frames holds it here."""
        if self._rest is None:
            self._rest = received or None
            return
        self._drop_given()
        if not isinstance(self._rest, bytearray):
            self._rest = bytearray(self._rest)  # a long frame that comes in many reads is copied once
        self._rest += received

    def next(self) -> tuple[int, bytes] | None:
        """The next frame: its kind, and its payload or the whole message; None until more is fed.

        Raises Unlawful, after which it must not be asked again. A FRAGMENT has no payload.
        """
        rest, at = self._rest, self._at
        if rest is None:
            return None
        end = len(rest)
        if at + 2 > end:
            self._drop_given()
            return None
        first, length, start = rest[at], rest[at + 1] - _MASKED, at + 6
        if first not in _LAWFUL or length < 0:
            raise Unlawful(CloseCode.PROTOCOL_ERROR)
        is_control = first >= _FIN | CLOSE
        if length > _CONTROL_BYTES:
            if is_control:
                raise Unlawful(CloseCode.PROTOCOL_ERROR)
            start += 2 if length == 126 else 8
            if start - 4 > end:
                self._drop_given()
                return None
            length = int.from_bytes(rest[at + 2 : start - 4], "big")
        already_bytes = self._begun.size_bytes if self._begun is not None and not is_control else 0
        if already_bytes + length > self._max_bytes:
            raise Unlawful(CloseCode.TOO_LARGE)
        stop = start + length
        if stop > end:
            self._drop_given()
            return None
        payload = apply_mask(rest[start:stop], rest[start - 4 : start])
        if stop == end:
            self._rest, self._at = None, 0
        else:
            self._at = stop
        if self._begun is None and (first == _FIN | TEXT or first == _FIN | BINARY):
            return _whole(first == _FIN | TEXT, payload)
        return self._other(first, payload)

    def _other(self, first: int, payload: bytes) -> tuple[int, bytes]:
        """A control frame, or a message in fragments."""
        kind = first & ~_FIN
        if kind >= CLOSE:
            if kind == CLOSE:
                _check_close(payload)
            return kind, payload
        if (self._begun is None) == (kind == FRAGMENT):
            raise Unlawful(CloseCode.PROTOCOL_ERROR)  # goes on with nothing, or begins within another
        if self._begun is None:
            self._begun = _Begun(kind == TEXT, payload)
            return FRAGMENT, b""
        begun = self._begun
        begun.fragments.append(payload)
        begun.size_bytes += len(payload)
        if len(begun.fragments) > limits.FRAGMENTS:
            raise Unlawful(CloseCode.TOO_LARGE)
        if first < _FIN:
            return FRAGMENT, b""
        self._begun = None
        return _whole(begun.is_text, b"".join(begun.fragments))

    def _drop_given(self) -> None:
        """Forgets the bytes of frames that were given out."""
        if self._at and self._rest is not None:
            self._rest = self._rest[self._at :] or None
            self._at = 0


def _whole(is_text: bool, message: bytes) -> tuple[int, bytes]:
    if is_text and not message.isascii():
        try:
            message.decode()
        except UnicodeDecodeError:
            raise Unlawful(CloseCode.BAD_UTF8) from None
    return TEXT if is_text else BINARY, message


def _check_close(payload: bytes) -> None:
    """Refuses a close frame with half a code, a code that nobody may send, or a reason that is no UTF-8."""
    try:
        Close.parse(payload)
    except ProtocolError:
        raise Unlawful(CloseCode.PROTOCOL_ERROR) from None
    except UnicodeDecodeError:
        raise Unlawful(CloseCode.BAD_UTF8) from None
