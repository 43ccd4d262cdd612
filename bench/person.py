"""Two plain people of Hubbub in Python: one who talks, one who stops reading and goes on.

Knows frames and sockets. Refuses to know what is measured with them.
"""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from bench.programs import Failed
from bench.servers import JSON, Hubbub
from hubbub.demo import AGORA

SPOKEN: Final = Subprotocol(JSON.subprotocol)
REPLY_SECONDS: Final = 20.0
"""For one answer of the server."""
RECEIVE_BYTES: Final = 1 << 18
"""Read at once by one who has not read for long."""


class Talker:
    """A guest in the agora who publishes and waits for the acks."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._ref = 1
        self.epoch = ""
        self.seq = 0
        self._ask({"t": "hello", "ref": 1, "name": "Talker"})
        joined = self._ask({"t": "join", "ref": 1, "room": AGORA, "limit": 0})
        self.epoch, self.seq = joined["epoch"], joined["seq"]

    def publish(self, texts: list[str]) -> None:
        """Publish all at once; returns when every one is in the log, with `seq` at the newest."""
        refs = set()
        for text in texts:
            self._ref += 1
            refs.add(self._ref)
            self._send({"t": "publish", "ref": self._ref, "room": AGORA, "text": text})
        while refs:
            frame = self._receive()
            if frame.get("ref") in refs:
                refs.discard(frame["ref"])
                self.seq = max(self.seq, self._acked(frame)["seq"])

    def _ask(self, command: dict[str, object]) -> dict[str, Any]:
        self._send(command)
        while True:
            frame = self._receive()
            if frame.get("ref") == command["ref"]:
                return self._acked(frame)

    def _acked(self, frame: dict[str, Any]) -> dict[str, Any]:
        if frame["t"] == "nack":
            raise Failed(f"the server refused: {frame['reason']}")
        return frame

    def _send(self, command: dict[str, object]) -> None:
        self._connection.send(json.dumps(command))

    def _receive(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(self._connection.recv(REPLY_SECONDS))
        return frame


@contextmanager
def talker(server: Hubbub) -> Iterator[Talker]:
    """A talker for the length of a block."""
    url = f"ws://127.0.0.1:{server.port}/ws"
    with connect(url, subprotocols=[SPOKEN], proxy=None, compression=None, max_size=None) as one:
        yield Talker(one)


@dataclass(frozen=True)
class Seen:
    """What a reader got: the numbers of the entries in the order they came, and its bytes."""

    seqs: tuple[int, ...]
    received_bytes: int


class Reader:
    """A guest in the agora who reads only when told to, from a socket of its own."""

    def __init__(self, link: socket.socket, port: int) -> None:
        self.socket = link
        self._received = 0
        self._wire = ClientProtocol(
            parse_uri(f"ws://127.0.0.1:{port}/ws"), subprotocols=[SPOKEN], max_size=None
        )
        self._wire.send_request(self._wire.connect())
        self._flush()
        while self._wire.state is State.CONNECTING:
            self._wire.receive_data(self.socket.recv(RECEIVE_BYTES))
        self._say({"t": "hello", "ref": 1, "name": "Reader"})
        self._say({"t": "join", "ref": 2, "room": AGORA, "limit": 0})
        while not any(frame.get("t") == "joined" for frame in self._frames()):
            pass

    @property
    def address(self) -> tuple[str, int]:
        """Our end of the connection."""
        host, port = self.socket.getsockname()
        return str(host), int(port)

    def read_to(self, seq: int) -> Seen:
        """Read on until the entry `seq` has come; raises Failed if it does not."""
        seqs: list[int] = []
        began = self._received
        while not seqs or seqs[-1] < seq:
            seqs += [frame["e"]["seq"] for frame in self._frames() if frame["t"] == "entry"]
        return Seen(tuple(seqs), self._received - began)

    def _frames(self) -> list[dict[str, Any]]:
        """The frames of one read from the socket."""
        try:
            piece = self.socket.recv(RECEIVE_BYTES)
        except TimeoutError:
            piece = b""
        if not piece:
            raise Failed("the reader got nothing more")
        self._received += len(piece)
        self._wire.receive_data(piece)
        self._flush()
        events = [event for event in self._wire.events_received() if isinstance(event, Frame)]
        return [json.loads(bytes(frame.data)) for frame in events if frame.opcode is Opcode.TEXT]

    def _say(self, command: dict[str, object]) -> None:
        self._wire.send_text(json.dumps(command).encode())
        self._flush()

    def _flush(self) -> None:
        for piece in self._wire.data_to_send():
            if piece:
                self.socket.sendall(piece)


@contextmanager
def reader(server: Hubbub, window_bytes: int) -> Iterator[Reader]:
    """A reader for the length of a block, with a receive buffer of so many bytes."""
    with socket.socket() as link:
        link.settimeout(REPLY_SECONDS)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window_bytes)
        link.connect(("127.0.0.1", server.port))
        yield Reader(link, server.port)
