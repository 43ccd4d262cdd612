"""What happens in a hub, as typed values: what a program's handlers are given.

Knows the kinds of entries and pushes and the event that each one is. Refuses to know connections: an event
that can be answered holds the hub it came from. All are frozen; times are milliseconds since 1970, UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hubbub.sdk.hub import Hub

Frame = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, or something: `kind` is `person`, `guest`, `bot` or `system`; `name` is not unique.

    `role` is that in the hub where it is told: in `Hub.who` and in `Joined`.
    """

    id: str
    name: str = ""
    kind: str = "person"
    role: str = field(default="", compare=False)

    @property
    def is_bot(self) -> bool:
        """Whether a program speaks under this identity."""
        return self.kind == "bot"

    def __str__(self) -> str:
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class Event:
    """Anything that can be handled."""


@dataclass(frozen=True, slots=True)
class Ready(Event):
    """Connected and greeted for the first time; `limits` are the server's, None is one that is off."""

    identity: Person
    limits: Mapping[str, int | None]
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disconnected(Event):
    """The connection was lost; the next attempt comes in `retry_seconds`."""

    code: int
    reason: str
    retry_seconds: float


@dataclass(frozen=True, slots=True)
class RoomEvent(Event):
    """Anything that belongs to one room, `hub/room`."""

    room: str


@dataclass(frozen=True, slots=True)
class Resumed(RoomEvent):
    """Back in a room. `recovered`: every entry of the meantime follows, `count` of them."""

    recovered: bool
    count: int


@dataclass(frozen=True, slots=True)
class Gap(RoomEvent):
    """Entries after `since` and up to `until` could not be had: trimmed, or the log lost its tail."""

    since: int
    until: int


@dataclass(frozen=True, slots=True)
class LeftRoom(RoomEvent):
    """Out of a room, and not coming back: `banned`, `unknown_room` or another word of the protocol."""

    reason: str


@dataclass(frozen=True, slots=True)
class RightsChanged(RoomEvent):
    """What this program may do here from now on: `publish`, `reply`, `react`, `floor`, `moderate`."""

    role: str
    rights: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class EntryEvent(RoomEvent):
    """An entry of the room's log. `(epoch, seq)` never names two different ones."""

    epoch: str
    seq: int
    at: int
    author: Person
    hub: Hub = field(repr=False, compare=False)
    fields: Mapping[str, Any] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Message(EntryEvent):
    """Somebody said something."""

    id: str
    text: str
    reply_to: int | None = None
    about: Mapping[str, Any] | None = None
    question: bool = False
    data: Mapping[str, Any] | None = None

    async def reply(self, text: str, **more: Any) -> Message:
        """Answers it in its room; as `Hub.send`."""
        return await self.hub.send(self.room, text, reply_to=self.seq, **more)

    async def react(self, emoji: str) -> None:
        """Reacts to it with one emoji."""
        await self.hub.react(self.room, self.seq, emoji)


@dataclass(frozen=True, slots=True)
class MessageEdited(EntryEvent):
    """The author changed the text of `target`; `text` is None where it has been removed since."""

    target: int
    text: str | None


@dataclass(frozen=True, slots=True)
class MessageRemoved(EntryEvent):
    """The text of `target` is gone, for everybody."""

    target: int
    reason: str


@dataclass(frozen=True, slots=True)
class Reaction(EntryEvent):
    """Somebody reacted to `target`, or took the reaction back."""

    target: int
    emoji: str
    on: bool


@dataclass(frozen=True, slots=True)
class ModeChanged(EntryEvent):
    """Who may speak here has changed; `until` is when the room returns to its base mode by itself."""

    mode: str
    previous: str
    reason: str
    until: int | None = None


@dataclass(frozen=True, slots=True)
class SettingsChanged(EntryEvent):
    """Title, topic, discussion or slow mode; `changed` holds the new values, "" where unset."""

    changed: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RoleChanged(EntryEvent):
    """Somebody was given a role in the hub."""

    subject: Person
    role: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sanctioned(EntryEvent):
    """`mute`, `unmute`, `ban` or `unban`, of the `room` or the `hub`."""

    action: str
    scope: str
    subject: Person
    reason: str
    until: int | None = None


@dataclass(frozen=True, slots=True)
class FloorEvent(EntryEvent):
    """Something about who may speak in an announcement room."""

    subject: Person
    reason: str


@dataclass(frozen=True, slots=True)
class FloorRequested(FloorEvent):
    """Somebody asks to speak."""


@dataclass(frozen=True, slots=True)
class FloorWithdrawn(FloorEvent):
    """Somebody asks no longer, or gives the floor back."""


@dataclass(frozen=True, slots=True)
class FloorGranted(FloorEvent):
    """Somebody may speak."""


@dataclass(frozen=True, slots=True)
class FloorRefused(FloorEvent):
    """Somebody who asked may not speak."""


@dataclass(frozen=True, slots=True)
class FloorRevoked(FloorEvent):
    """Somebody may speak no longer."""


@dataclass(frozen=True, slots=True)
class Ephemeral(RoomEvent):
    """Not in the log: never replayed, and the first to be dropped when a program falls behind."""


@dataclass(frozen=True, slots=True)
class Typing(Ephemeral):
    """Who is writing, five at most."""

    who: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Presence(Ephemeral):
    """How many people are in the room."""

    count: int


@dataclass(frozen=True, slots=True)
class Joined(Ephemeral):
    """Somebody came into the room; told in rooms of up to 100 people."""

    person: Person


@dataclass(frozen=True, slots=True)
class Left(Ephemeral):
    """Somebody left the room; told in rooms of up to 100 people."""

    person: Person


def person(card: Mapping[str, Any]) -> Person:
    """The identity that a card of the wire names."""
    return Person(card["id"], card.get("name", ""), card.get("kind", "person"), card.get("role", ""))


_FLOOR_CLASS: dict[str, type[FloorEvent]] = {
    "ask": FloorRequested,
    "withdraw": FloorWithdrawn,
    "give": FloorGranted,
    "refuse": FloorRefused,
    "take": FloorRevoked,
}


def of_entry(room: str, epoch: str, entry: Frame, hub: Hub) -> EntryEvent | None:
    """The event that an entry is; None for a kind that this version does not know."""
    base = (room, epoch, entry["seq"], entry["at"], person(entry["by"]), hub, entry)
    reason = entry.get("reason", "")
    match entry["kind"]:
        case "message":
            return Message(
                *base, entry.get("id", ""), entry["text"], entry.get("reply_to"), entry.get("about"),
                entry.get("question", False), entry.get("data"),
            )  # fmt: skip
        case "edit":
            return MessageEdited(*base, entry["target"], entry.get("text"))
        case "removal":
            return MessageRemoved(*base, entry["target"], reason)
        case "reaction":
            return Reaction(*base, entry["target"], entry["emoji"], entry["on"])
        case "mode":
            return ModeChanged(*base, entry["mode"], entry["previous"], reason, entry.get("until"))
        case "settings":
            names = ("title", "topic", "discussion", "slow_ms")
            return SettingsChanged(*base, {name: entry[name] for name in names if name in entry})
        case "role":
            return RoleChanged(*base, person(entry["subject"]), entry["role"], reason)
        case "sanction":
            subject = person(entry["subject"])
            return Sanctioned(*base, entry["action"], entry["scope"], subject, reason, entry.get("until"))
        case "floor" if entry["action"] in _FLOOR_CLASS:
            return _FLOOR_CLASS[entry["action"]](*base, person(entry["subject"]), reason)
        case _:
            return None


def of_push(frame: Frame) -> list[Ephemeral]:
    """The events of a push that is not in the log: `typing` or `presence`."""
    room = frame["room"]
    if frame["t"] == "typing":
        return [Typing(room, tuple(person(card) for card in frame["who"]))]
    came = [Joined(room, person(card)) for card in frame.get("joined") or ()]
    went = [Left(room, person(card)) for card in frame.get("left") or ()]
    return [*came, *went, Presence(room, frame["count"])]
