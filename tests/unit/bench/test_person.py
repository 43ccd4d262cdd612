"""What a person of a load makes of the bytes of a server, a faulty one included."""

import asyncio
import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from hubbub.bench.framing import ACCEPT
from hubbub.bench.load import Load
from hubbub.bench.orders import Plan
from hubbub.bench.person import Person, Refused
from hubbub.bench.room_load import RoomLoad
from hubbub.bench.site import Site
from hubbub.bench.wire import Position

ROOM = "place/bench-1"
UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nsec-websocket-accept: " + ACCEPT + b"\r\n\r\n"


class Line(asyncio.Transport):
    """A transport that keeps what was written, and ends when told."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_open = True
        self.is_read = True

    def write(self, data: Any) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return not self.is_open

    def close(self) -> None:
        self.is_open = False

    abort = close

    def pause_reading(self) -> None:
        self.is_read = False

    def said(self) -> list[dict[str, Any]]:
        """The commands that were sent after the upgrade."""
        server = ServerProtocol(state=OPEN, max_size=None)
        server.receive_data(self.written.partition(b"\r\n\r\n")[2])
        frames = [event for event in server.events_received() if isinstance(event, Frame)]
        return [msgspec.json.decode(frame.data) for frame in frames if frame.opcode is Opcode.TEXT]


def push(**fields: Any) -> bytes:
    """A frame as the server sends it."""
    return Frame(Opcode.TEXT, msgspec.json.encode(fields)).serialize(mask=False)


def entry(seq: int, run: str = "run") -> bytes:
    """The push of a message of a run."""
    message = {"seq": seq, "at": 1, "kind": "message", "id": f"{run}-{seq}", "text": f"T:{1:016x}..."}
    return push(t="entry", room=ROOM, epoch="e", e=message)


WELCOME = push(t="welcome", ref=1, limits={"publish_burst": None, "publish_per_s": None})
JOINED = push(t="joined", ref=2, room=ROOM, epoch="e", seq=4, entries=[], recovered=False)


def a_room(token: str | None = None) -> RoomLoad:
    """A room of a load, with nobody in it."""
    plan = Plan(Site("http", "127.0.0.1", 1, ""), "json", "run", 100, None, token)
    return RoomLoad(Load.of(plan), ROOM, 1)


def person_in(room: RoomLoad, after: Position | None = None, is_deaf: bool = False) -> tuple[Person, Line]:
    """Somebody who has a connection and nothing more."""
    person, line = Person(room, room.load.hello(1), after, is_deaf), Line()
    person.connection_made(line)
    return person, line


def reader_in(room: RoomLoad) -> Person:
    """Somebody who has joined after entry 4."""
    person, _ = person_in(room)
    person.data_received(UPGRADED + WELCOME + JOINED)
    assert person.entered.done()
    return person


@pytest.fixture
def room() -> RoomLoad:
    """A room of a load."""
    return a_room()


async def test_a_person_says_hello_joins_and_reads(room: RoomLoad) -> None:
    person, line = person_in(room)
    person.data_received(UPGRADED + WELCOME + JOINED + entry(5) + entry(6))
    assert [command["t"] for command in line.said()] == ["hello", "join"]
    assert (person.reading.seq, room.load.report.delivered) == (6, 2)


async def test_the_second_reader_knows_the_bytes_and_is_counted_all_the_same(room: RoomLoad) -> None:
    for person in (reader_in(room), reader_in(room)):
        person.data_received(entry(5) + entry(6))
        assert (person.reading.seq, person.delivered) == (6, 2)
    report = room.load.report
    assert (report.delivered, report.latencies.total) == (4, 4)
    assert report.frame_bytes == 2 * len(entry(5) + entry(6))


async def test_a_reader_who_is_given_the_same_bytes_twice_is_seen(room: RoomLoad) -> None:
    reader_in(room).data_received(entry(5) + entry(6))
    person = reader_in(room)
    for _ in range(3):
        person.data_received(entry(5) + entry(6))
    assert (person.reading.repeated, person.delivered) == (4, 2)


async def test_readers_may_be_given_the_same_in_other_pieces(room: RoomLoad) -> None:
    reader_in(room).data_received(entry(5) + entry(6))
    reader_in(room).data_received(entry(5) + entry(6))
    person = reader_in(room)
    person.data_received(entry(5))
    assert (person.reading.seq, person.delivered) == (5, 1)


async def test_an_entry_that_only_one_reader_is_given_twice_is_seen(room: RoomLoad) -> None:
    reader_in(room).data_received(entry(5) + entry(6))
    person = reader_in(room)
    person.data_received(entry(5) + entry(5) + entry(6))
    assert (person.reading.repeated, person.reading.seq, person.delivered) == (1, 6, 2)


async def test_an_entry_that_only_one_reader_is_not_given_is_seen(room: RoomLoad) -> None:
    reader_in(room).data_received(entry(5) + entry(6) + entry(7))
    person = reader_in(room)
    person.data_received(entry(5) + entry(7))
    assert (person.reading.lost(7), person.delivered) == (1, 2)


async def test_messages_of_others_are_followed_and_not_counted(room: RoomLoad) -> None:
    for person in (reader_in(room), reader_in(room)):
        person.data_received(entry(5, run="other") + entry(6))
        assert (person.reading.seq, person.delivered) == (6, 1)
    assert room.load.report.frame_bytes == 2 * len(entry(6))


@given(st.lists(st.integers(1, 900), max_size=30))
def test_it_does_not_matter_where_the_network_cuts(cuts: list[int]) -> None:
    async def cut() -> None:
        room = a_room()
        reader_in(room).data_received(entry(5))
        person, _ = person_in(room)
        whole = UPGRADED + WELCOME + JOINED + b"".join(entry(seq) for seq in range(5, 12))
        edges = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
        for begin, end in itertools.pairwise(edges):
            person.data_received(whole[begin:end])
        assert (person.reading.seq, person.delivered, person.reading.repeated) == (11, 7, 0)

    asyncio.run(cut())


async def test_a_resumed_person_is_owed_what_it_missed(room: RoomLoad) -> None:
    person, line = person_in(room, Position("e", 2))
    missed = push(
        t="joined", ref=2, room=ROOM, epoch="e", seq=5, entries=[{"seq": 3}, {"seq": 5}], recovered=True
    )
    person.data_received(UPGRADED + WELCOME + missed)
    assert line.said()[1]["after"] == {"epoch": "e", "seq": 2}
    assert (person.reading.lost(5), room.load.report.resumed) == (1, 2)


async def test_a_deaf_person_reads_nothing_once_in(room: RoomLoad) -> None:
    person, line = person_in(room, is_deaf=True)
    person.data_received(UPGRADED + WELCOME + JOINED + entry(5))
    assert person.entered.done() and not line.is_read
    assert (room.readers, room.load.report.delivered) == ([], 0)


REFUSALS: list[tuple[bytes, str]] = [
    (b"HTTP/1.1 403 Forbidden\r\n\r\nno", "HTTP 403"),
    (b"HTTP/1.1 429 Too Many\r\n\r\n", "no more connections of this address"),
    (
        UPGRADED + push(t="nack", ref=1, code="guests_refused", reason="No guests."),
        "guests_refused: No guests.",
    ),
    (UPGRADED + WELCOME + push(t="nack", ref=2, code="unknown_room", reason="None."), "unknown_room: None."),
    (UPGRADED + Frame(Opcode.CLOSE, b"\x11\x94no").serialize(mask=False), "closed with 4500: no"),
    (UPGRADED + b"\x01\x00", "cannot be read"),
    (UPGRADED + Frame(Opcode.TEXT, b"{").serialize(mask=False), "cannot be read"),
]


@pytest.mark.parametrize(("answer", "why"), REFUSALS, ids=[why for _, why in REFUSALS])
async def test_who_is_not_let_in_knows_why(room: RoomLoad, answer: bytes, why: str) -> None:
    person, line = person_in(room)
    person.data_received(answer)
    with pytest.raises(Refused, match=why):
        await person.entered
    assert not line.is_open


async def test_who_is_no_guest_here_comes_with_the_token() -> None:
    person, line = person_in(a_room(token="jwt"))
    person.data_received(UPGRADED + push(t="nack", ref=1, code="guests_refused", reason="No guests."))
    assert line.said()[-1] == {"t": "hello", "ref": 1, "token": "jwt"}
    assert not person.entered.done()


async def test_a_reader_who_is_sent_away_is_counted_and_waited_for_no_longer(room: RoomLoad) -> None:
    person = reader_in(room)
    person.data_received(push(t="reset", room=ROOM))
    assert room.readers == []
    assert room.load.report.gone.total() == 1


async def test_a_ping_is_answered(room: RoomLoad) -> None:
    person, line = person_in(room)
    person.data_received(UPGRADED + Frame(Opcode.PING, b"hi").serialize(mask=False))
    server = ServerProtocol(state=OPEN)
    server.receive_data(line.written.partition(b"\r\n\r\n")[2])
    pongs = [event for event in server.events_received() if isinstance(event, Frame)]
    assert [bytes(frame.data) for frame in pongs if frame.opcode is Opcode.PONG] == [b"hi"]


# -- Publishing ------------------------------------------------------------------------------------


async def talking(room: RoomLoad, messages: int, in_flight: int) -> tuple[Line, "asyncio.Task[None]"]:
    """One reader who publishes so many messages."""
    person, line = person_in(room)
    person.data_received(UPGRADED + WELCOME + JOINED)
    talk = asyncio.ensure_future(room.talk(messages, in_flight))
    await asyncio.sleep(0)
    return line, talk


def refs(line: Line) -> list[int]:
    """The refs of what was published."""
    return [command["ref"] for command in line.said() if command["t"] == "publish"]


def ack(ref: int, seq: int) -> bytes:
    """The ack of a message."""
    return push(t="ack", ref=ref, room=ROOM, epoch="e", seq=seq)


async def test_no_more_messages_are_under_way_than_asked_for(room: RoomLoad) -> None:
    line, talk = await talking(room, 5, 2)
    assert len(refs(line)) == 2
    [person] = room.readers
    person.data_received(ack(refs(line)[0], 5))
    assert len(refs(line)) == 2  # acked, and not delivered yet
    person.data_received(entry(5))
    assert len(refs(line)) == 3
    talk.cancel()


async def test_a_talk_is_over_when_all_is_acked_and_delivered(room: RoomLoad) -> None:
    line, talk = await talking(room, 2, 2)
    [person] = room.readers
    for seq, ref in enumerate(refs(line), 5):
        person.data_received(ack(ref, seq) + entry(seq))
    await talk
    report = room.load.report
    assert (report.published, report.head_by_room, report.unacked) == (2, {ROOM: 6}, 0)


async def test_the_others_go_on_where_a_reader_is_sent_away(room: RoomLoad) -> None:
    leaving = reader_in(room)
    line, talk = await talking(room, 3, 1)  # the second one publishes first
    staying = room.readers[1]
    leaving.data_received(entry(5))
    leaving.data_received(push(t="reset", room=ROOM))
    staying.data_received(ack(refs(line)[0], 5))
    assert len(refs(line)) == 1  # who stays has not read it yet
    staying.data_received(entry(5))
    assert len(refs(line)) == 2
    talk.cancel()


async def test_an_ack_too_many_is_told(room: RoomLoad) -> None:
    line, talk = await talking(room, 2, 1)
    [person] = room.readers
    person.data_received(ack(refs(line)[0], 5) + ack(refs(line)[0], 6))
    assert (room.load.report.published, room.load.report.acked_twice) == (1, 1)
    talk.cancel()


async def test_a_message_that_came_too_soon_is_sent_again_as_the_same(room: RoomLoad) -> None:
    line, talk = await talking(room, 1, 1)
    [person] = room.readers
    nack = push(t="nack", ref=refs(line)[0], code="rate_limited", reason="x", temporary=True, retry_ms=1)
    person.data_received(nack)
    while len(refs(line)) < 2:
        await asyncio.sleep(0.001)
    first, again = [command for command in line.said() if command["t"] == "publish"]
    assert first == again
    talk.cancel()


async def test_a_refusal_for_good_ends_the_talk(room: RoomLoad) -> None:
    line, talk = await talking(room, 100, 1)
    room.readers[0].data_received(push(t="nack", ref=refs(line)[0], code="muted", reason="Quiet."))
    await talk
    assert room.load.report.declined == {"muted: Quiet.": 1}


async def test_what_is_not_acked_in_time_is_told(room: RoomLoad) -> None:
    _, talk = await talking(room, 3, 3)
    talk.cancel()
    room.end()
    assert room.load.report.unacked == 3
