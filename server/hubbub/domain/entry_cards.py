"""The entries of a room's log, kind by kind, as the wire shows them.

Knows the fields of each kind. Refuses to know who may make one (decide) and how the log keeps it (entries).
"""

from typing import Any, Final, Literal, NotRequired, TypedDict

from hubbub.domain import fields
from hubbub.domain.cards import Person


class Place(TypedDict):
    """A message of some room."""

    room: fields.Room
    seq: fields.Seq


class AnyEntry(TypedDict):
    """What every entry has."""

    seq: fields.Seq
    at: fields.Milliseconds
    """When it was appended, by the store's clock; it never goes back within a room."""
    by: Person
    """Who wrote or did it."""


class MessageEntry(AnyEntry):
    """A message.

    `edited`, `reactions` and `mine` are there where the log is folded: fresh joins, and pages.
    """

    kind: Literal["message"]
    id: fields.CommandId
    """Under which it was published."""
    text: fields.Text
    reply_to: NotRequired[fields.Seq]
    """The message of this room that it answers."""
    about: NotRequired[Place]
    """The announcement that it answers in public."""
    question: NotRequired[bool]
    """It waits for an answer."""
    data: NotRequired[Any]
    """What its author's program put there: any JSON."""
    edited: NotRequired[fields.Milliseconds]
    """When `text` was written; absent if it is the first one."""
    reactions: NotRequired[dict[str, int]]
    """How often each emoji stands on it."""
    mine: NotRequired[list[str]]
    """The reader's own emojis."""


class RemovedEntry(AnyEntry):
    """What stands in the place of a message that was removed; `by` is who wrote it."""

    kind: Literal["removed"]


class EditEntry(AnyEntry):
    """Another text for a message."""

    kind: Literal["edit"]
    target: fields.Seq
    """The message."""
    text: NotRequired[fields.Text]
    """Absent once the message is removed."""


class RemovalEntry(AnyEntry):
    """A message was removed; its text is gone from the store."""

    kind: Literal["removal"]
    target: fields.Seq
    """The message."""
    reason: NotRequired[fields.Reason]
    """Always there where a moderator did it."""


class ReactionEntry(AnyEntry):
    """An emoji on a message, set or taken back."""

    kind: Literal["reaction"]
    target: fields.Seq
    """The message."""
    emoji: fields.Emoji
    on: bool
    """True: set. False: taken back."""


class ModeEntry(AnyEntry):
    """The room's mode was switched; by `system` when its time had come."""

    kind: Literal["mode"]
    mode: fields.Mode
    previous: fields.Mode
    """The mode before."""
    reason: fields.Reason
    until: NotRequired[fields.Milliseconds]
    """When the room returns to its base mode; absent if the mode stays."""


class SettingsEntry(AnyEntry):
    """Settings of the room were changed; only those that changed are there."""

    kind: Literal["settings"]
    title: NotRequired[fields.Title]
    topic: NotRequired[fields.Topic]
    discussion: NotRequired[fields.RoomOrUnset]
    slow_ms: NotRequired[fields.SlowMs]


class RoleEntry(AnyEntry):
    """Somebody was given a role in the hub."""

    kind: Literal["role"]
    subject: Person
    """Who."""
    role: fields.Role
    reason: fields.Reason


class SanctionEntry(AnyEntry):
    """Somebody was muted or banned, or that was lifted."""

    kind: Literal["sanction"]
    action: fields.SanctionAction
    """What was done."""
    scope: fields.Scope
    """Where it holds."""
    subject: Person
    """Who."""
    reason: fields.Reason
    until: NotRequired[fields.Milliseconds]
    """When it ends; absent if it does not end by itself."""


class SanctionRule(SanctionEntry):
    """With `muted` and `banned`: the entry that forbids it."""

    room: fields.Room
    """Where the entry stands."""


class FloorEntry(AnyEntry):
    """Somebody asked for the floor or withdrew, was given or refused it, or lost it."""

    kind: Literal["floor"]
    action: fields.FloorAction
    """What happened."""
    subject: Person
    """Whose floor it is."""
    reason: NotRequired[fields.Reason]


ENTRIES: Final = (
    MessageEntry,
    RemovedEntry,
    EditEntry,
    RemovalEntry,
    ReactionEntry,
    ModeEntry,
    SettingsEntry,
    RoleEntry,
    SanctionEntry,
    FloorEntry,
)
"""Every kind; a later server may know more, and a reader passes over those, counting their `seq`."""
