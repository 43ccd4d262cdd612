"""WebSocket frames as a client writes and reads them (RFC 6455, sections 5 and 7), and no more than that.

Knows bytes. Refuses to know what is said in them; and fragments, which a Hubbub does not send.
"""

import random
from typing import Final

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

MESSAGE_BYTES: Final = 1 << 20
"""Of one message from the server: four times the `reply_bytes` of the protocol."""

KEY: Final = "aHViYnViIGJlbmNobWFyaw=="
ACCEPT: Final = b"pKjWNR6idLzGtF/hCBIFi9mLZ/0="
"""A key of 16 bytes for every handshake, and the answer that only a WebSocket server gives to it."""


class Broken(Exception):
    """What came is no WebSocket frame that this client reads."""


def masked(opcode: int, payload: bytes) -> bytes:
    """One whole frame, masked with a key of its own."""
    length = len(payload)
    if length < 126:
        head = bytes((0x80 | opcode, 0x80 | length))
    elif length < 65_536:
        head = bytes((0x80 | opcode, 0xFE)) + length.to_bytes(2)
    else:
        head = bytes((0x80 | opcode, 0xFF)) + length.to_bytes(8)
    key = random.getrandbits(32).to_bytes(4)
    mask = (key * (length // 4 + 1))[:length]
    return head + key + (int.from_bytes(payload) ^ int.from_bytes(mask)).to_bytes(length)


def frame_at(received: bytes, offset: int) -> tuple[int, int, int] | None:
    """Opcode, start and end of the payload of the frame that begins there; None if it is not all there.

    Raises Broken for what no server sends: masked, fragmented, with reserved bits or over MESSAGE_BYTES.
    """
    start = offset + 2
    if len(received) < start:
        return None
    first, length = received[offset], received[offset + 1]
    if first & 0xF0 != 0x80 or length > 127:
        raise Broken("a frame that is fragmented, masked or has reserved bits")
    if length > 125:
        width = 2 if length == 126 else 8
        length = int.from_bytes(received[start : start + width])
        start += width
        if len(received) < start:
            return None
        if length > MESSAGE_BYTES:
            raise Broken(f"a frame of over {MESSAGE_BYTES} bytes")
    return (first & 0x0F, start, start + length) if len(received) >= start + length else None
