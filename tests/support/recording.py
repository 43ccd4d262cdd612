"""Knows which record of the journal a frame becomes; refuses to know how frames travel."""

from __future__ import annotations

from typing import Any, Final

from tests.support.journal import (
    Acked,
    Joined,
    Journal,
    Nacked,
    Out,
    Received,
    Sent,
    now,
    text_digest,
)
from tests.support.wire import WireFrame

# Commands that append, which the journal keeps.
APPENDING: Final = frozenset(
    {"publish", "edit", "remove", "react", "mode", "settings", "grant", "sanction", "floor"}
)


def record_command(journal: Journal, connection: str, frame: WireFrame) -> None:
    """Write down a command that is about to be sent, if it is one that appends."""
    if frame["t"] in APPENDING:
        text: Any = frame.get("text")
        digest = text_digest(text) if isinstance(text, str) else None
        room, id = frame.get("room", ""), frame.get("id")
        journal.write(Sent(now(), connection, frame["ref"], room, frame["t"], id, digest))


def record_frame(journal: Journal, connection: str, frame: WireFrame, command: WireFrame) -> None:
    """Write down a frame that arrived; `command` is what it answers, empty for a push."""
    at = now()
    match frame["t"]:
        case "entry":
            entry, room, epoch = frame["e"], frame["room"], frame["epoch"]
            journal.write(Received(at, connection, room, epoch, entry["seq"], journal.digest(entry)))
        case "joined":
            journal.write(_joined(at, connection, frame, command, journal))
        case "ack" if "seq" in frame:
            place = frame["room"], frame["epoch"], frame["seq"]
            journal.write(Acked(at, connection, frame["ref"], *place, frame.get("duplicate", False)))
        case "nack":
            journal.write(Nacked(at, connection, frame["ref"], frame["code"]))
        case "left" | "reset" as why:
            journal.write(Out(at, connection, frame["room"], why))
        case _:
            pass


def _joined(at: float, connection: str, frame: WireFrame, command: WireFrame, journal: Journal) -> Joined:
    after = command.get("after") or {}
    return Joined(
        at,
        connection,
        frame["room"],
        frame["epoch"],
        frame["seq"],
        frame["first"],
        frame["recovered"],
        tuple((entry["seq"], journal.digest(entry)) for entry in frame["entries"]),
        after.get("epoch"),
        after.get("seq"),
    )
