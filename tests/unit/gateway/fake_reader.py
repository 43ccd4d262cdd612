"""A client at the other end of a connection that believes nothing: it checks every byte it is sent.

Knows the promise of a room: from the joined `seq` on, every entry, in order, each once, or a word that it
is out. Refuses to know how the server does it.
"""

import json
import struct
import time
from typing import Any

from hubbub.domain import limits
from hubbub.domain.identity import Credentials, Identity
from hubbub.gateway.connection import GatewayProtocol
from hubbub.gateway.frame_reader import FrameReader
from hubbub.gateway.node import Node
from hubbub.protocol.codecs import JSON
from hubbub.protocol.session import Session
from tests.unit.gateway.fake_store import ROOM, FakeLog

FOR_EVER_MS = 1 << 50


class BrokenPromise(AssertionError):
    """A reader was sent what it must not be sent, or not what it must."""


class FakeTransport:
    """Takes what is written to its reader."""

    def __init__(self, reader: "FakeReader") -> None:
        self._reader = reader
        self.is_closed = False

    def write(self, written: bytes) -> None:
        if not self.is_closed:
            self._reader.take(written)

    def set_write_buffer_limits(self, high: int) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class FakeReader:
    """One client with a real connection of a real node, welcomed already."""

    def __init__(self, node: Node, log: FakeLog, name: str) -> None:
        self.name = name
        self._log = log
        self.is_in = False
        self.epoch = ""
        self.seq = 0
        self.writes_since_pause = 0
        self.after: tuple[str, int] | None = None
        self.replies: list[dict[str, Any]] = []
        self._ref = 0
        self._after_by_ref: dict[int, tuple[str, int]] = {}
        self.transport = FakeTransport(self)
        self.connection = GatewayProtocol(None, None, {"node": node})
        self.connection.connection_made(self.transport)  # type: ignore[arg-type]
        self.connection._reader = FrameReader(limits.FRAME_BYTES)
        self.connection._session = Session(JSON, time.monotonic())
        node.met(self.connection, "local")
        node.greet(self.connection, f"u:{name}")
        self.connection.welcomed(Credentials(Identity(f"u:{name}", name), {}, FOR_EVER_MS), False)

    # -- What it does ----------------------------------------------------------------------------

    @property
    def may_send(self) -> bool:
        """Whether the server reads; as long as it does not, a client cannot do anything."""
        return self.connection.is_reading and not self.transport.is_closed

    def say(self, t: str, **fields: Any) -> None:
        self._ref += 1
        frame = {"t": t, "ref": self._ref, "room": ROOM, **fields}
        self.connection.data_received(masked(json.dumps(frame).encode()))

    def join(self, limit: int) -> None:
        self.say("join", limit=limit)

    def resume(self) -> None:
        """Joins again from the last entry it has."""
        if self.after is None:
            self.join(2)
        else:
            self._after_by_ref[self._ref + 1] = self.after
            self.say("join", after={"epoch": self.after[0], "seq": self.after[1]})

    def leave_and_resume(self) -> None:
        self.say("leave")
        self.resume()

    def pause(self) -> None:
        self.writes_since_pause = 0
        self.connection.pause_writing()

    def unpause(self) -> None:
        self.connection.resume_writing()

    def vanish(self) -> None:
        self.transport.is_closed = True
        self.is_in = False
        self.connection.connection_lost(None)

    # -- What it is sent -------------------------------------------------------------------------

    def take(self, written: bytes) -> None:
        """Checks one write."""
        frames = [json.loads(payload) for payload in payloads(written)]
        if not self.connection.is_writable and any(frame["t"] == "entry" for frame in frames):
            self.writes_since_pause += 1
            if self.writes_since_pause > 1:
                raise BrokenPromise(f"{self.name} is written to although it does not read")
        for frame in frames:
            match frame["t"]:
                case "joined":
                    self._joined(frame)
                case "entry":
                    self._entry(frame)
                case "reset":
                    self.is_in = False
                case "left":
                    self.is_in = False
                case "nack":
                    self.replies.append(frame)
                case _:
                    pass

    def _joined(self, frame: dict[str, Any]) -> None:
        seqs = [entry["seq"] for entry in frame["entries"]]
        newest = seqs[-1] if seqs else frame["seq"]
        if seqs != list(range(newest - len(seqs) + 1, newest + 1)) or newest != frame["seq"]:
            raise BrokenPromise(f"joined at {frame['seq']} with {seqs}")
        if frame["recovered"]:
            after = self._after_by_ref[frame["ref"]]
            if after != (frame["epoch"], frame["seq"] - len(seqs)):
                raise BrokenPromise(f"resumed from {after} with {seqs} of {frame['epoch']}")
        self.is_in, self.epoch, self.seq = True, frame["epoch"], frame["seq"]
        self.after = (self.epoch, self.seq)
        for entry in frame["entries"]:
            self._check(entry)

    def _entry(self, frame: dict[str, Any]) -> None:
        seq = frame["e"]["seq"]
        if not self.is_in:
            raise BrokenPromise(f"{self.name} is out and gets {seq}")
        if frame["epoch"] != self.epoch or seq != self.seq + 1:
            raise BrokenPromise(f"{self.name}: {frame['epoch']} {seq} after {self.epoch} {self.seq}")
        self._check(frame["e"])
        self.seq = seq
        self.after = (self.epoch, seq)

    def _check(self, entry: dict[str, Any]) -> None:
        place = self.epoch, entry["seq"]
        room = self._log.room
        known = [room.original[place], room.instead.get(place, b"null")]
        if entry not in [json.loads(body) for body in known]:
            raise BrokenPromise(f"{place} is not {entry}")


def masked(payload: bytes) -> bytes:
    """A text as a client's frame; the mask is zeros."""
    return struct.pack("!BBH", 0x81, 0xFE, len(payload)) + bytes(4) + payload


def payloads(written: bytes) -> list[bytes]:
    """The messages in what was written, which are WebSocket frames without a mask."""
    found = []
    while written:
        size, start = written[1], 2
        if size == 126:
            size, start = int.from_bytes(written[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(written[2:10], "big"), 10
        if written[0] == 0x81:
            found.append(written[start : start + size])
        written = written[start + size :]
    return found
