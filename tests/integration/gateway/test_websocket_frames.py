"""WebSocket frames, lawful and not, before they are commands (protocol, sections 2 and 6)."""

from __future__ import annotations

import json
import struct

import pytest

from tests.integration.gateway.scene import Scene


def frame(opcode: int, payload: bytes, *, fin: bool = True, masked: bool = True, reserved: int = 0) -> bytes:
    """One WebSocket frame as bytes, lawful or not; the mask is zeros."""
    first = (0x80 if fin else 0) | reserved << 4 | opcode
    bit = 0x80 if masked else 0
    if len(payload) < 126:
        head = struct.pack("!BB", first, bit | len(payload))
    elif len(payload) < 65_536:
        head = struct.pack("!BBH", first, bit | 126, len(payload))
    else:
        head = struct.pack("!BBQ", first, bit | 127, len(payload))
    return head + (bytes(4) if masked else b"") + payload


PING = b'{"t":"ping","ref":9}'
UNLAWFUL = {
    "an unmasked frame": (frame(1, PING, masked=False), 1002),
    "a reserved opcode": (frame(3, PING), 1002),
    "a reserved control opcode": (frame(11, b""), 1002),
    "a compressed frame nobody agreed on": (frame(1, PING, reserved=4), 1002),
    "a reserved bit": (frame(1, PING, reserved=1), 1002),
    "a fragmented ping": (frame(9, b"", fin=False), 1002),
    "a ping of 126 bytes": (frame(9, b"x" * 126), 1002),
    "a continuation of nothing": (frame(0, PING), 1002),
    "a new message within another": (frame(1, b"{", fin=False) + frame(1, PING), 1002),
    "a close code that is none": (frame(8, struct.pack("!H", 1005)), 1002),
    "half a close code": (frame(8, b"\x03"), 1002),
    "text that is no UTF-8": (frame(1, b'{"t":"ping\xff"}'), 1007),
    "half a character": (frame(1, b'{"t":"\xc3"}'), 1007),
    "a surrogate in UTF-8": (frame(1, b'{"t":"\xed\xa0\x80"}'), 1007),
    "overlong UTF-8": (frame(1, b'{"t":"\xc0\xaf"}'), 1007),
    "half a character before the end of a fragmented text": (
        frame(1, b'{"t":"\xc3', fin=False) + frame(0, b'"}'), 1007
    ),
    "a message of 65,537 bytes": (frame(1, b" " * 65_537), 1009),
    "a promise of 2 GiB": (struct.pack("!BBQ", 0x81, 0xFF, 2**31) + bytes(4), 1009),
    "fragments of 65,537 bytes together": (
        frame(1, b" " * 40_000, fin=False) + frame(0, b" " * 25_537), 1009
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", UNLAWFUL)
async def test_unlawful_websocket_frames_close_with_the_code_of_their_fault(
    one_scene: Scene, fault: str
) -> None:
    sent, code = UNLAWFUL[fault]
    client = await one_scene.person()
    client.transport.write(sent)
    assert await client.close_code() == code
    assert "Traceback" not in one_scene.node.output


async def test_a_command_in_many_fragments_with_pings_between_is_one_command(one_scene: Scene) -> None:
    client = await one_scene.person()
    command = {"t": "publish", "ref": 77, "room": one_scene.room, "text": "Qu'en pensez-vous, Zoé ? 👍"}
    payload = json.dumps(command, ensure_ascii=False).encode()
    cuts = [payload[at : at + 4] for at in range(0, len(payload), 4)]
    assert len(cuts) < 64
    client.transport.write(frame(1, cuts[0], fin=False) + frame(9, b"?"))
    for cut in cuts[1:-1]:
        client.transport.write(frame(0, cut, fin=False) + frame(9, b"?"))
    client.transport.write(frame(0, cuts[-1]))
    await client.expect("ack", ref=77)
    assert (await client.expect_entry(one_scene.room))["e"]["text"] == command["text"]


async def test_a_message_in_sixty_four_fragments_is_the_last_that_is_put_together(one_scene: Scene) -> None:
    client = await one_scene.person()
    client.transport.write(frame(1, b'{"t":"ping",', fin=False) + frame(0, b"", fin=False) * 62)
    client.transport.write(frame(0, b'"ref":77}'))
    assert (await client.expect("pong"))["ref"] == 77


@pytest.mark.parametrize("last", [frame(8, struct.pack("!H", 1000)), frame(3, b"")])
async def test_a_refusal_right_before_the_goodbye_is_told(one_scene: Scene, last: bytes) -> None:
    client = await one_scene.person()
    client.transport.write(frame(1, b'{"t":"hello","ref":77,"name":"Zo\xc3\xa9"}') + last)
    assert (await client.expect("nack", ref=77))["code"] == "forbidden"
    assert await client.close_code() in (1000, 1002)


async def test_endless_empty_continuations_close_with_1009(one_scene: Scene) -> None:
    client = await one_scene.person()
    client.transport.write(frame(1, b"", fin=False) + frame(0, b"", fin=False) * 200_000)
    assert await client.close_code() == 1009
