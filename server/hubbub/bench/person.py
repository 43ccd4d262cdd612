"""One person of a load: a WebSocket that comes in, joins one room, reads it, and publishes when told.

Knows the upgrade, hello, join and the pushes of its room. Refuses to know how many others there are; and
keeps nothing that it has read.
"""

import asyncio
from typing import Final, cast

from hubbub.bench.allowance import Allowance
from hubbub.bench.framing import ACCEPT, CLOSE, KEY, MESSAGE_BYTES, PING, PONG, Broken, frame_at, masked
from hubbub.bench.load import Load, now_us
from hubbub.bench.room_load import Known, RoomLoad
from hubbub.bench.verifier import Verifier
from hubbub.bench.wire import HELLO_REF, JOIN_REF, Hello, Join, Position, Publish, Received

HEAD_BYTES: Final = 16_384
"""Of the answer to the upgrade; proxies add some headers."""

REASON_CHARS: Final = 160
"""Of what a server says about a refusal, where refusals are counted by it."""


class Refused(Exception):
    """A person was not let in; the text is why."""


class Person(asyncio.Protocol):
    """One connection, from the upgrade on; `entered` is done when it has joined, or failed."""

    __slots__ = (
        "_hello", "_is_deaf", "_is_leaving", "_is_upgraded", "_rest", "_transport", "after", "allowance",
        "delivered", "entered", "is_in", "load", "reading", "room",
    )  # fmt: skip

    def __init__(self, room: RoomLoad, hello: Hello, after: Position | None, is_deaf: bool) -> None:
        self.load: Load = room.load
        self.room = room
        self.after = after
        self.allowance: Allowance | None = None
        self.delivered = 0
        self.entered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_in = False
        self.reading = Verifier(0)
        self._hello = hello
        self._is_deaf = is_deaf
        self._is_leaving = False
        self._is_upgraded = False
        self._rest = b""
        self._transport: asyncio.Transport | None = None

    # -- Coming and going --------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        site = self.load.plan.site
        self._transport.write(
            f"GET {site.path}/ws HTTP/1.1\r\nHost: {site.authority}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: {self.load.codec.subprotocol}\r\n\r\n".encode()
        )

    def connection_lost(self, fault: Exception | None) -> None:
        self._end("the connection was lost" if fault is None else f"the connection was lost ({fault})")
        self._transport = None

    @property
    def is_gone(self) -> bool:
        """Whether there is no connection any more."""
        return self._transport is None

    def leave(self) -> None:
        """Closes the connection; what comes until then is not looked at."""
        self._is_leaving = True
        self.is_in = False
        self.entered.cancel()
        if self in self.room.readers:
            self.room.readers.remove(self)
        if self._transport is not None:
            if self._is_upgraded and not self._is_deaf:
                self._transport.write(masked(CLOSE, (1000).to_bytes(2)))
                self._transport.close()
            else:
                self._transport.abort()

    def _end(self, reason: str) -> None:
        """Notes why the server, or the way to it, has ended this connection."""
        if not self.entered.done():
            self.entered.set_exception(Refused(reason[:REASON_CHARS]))
        elif self.is_in and not self._is_leaving:
            self.load.report.gone[reason[:REASON_CHARS]] += 1
        self.is_in = False
        self.room.lose(self)
        if self._transport is not None:
            self._transport.abort()

    # -- Reading -----------------------------------------------------------------------------------

    def data_received(self, chunk: bytes) -> None:
        received = self._rest + chunk if self._rest else chunk
        offset, size = 0, len(received)
        try:
            if not self._is_upgraded:
                offset = self._take_upgrade(received)
            while self._is_upgraded and offset < size and not self._is_leaving:
                if self.is_in and (offset := self._take_known(received, offset)) == size:
                    break
                span = frame_at(received, offset)
                if span is None:
                    break
                self._take_frame(received, offset, *span)
                offset = span[2]
        except (Broken, ValueError) as fault:
            self._end(f"the server sent what cannot be read ({fault})")
            return
        self._rest = received[offset:] if offset < size else b""
        if len(self._rest) > MESSAGE_BYTES + HEAD_BYTES:
            self._end("the server sent a message without end")

    def _take_upgrade(self, received: bytes) -> int:
        """Where frames begin in the answer to the upgrade; everything before belongs to it."""
        head, end, _ = received.partition(b"\r\n\r\n")
        if not end:
            if len(received) > HEAD_BYTES:
                raise Broken("an answer to the upgrade without end")
            return 0
        status = head[:64].split(b" ", 2)[1:2]
        if status != [b"101"] or ACCEPT not in head:
            said = status[0].decode(errors="replace") if status else "nothing"
            why = "takes no more connections of this address" if said == "429" else "refuses the WebSocket"
            self._end(f"the server {why} (HTTP {said})")
            return len(received)
        self._is_upgraded = True
        self.say(self._hello)
        return len(head) + len(end)

    def _take_known(self, received: bytes, offset: int) -> int:
        """Takes the entries that another reader had before, byte for byte; returns where they end.

        This is where a load spends its time. What all readers are given alike is looked through once.
        """
        room, reading = self.room, self.reading
        alike = room.alike
        if alike.before != reading.seq or alike.chunk != received:
            alike = room.alike_from(reading.seq, received, offset)
        reading.seq = alike.last
        if alike.sent_us:
            here_us = now_us()
            self.load.report.latencies.add_since(alike.sent_us, here_us)
            self._count(len(alike.sent_us), alike.frame_bytes, here_us)
        return alike.end

    def _count(self, count: int, frame_bytes: int, here_us: int) -> None:
        report, room = self.load.report, self.room
        report.delivered += count
        report.frame_bytes += frame_bytes
        report.ended_us = here_us
        self.delivered += count
        room.delivered += count
        if room.delivered >= room.wakes_at:
            room.pump()

    def _take_frame(self, received: bytes, offset: int, opcode: int, start: int, end: int) -> None:
        payload = received[start:end]
        if opcode == self.load.codec.opcode:
            said = self.load.codec.decode(payload)
            if said.t == "entry" and said.room == self.room.address and said.e is not None:
                self._take_entry(self.room.learn(received[offset:end], said), said.e.seq)
            else:
                self._take_answer(said)
        elif opcode == PING:
            self._write(masked(PONG, payload))
        elif opcode == CLOSE:
            reason = payload[2:].decode(errors="replace") or "without a word"
            self._end(f"closed with {int.from_bytes(payload[:2])}: {reason}")
        elif opcode != PONG:
            raise Broken(f"a frame with opcode {opcode}")

    def _take_entry(self, known: Known, seq: int) -> None:
        if self.is_in and self.reading.take(seq) and known.sent_us:
            here_us = now_us()
            self.load.report.latencies.add(here_us - known.sent_us)
            self._count(1, len(known.frame), here_us)

    def _take_answer(self, said: Received) -> None:
        match said.t:
            case "ack" if said.ref is not None and said.seq is not None:
                self.room.take_ack(said.ref, said.seq)
            case "welcome":
                self._welcomed(said)
            case "joined":
                self._joined(said)
            case "nack":
                self._refused(said)
            case "reset" | "left" if said.room == self.room.address:
                self._end(f"the server took the person out of the room ({said.reason or said.t})")
            case _:
                pass  # pushes that a load has no use for

    def _welcomed(self, said: Received) -> None:
        now = asyncio.get_running_loop().time()
        self.allowance = self.load.allowance(self._hello, said.limits, now)
        self.say(Join(JOIN_REF, self.room.address, 0, self.after))

    def _joined(self, said: Received) -> None:
        if self.after is not None and not said.recovered:
            self._end("the server did not resume where the person had stopped")
            return
        last = said.seq or 0
        self.reading = Verifier(last if self.after is None else self.after.seq)
        if self.after is not None:
            for entry in said.entries:
                self.reading.take(entry.seq)
            self.load.report.resumed += len(said.entries)
        self.is_in = not self._is_deaf
        if said.epoch is not None:
            self.load.report.position_by_room[self.room.address] = Position(said.epoch, last)
        if self.is_in:
            self.room.readers.append(self)
        elif self._transport is not None:
            self._transport.pause_reading()
        if not self.entered.done():
            self.entered.set_result(None)

    def _refused(self, said: Received) -> None:
        if said.ref == HELLO_REF and said.code == "guests_refused" and self._may_show_token:
            self._hello = Hello(HELLO_REF, token=self.load.plan.token)
            self.say(self._hello)
        elif said.ref in (HELLO_REF, JOIN_REF):
            self._end(f"{said.code}: {said.reason}")
        elif said.ref is not None:
            self.room.take_nack(said.ref, said)

    @property
    def _may_show_token(self) -> bool:
        """Whether there is a token for those who are not admitted as guests."""
        return self.load.plan.token is not None and self._hello.token is None

    # -- Writing -----------------------------------------------------------------------------------

    def say(self, command: Hello | Join | Publish) -> None:
        """Sends a command, if there is still a way to."""
        codec = self.load.codec
        self._write(masked(codec.opcode, codec.encode(command)))

    def _write(self, frame: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame)
