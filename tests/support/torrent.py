"""Knows how to publish as fast as a server takes it, at almost no cost; refuses to read what it is pushed.

It takes over the socket of a client that has joined a room. Replies are counted by their first bytes, not
read, so that one process of tests can fill several cores of servers.
"""

from __future__ import annotations

import asyncio
import json
import struct
from typing import Final

import msgpack

from tests.support.client import Client
from tests.support.wire import CodecName

REPLY_MARKS: Final[dict[CodecName, tuple[bytes, bytes]]] = {
    "json": (b'"t":"ack"', b'"t":"nack"'),
    "msgpack": (b"\xa1t\xa3ack", b"\xa1t\xa4nack"),
}
"""What an ack and a nack hold and nothing else does, as long as no text here says it."""

TEXT_FRAME: Final = 0x81
BINARY_FRAME: Final = 0x82


class Torrent(asyncio.Protocol):
    """Publishes until `count` messages are acked, with `in_flight` unanswered at every moment.

    What is refused is made up for by another message. Ids are `<name>.<number>`.
    """

    def __init__(self, client: Client, room: str, *, count: int, in_flight: int, text_chars: int) -> None:
        self.name = client.name
        self.room = room
        self.acks = 0
        self.nacks = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._codec = client.codec
        self._count = count
        self._in_flight = in_flight
        self._text = "t" * text_chars
        self._sent = 0
        self._rest = b""
        self._transport = client.transport
        self._transport.set_protocol(self)
        self._fill()

    def stop(self) -> None:
        """Cut the connection; what it was acked stays acked."""
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Count the replies, and send as many messages more."""
        ack, nack = REPLY_MARKS[self._codec]
        data = self._rest + data
        self.acks += data.count(ack)
        self.nacks += data.count(nack)
        self._rest = _beginning(data, (ack, nack))
        if self.acks < self._count:
            self._fill()
        elif not self.done.done() and self.acks + self.nacks == self._sent:
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits for the end that it will not come."""
        if not self.done.done():
            self.done.set_exception(ConnectionError(f"{self.name} was cut after {self.acks} acks"))

    def _fill(self) -> None:
        unanswered = self._sent - self.acks - self.nacks
        room_for = min(self._in_flight - unanswered, self._count - self.acks - unanswered)
        frames = [self._frame(self._sent + one + 1) for one in range(room_for)]
        self._sent += len(frames)
        self._transport.write(b"".join(frames))

    def _frame(self, number: int) -> bytes:
        """A whole WebSocket message, masked with zeros."""
        command = {
            "t": "publish", "ref": 1_000 + number, "room": self.room,
            "id": f"{self.name}.{number}", "text": self._text,
        }  # fmt: skip
        is_json = self._codec == "json"
        payload = json.dumps(command).encode() if is_json else msgpack.packb(command)
        kind = TEXT_FRAME if is_json else BINARY_FRAME
        return struct.pack("!BBH4x", kind, 0x80 | 126, len(payload)) + payload


def _beginning(data: bytes, marks: tuple[bytes, ...]) -> bytes:
    """The end of `data` that may be the beginning of a mark."""
    longest = max(map(len, marks)) - 1
    for size in range(min(longest, len(data)), 0, -1):
        if any(mark.startswith(data[-size:]) for mark in marks):
            return data[-size:]
    return b""
