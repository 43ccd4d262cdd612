"""WebSocket frames from the server: a header in front of ready-made bytes (RFC 6455, section 5.2).

Knows the header of an unmasked, unfragmented message. What arrives is parsed by websockets; what leaves
is so regular, and leaves so often, that it is put together here.
"""

TEXT, BINARY = 0x81, 0x82
"""First byte: the final fragment of a text or binary message."""

_SHORT, _MEDIUM = 126, 1 << 16


def framed(payload: bytes, is_binary: bool) -> bytes:
    """The message `payload` as one WebSocket frame."""
    first = BINARY if is_binary else TEXT
    size = len(payload)
    if size < _SHORT:
        return bytes((first, size)) + payload
    if size < _MEDIUM:
        return bytes((first, 126)) + size.to_bytes(2, "big") + payload
    return bytes((first, 127)) + size.to_bytes(8, "big") + payload
