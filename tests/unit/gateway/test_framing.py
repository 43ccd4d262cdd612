"""The header in front of a message, in all three of its sizes, as an independent parser reads it."""

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from hubbub.gateway.framing import framed


def parsed(written: bytes) -> list[Frame]:
    client = ClientProtocol(parse_uri("ws://localhost/"), state=OPEN, max_size=None)
    client.receive_data(written)
    return [event for event in client.events_received() if isinstance(event, Frame)]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 300_000])
@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
def test_a_message_of_any_size_is_one_whole_frame(size: int, opcode: Opcode) -> None:
    [frame] = parsed(framed(b"x" * size, opcode is Opcode.BINARY))
    assert (frame.opcode, frame.fin, len(frame.data)) == (opcode, True, size)


@pytest.mark.parametrize(("size", "header_bytes"), [(125, 2), (126, 4), (65_535, 4), (65_536, 10)])
def test_the_header_is_as_short_as_the_protocol_wants_it(size: int, header_bytes: int) -> None:
    assert len(framed(b"x" * size, True)) == header_bytes + size


def test_frames_behind_each_other_stay_apart() -> None:
    written = framed(b"one", False) + framed(b"x" * 200, True) + framed(b"three", False)
    assert [bytes(frame.data)[:5] for frame in parsed(written)] == [b"one", b"xxxxx", b"three"]
