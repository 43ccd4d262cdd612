"""Knows how to make a small journal that keeps every promise; tests break one promise of it each.

In the story, Amina and Bilal are in one room, `place/agora`, and a reader beside them; a moderator
switches the room to announcement and back. Times are seconds from 1 on, one for each record.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from tests.support.checker import check
from tests.support.journal import (
    Acked,
    AnyRecord,
    Content,
    Joined,
    Log,
    Nacked,
    Opened,
    Out,
    Received,
    Sent,
    entry_digest,
    text_digest,
)  # fmt: skip

ROOM = "place/agora"
EPOCH = "k3"
READERS = ("amina#1", "bilal#2", "reader#3", "moderator#4")
R = TypeVar("R", bound=AnyRecord)


@dataclass
class Story:
    """A journal in the making; `log` is what the room's log truly is."""

    records: list[AnyRecord] = field(default_factory=list)
    log: list[dict[str, Any]] = field(default_factory=list)
    clock: float = 0.0
    refs: int = 0

    def at(self) -> float:
        """The next instant."""
        self.clock += 1.0
        return self.clock

    def ref(self) -> int:
        """The next ref."""
        self.refs += 1
        return self.refs

    def open_all(self) -> None:
        """Everybody says hello and joins the empty room."""
        for connection in READERS:
            client = connection.partition("#")[0]
            self.records.append(Opened(self.at(), connection, f"u:{client}", client))
            self.join(connection)

    def join(self, connection: str, *, after: int | None = None, recovered: bool | None = None) -> None:
        """A join as of now; a resume if `after` is given."""
        is_resume = after is not None if recovered is None else recovered
        entries = [self.content(entry) for entry in self.log if is_resume and entry["seq"] > (after or 0)]
        self.records.append(
            Joined(
                self.at(), connection, ROOM, EPOCH, len(self.log), 1, is_resume, tuple(entries),
                EPOCH if after is not None else None, after,
            )
        )  # fmt: skip

    def content(self, entry: dict[str, Any]) -> tuple[int, str]:
        """Write an entry's content; returns (seq, digest)."""
        self.records.append(Content(entry_digest(entry), entry))
        return entry["seq"], entry_digest(entry)

    def send(self, connection: str, command: str, id: str, text: str | None = None) -> Sent:
        """A command is sent."""
        digest = text_digest(text) if text is not None else None
        sent = Sent(self.at(), connection, self.ref(), ROOM, command, id, digest)
        self.records.append(sent)
        return sent

    def append(self, by: str, kind: str, **fields: Any) -> dict[str, Any]:
        """An entry gets into the log."""
        entry = {
            "seq": len(self.log) + 1,
            "at": int(1000 * self.clock),
            "kind": kind,
            "by": {"id": by},
            **fields,
        }
        self.log.append(entry)
        return entry

    def push(self, entry: dict[str, Any], connections: tuple[str, ...] = READERS) -> None:
        """An entry is given to connections."""
        for connection in connections:
            seq, digest = self.content(entry)
            self.records.append(Received(self.at(), connection, ROOM, EPOCH, seq, digest))

    def ack(self, sent: Sent, seq: int, *, is_duplicate: bool = False) -> None:
        """A command is acked."""
        self.records.append(Acked(self.at(), sent.connection, sent.ref, ROOM, EPOCH, seq, is_duplicate))

    def nack(self, sent: Sent, code: str) -> None:
        """A command is refused."""
        self.records.append(Nacked(self.at(), sent.connection, sent.ref, code))

    def say(self, connection: str, id: str, text: str) -> dict[str, Any]:
        """A message is sent, appended, pushed to all and acked."""
        sent = self.send(connection, "publish", id, text)
        entry = self.append(f"u:{connection.partition('#')[0]}", "message", id=id, text=text)
        self.push(entry)
        self.ack(sent, entry["seq"])
        return entry

    def switch(self, mode: str, previous: str) -> dict[str, Any]:
        """The moderator switches the mode."""
        sent = self.send("moderator#4", "mode", f"switch-{self.refs}")
        entry = self.append("u:moderator", "mode", mode=mode, previous=previous, reason="Talk")
        self.push(entry)
        self.ack(sent, entry["seq"])
        return entry

    def find(self, kind: type[R], **fields: Any) -> tuple[int, R]:
        """Return index and record of the first record of a kind with these fields."""
        for index, record in enumerate(self.records):
            if isinstance(record, kind) and all(
                getattr(record, name) == value for name, value in fields.items()
            ):
                return index, record
        raise LookupError(fields)

    def change(self, index: int, **fields: Any) -> None:
        """Replace fields of one record."""
        self.records[index] = msgspec.structs.replace(self.records[index], **fields)

    def end(self) -> list[str]:
        """A fresh reader reads the log, and the checker judges."""
        self.records.append(Log(ROOM, EPOCH, 1, len(self.log), tuple(self.log)))
        return self.judge()

    def judge(self) -> list[str]:
        """The checker judges what is written so far."""
        return check(
            self.records,
            has_settled=True,
            mode_by_room={ROOM: "agora"},
            role_by_identity={"u:moderator": "moderator"},
        )


def told_story() -> Story:
    """A story that keeps every promise: talk, a switch and back, a retry, a refusal, a reset, a resume."""
    story = Story()
    story.open_all()
    story.say("amina#1", "a1", "Good morning")
    story.say("bilal#2", "b1", "Good morning to you")
    story.switch("announcement", "agora")
    late = story.send("amina#1", "publish", "a2", "May I?")
    story.nack(late, "announcement_only")
    story.switch("agora", "announcement")
    lost = story.send("bilal#2", "publish", "b2", "Again")
    story.nack(lost, "unknown_outcome")
    entry = story.append("u:bilal", "message", id="b2", text="Again")
    story.push(entry)
    again = story.send("bilal#2", "publish", "b2", "Again")
    story.ack(again, entry["seq"], is_duplicate=True)
    story.records.append(Out(story.at(), "reader#3", ROOM, "reset"))
    story.push(story.append("u:amina", "message", id="a3", text="Unheard by one"), READERS[:2] + READERS[3:])
    story.join("reader#3", after=5)
    story.say("amina#1", "a4", "Good night")
    return story
