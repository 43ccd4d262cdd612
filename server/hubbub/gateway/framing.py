"""WebSocket frames from the server: a header in front of ready-made bytes (RFC 6455, section 5.2).

Knows the header of an unmasked, unfragmented frame. Refuses to know what arrives (frame_reader).
"""

from hubbub.protocol.closes import CloseCode

TEXT, BINARY = 0x81, 0x82
"""First byte: the final fragment of a text or binary message."""

PING = b"\x89\x00"
"""A control ping without a payload."""

_SHORT, _MEDIUM = 126, 1 << 16
_CLOSE = 8
_FIN = 0x80


def framed(payload: bytes, is_binary: bool) -> bytes:
    """The message `payload` as one WebSocket frame."""
    first = BINARY if is_binary else TEXT
    size = len(payload)
    if size < _SHORT:
        return bytes((first, size)) + payload
    if size < _MEDIUM:
        return bytes((first, 126)) + size.to_bytes(2, "big") + payload
    return bytes((first, 127)) + size.to_bytes(8, "big") + payload


def control_frame(kind: int, payload: bytes) -> bytes:
    """A close, ping or pong with at most 125 bytes."""
    return bytes((_FIN | kind, len(payload))) + payload


def close_frame(code: CloseCode) -> bytes:
    """The close that says `code` and its reason."""
    return control_frame(_CLOSE, int(code).to_bytes(2, "big") + code.reason.encode("ascii"))
