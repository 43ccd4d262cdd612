"""Frames of a load client, as an independent parser reads and writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol
from websockets.utils import accept_key

from hubbub.bench.framing import ACCEPT, KEY, MESSAGE_BYTES, Broken, frame_at, masked


def from_server(payload: bytes, opcode: Opcode = Opcode.TEXT, fin: bool = True) -> bytes:
    """A frame as a server writes it."""
    return Frame(opcode, payload, fin).serialize(mask=False)


@pytest.mark.parametrize("size", [0, 1, 3, 4, 125, 126, 65_535, 65_536, 70_001])
def test_a_masked_frame_of_any_size_is_what_a_server_reads(size: int) -> None:
    payload = bytes(number % 251 for number in range(size))
    server = ServerProtocol(state=OPEN, max_size=None)
    server.receive_data(masked(Opcode.BINARY, payload))
    [frame] = [event for event in server.events_received() if isinstance(event, Frame)]
    assert (frame.opcode, frame.fin, bytes(frame.data)) == (Opcode.BINARY, True, payload)


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_a_frame_of_any_size_is_found_where_it_lies(size: int) -> None:
    frame = from_server(b"x" * size)
    assert frame_at(b"abc" + frame + b"more", 3) == (Opcode.TEXT, 3 + len(frame) - size, 3 + len(frame))


@given(st.integers(0, 300).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size + 3))))
def test_a_part_of_a_frame_is_no_frame_yet(cut: tuple[int, int]) -> None:
    size, end = cut
    frame = from_server(b"x" * size)
    assert (frame_at(frame[:end], 0) is None) == (end < len(frame))


@pytest.mark.parametrize(
    "frame",
    [
        from_server(b"part", fin=False),
        Frame(Opcode.TEXT, b"masked").serialize(mask=True),
        b"\xc1\x00",
        b"\x81\x7f" + (MESSAGE_BYTES + 1).to_bytes(8),
    ],
    ids=["fragment", "masked", "reserved bit", "endless"],
)
def test_what_no_server_sends_is_not_read(frame: bytes) -> None:
    with pytest.raises(Broken):
        frame_at(frame, 0)


def test_the_expected_answer_belongs_to_the_key() -> None:
    assert accept_key(KEY) == ACCEPT.decode()
