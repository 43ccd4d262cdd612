"""Frames of clients, lawful and not, in any pieces: as an independent parser reads them."""

import struct
from collections.abc import Sequence
from itertools import accumulate, pairwise, takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from hubbub.domain import limits
from hubbub.gateway.frame_reader import BINARY, CLOSE, FRAGMENT, PING, PONG, TEXT, FrameReader, Unlawful
from hubbub.protocol.closes import CloseCode

MAX_BYTES = 300


def frame(
    opcode: int, payload: bytes, fin: bool = True, mask: bytes | None = b"\x01\xfe\x7f\x00", bits: int = 0
) -> bytes:
    """A frame as bytes, lawful or not."""
    first = (0x80 if fin else 0) | bits | opcode
    masked = 0x80 if mask is not None else 0
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", first, masked | size)
    elif size < 65_536:
        head = struct.pack("!BBH", first, masked | 126, size)
    else:
        head = struct.pack("!BBQ", first, masked | 127, size)
    if mask is None:
        return head + payload
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def read(pieces: Sequence[bytes]) -> tuple[list[tuple[int, bytes]], int | None]:
    """What a reader gives for the pieces, one read after the other, and the code it ends with."""
    reader, given_out = FrameReader(MAX_BYTES), list[tuple[int, bytes]]()
    for piece in pieces:
        reader.feed(piece)
        try:
            while (found := reader.next()) is not None:
                given_out.append(found)
        except Unlawful as fault:
            return given_out, int(fault.code)
    return given_out, None


def read_by_the_library(stream: bytes) -> tuple[list[tuple[int, bytes]], bool]:
    """What websockets' parser gives before the first close or fault, and whether one came."""
    parser = ServerProtocol(state=OPEN, max_size=MAX_BYTES)
    given_out, fragments, is_text = list[tuple[int, bytes]](), list[bytes](), False
    for byte in stream:
        parser.receive_data(bytes([byte]))
        for event in parser.events_received():
            assert isinstance(event, Frame)
            if event.opcode is Opcode.CLOSE:
                return given_out, True
            if event.opcode > Opcode.CLOSE:
                given_out.append((int(event.opcode), bytes(event.data)))
                continue
            is_text = is_text if event.opcode is Opcode.CONT else event.opcode is Opcode.TEXT
            fragments.append(bytes(event.data))
            if not event.fin:
                given_out.append((FRAGMENT, b""))
                continue
            whole, fragments = b"".join(fragments), []
            if is_text and not is_utf8(whole):
                return given_out, True
            given_out.append((TEXT if is_text else BINARY, whole))
        if parser.close_sent is not None:
            return given_out, True
    return given_out, False


def is_utf8(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True


PAYLOADS = st.one_of(st.binary(max_size=140), st.text(max_size=40).map(str.encode), st.just(b"x" * 299))
FRAMES = st.one_of(
    st.builds(
        frame, st.sampled_from([0, 1, 2, 9, 10]), PAYLOADS, st.booleans(), st.binary(min_size=4, max_size=4)
    ),
    st.builds(frame, st.sampled_from([1, 2]), PAYLOADS),
    st.builds(
        frame,
        st.integers(0, 15),
        PAYLOADS,
        st.booleans(),
        st.none() | st.just(b"mask"),
        st.sampled_from([0, 0x10, 0x40]),
    ),
    st.builds(
        lambda code, reason: frame(8, struct.pack("!H", code) + reason), st.integers(0, 5_000), PAYLOADS
    ),
)


@given(st.lists(FRAMES, max_size=8), st.lists(st.integers(1, 40), max_size=30))
def test_whatever_is_sent_in_whatever_pieces_is_read_as_by_an_independent_parser(
    frames: list[bytes], sizes: list[int]
) -> None:
    stream = b"".join(frames)
    cuts = [0, *accumulate(sizes), len(stream)]
    given_out, code = read([piece for start, stop in pairwise(cuts) if (piece := stream[start:stop])])
    has_closed = any(kind == CLOSE for kind, _ in given_out)
    before = list(takewhile(lambda given: given[0] != CLOSE, given_out))
    assert (before, has_closed or code is not None) == read_by_the_library(stream)


def test_between_two_reads_nothing_is_held_where_nothing_is_left() -> None:
    reader = FrameReader(MAX_BYTES)
    reader.feed(frame(TEXT, b"whole") + frame(PING, b"?"))
    assert not reader.is_empty
    assert reader.next() == (TEXT, b"whole")
    assert reader.next() == (PING, b"?")
    assert (reader.is_empty, reader.next()) == (True, None)


def test_what_is_fed_while_nobody_asks_waits_in_order() -> None:
    reader = FrameReader(MAX_BYTES)
    stream = b"".join(frame(BINARY, b"%d" % number) for number in range(20))
    for start in range(0, len(stream), 7):
        reader.feed(stream[start : start + 7])
    assert [reader.next() for _ in range(20)] == [(BINARY, b"%d" % number) for number in range(20)]
    assert reader.is_empty


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
def test_a_message_of_any_size_comes_whole(size: int) -> None:
    reader = FrameReader(70_000)
    message = bytes(byte % 251 for byte in range(size))
    reader.feed(frame(BINARY, message))
    assert reader.next() == (BINARY, message)


def test_a_length_in_more_bytes_than_it_needs_is_read() -> None:
    reader = FrameReader(MAX_BYTES)
    reader.feed(
        struct.pack("!BBQ", 0x82, 0xFF, 3) + bytes(4) + b"abc" + struct.pack("!BBH", 0x82, 0xFE, 0) + bytes(4)
    )
    assert [reader.next(), reader.next()] == [(BINARY, b"abc"), (BINARY, b"")]


@pytest.mark.parametrize("promised", [MAX_BYTES + 1, 1 << 31, (1 << 64) - 1])
def test_a_promise_of_too_much_is_refused_before_it_is_kept(promised: int) -> None:
    reader = FrameReader(MAX_BYTES)
    reader.feed(struct.pack("!BBQ", 0x81, 0xFF, promised) + bytes(4))
    with pytest.raises(Unlawful) as refused:
        reader.next()
    assert refused.value.code is CloseCode.TOO_LARGE


def test_fragments_count_together_for_the_bound_and_what_comes_between_does_not() -> None:
    begun = [
        frame(TEXT, b"x" * 200, fin=False),
        frame(PONG, b"y" * 125),
        frame(FRAGMENT, b"x" * 100, fin=False),
    ]
    assert read(begun) == ([(FRAGMENT, b""), (PONG, b"y" * 125), (FRAGMENT, b"")], None)
    assert read([*begun, frame(FRAGMENT, b"x")])[1] == CloseCode.TOO_LARGE


def test_a_message_in_more_fragments_than_may_be_is_too_large() -> None:
    fragments = [frame(TEXT, b"", fin=False)] + [frame(FRAGMENT, b"", fin=False)] * (limits.FRAGMENTS - 1)
    assert read([*fragments, frame(PING, b"")])[1] is None
    assert read([*fragments, frame(FRAGMENT, b"")])[1] == CloseCode.TOO_LARGE


def test_a_character_may_be_cut_by_fragments_but_not_by_the_end() -> None:
    euro = "€".encode()
    assert read([frame(TEXT, euro[:1], fin=False), frame(FRAGMENT, euro[1:])])[0][-1] == (TEXT, euro)
    assert read([frame(TEXT, euro[:1], fin=False), frame(FRAGMENT, euro[1:2])])[1] == CloseCode.BAD_UTF8


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"\x03", CloseCode.PROTOCOL_ERROR),
        (struct.pack("!H", 1005), CloseCode.PROTOCOL_ERROR),
        (struct.pack("!H", 5000), CloseCode.PROTOCOL_ERROR),
        (struct.pack("!H", 1000) + b"\xff", CloseCode.BAD_UTF8),
    ],
)
def test_a_close_that_says_nothing_lawful_is_unlawful(payload: bytes, code: CloseCode) -> None:
    assert read([frame(CLOSE, payload)]) == ([], code)
