"""A server that a test writes line by line: connections that say what they are told to say.

Knows the least a program needs to be greeted and to be in a room. Refuses to know rules.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from hubbub.sdk.backoff import Backoff
from hubbub.sdk.hub import Hub
from hubbub.sdk.line import Lost
from hubbub.sdk.session import Token

Frame = dict[str, Any]
Reply = Callable[["Connection", Frame], Frame | None]

ROOM = "place/agora"
LIMITS = {"publish_per_s": None, "publish_burst": None}
ME = {"id": "me", "name": "Me", "kind": "bot"}
ALICE = {"id": "alice", "name": "Alice", "kind": "person"}


class Connection:
    """One connection; `sent` is what the program said over it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.sent: list[Frame] = []
        self.is_closed = False
        self._frames: asyncio.Queue[Frame | Lost] = asyncio.Queue()

    def say(self, frame: Frame) -> None:
        """Something for the program to read."""
        self._frames.put_nowait(frame)

    def end(self, code: int = 1006, reason: str = "gone") -> None:
        """The last it reads."""
        self._frames.put_nowait(Lost(code, reason))

    async def send(self, frame: Frame) -> None:
        if self.is_closed:
            raise Lost()
        self.sent.append(frame)
        reply = self.server.reply(self, frame)
        if reply is not None:
            self.say({"ref": frame["ref"], **reply})

    async def receive(self) -> Frame:
        frame = await self._frames.get()
        if isinstance(frame, Lost):
            raise frame
        return frame

    async def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            await asyncio.sleep(self.server.close_seconds)
            self.end(1000)


class Server:
    """A log of one room, and a word for each command; a test changes the words."""

    def __init__(self) -> None:
        self.log: list[Frame] = []
        self.epoch = "k1"
        self.first = 1
        self.limits: dict[str, Any] = dict(LIMITS)
        self.connections: list[Connection] = []
        self.dialled_at: list[float] = []
        self.words: dict[str, Reply] = {"hello": self.welcome, "join": self.joined, "history": self.history}
        self.words |= {"publish": self.acked, "floor": self.acked, "leave": lambda *_: {"t": "left"}}
        self.refusals: list[BaseException] = []
        self.close_seconds = 0.0

    async def dial(self) -> Connection:
        """As the program connects."""
        self.dialled_at.append(asyncio.get_running_loop().time())
        if self.refusals:
            raise self.refusals.pop(0)
        connection = Connection(self)
        self.connections.append(connection)
        return connection

    def hub(self, token: Token | None = "a token", **more: Any) -> Hub:
        """The program."""
        return Hub(self.dial, token=token, rooms=[ROOM], backoff=Backoff(), **more)

    @property
    def line(self) -> Connection:
        """The newest connection."""
        return self.connections[-1]

    def reply(self, connection: Connection, frame: Frame) -> Frame | None:
        """What is said to a command; None is silence."""
        word = self.words.get(frame["t"])
        return None if word is None else word(connection, frame)

    def welcome(self, connection: Connection, frame: Frame) -> Frame:
        return {"t": "welcome", "identity": ME, "limits": self.limits, "ping_ms": 25_000, "features": []}

    def joined(self, connection: Connection, frame: Frame) -> Frame:
        after: Frame = frame.get("after", {"epoch": "", "seq": 0})
        is_whole = after["epoch"] == self.epoch and after["seq"] >= self.first - 1
        is_whole = is_whole and len(self.log) - after["seq"] <= 1_000
        newest = len(self.log)
        entries = self.log[after["seq"] :] if is_whole else self.log[newest - frame.get("limit", 0) :]
        return {
            "t": "joined", "room": ROOM, "state": {"mode": "agora"}, "role": "participant",
            "rights": {"publish": True}, "epoch": self.epoch, "seq": newest, "first": self.first,
            "recovered": is_whole, "entries": entries, "present": 1,
        }  # fmt: skip

    def history(self, connection: Connection, frame: Frame) -> Frame:
        if "before" in frame:
            found = self.log[: frame["before"] - 1][-frame["limit"] :]
        else:
            found = self.log[max(frame["after"], self.first - 1) :][: frame["limit"]]
        more = bool(found) and found[-1]["seq"] < len(self.log)
        return {"t": "history", "epoch": self.epoch, "first": self.first, "entries": found, "more": more}

    def acked(self, connection: Connection, frame: Frame) -> Frame:
        """In the log once, whatever comes again; everybody is told."""
        for entry in self.log:
            if entry.get("id") == frame["id"]:
                return {"t": "ack", "epoch": self.epoch, "seq": entry["seq"], "duplicate": True}
        kind: str = "message" if frame["t"] == "publish" else frame["t"]
        fields = {name: frame[name] for name in ("id", "text", "action") if name in frame}
        entry = self.append(kind, ME, **fields, subject=ME)
        return {"t": "ack", "epoch": self.epoch, "seq": entry["seq"]}

    def append(self, kind: str, by: Frame, *, is_pushed: bool = True, **fields: Any) -> Frame:
        """One more entry."""
        entry = {"seq": len(self.log) + 1, "at": 1, "kind": kind, "by": by, **fields}
        self.log.append(entry)
        if is_pushed and self.connections:
            self.push(entry)
        return entry

    def push(self, entry: Frame) -> None:
        """Tells of an entry."""
        self.line.say({"t": "entry", "room": ROOM, "epoch": self.epoch, "e": entry})

    def alice(self, text: str, *, is_pushed: bool = True) -> Frame:
        """Alice says something."""
        return self.append("message", ALICE, id=f"a{len(self.log)}", text=text, is_pushed=is_pushed)
