"""The frames that clients send: one type for each `t` (protocol, sections 2 to 5).

Knows fields, their types and what each is for; the names are the wire's. Refuses to know bytes (codecs),
rules of text (checks), what a command does, and what the server sends (outbound). An optional field may
be `null`, which is the same as leaving it out, except in `settings`. Frames are frozen and never part
of a reference cycle (`gc=False`).
"""

from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from msgspec import UNSET, Meta, Struct, UnsetType

from hubbub.domain import limits
from hubbub.domain.fields import (
    CommandId,
    Cursor,
    Emoji,
    Epoch,
    FloorAction,
    HistoryLimit,
    Hub,
    IdentityId,
    JoinLimit,
    Milliseconds,
    Name,
    Reason,
    Ref,
    Role,
    Room,
    RoomOrUnset,
    SanctionAction,
    Scope,
    Seq,
    SlowMs,
    Text,
    Title,
    Token,
    Topic,
)
from hubbub.domain.fields import (
    Mode as ModeField,
)

if TYPE_CHECKING:
    Json = Any
else:
    # JSON's value space to the depth that `data` may have, so that a decoder refuses the rest (bin,
    # ext types, other keys, huge integers, deeper nesting) before it builds anything of it.
    _Int = Annotated[int, Meta(ge=-limits.SAFE_INTEGER, le=limits.SAFE_INTEGER)]
    Json = Union[None, bool, _Int, float, str]  # noqa: UP007
    for _ in range(limits.DATA_DEPTH):
        Json = Union[None, bool, _Int, float, str, list[Json], dict[str, Json]]  # noqa: UP007


class Command(Struct, frozen=True, gc=False, forbid_unknown_fields=True, tag_field="t", tag=str.lower):
    """What a client sends; the tag is the class's name in lower case."""


class Position(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A place in a room's log: where a reader stopped."""

    epoch: Epoch
    seq: Seq
    """The last entry that was read."""


class About(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The announcement that a message replies to in public."""

    room: Room
    seq: Seq
    """The announcement."""


class Hello(Struct, frozen=True, gc=False, tag_field="t", tag="hello"):
    """Who is there: a token, or the name of a guest. Unknown fields are ignored."""

    ref: Ref
    token: Token | None = None
    """Who has it is that identity; without one, `name` must be there."""
    name: Name | None = None
    """The name of a guest, where the server admits guests; without one, `token` must be there."""
    quiet: bool = False
    """Leave this identity out of the names in `who`, `presence` and `typing`, but count it."""


class Ping(Command, frozen=True):
    """Is the server there?"""

    ref: Ref


class Pong(Command, frozen=True):
    """The client is there; no reply."""


class Watch(Command, frozen=True):
    """The rooms of a hub, and pushes of what moves in them."""

    ref: Ref
    hub: Hub


class Unwatch(Command, frozen=True):
    """The end of a watch."""

    ref: Ref
    hub: Hub


class Join(Command, frozen=True):
    """Into a room: afresh, or from where one was (`after`)."""

    ref: Ref
    room: Room
    limit: JoinLimit = limits.JOIN_ENTRIES
    after: Position | None = None
    """Resume behind this place: all that followed, raw, or a fresh join."""


class Leave(Command, frozen=True):
    """Out of a room."""

    ref: Ref
    room: Room


class History(Command, frozen=True):
    """A page of a room's log; `before` or `after`, exclusive, or neither for the newest."""

    ref: Ref
    room: Room
    before: Seq | None = None
    """Entries below this `seq`; not with `after`."""
    after: Seq | None = None
    """Entries above this `seq`; not with `before`."""
    limit: HistoryLimit = limits.JOIN_ENTRIES


class Publish(Command, frozen=True):
    """A message."""

    ref: Ref
    room: Room
    text: Text
    id: CommandId | None = None
    reply_to: Seq | None = None
    """The message of this room that it answers."""
    about: About | None = None
    """The announcement that it answers, from the discussion room."""
    question: bool = False
    """It waits for an answer."""
    data: Json = None
    """For programs: any JSON, at most 8 deep and 4,096 bytes as compact JSON; not keys that
    begin with `hubbub`."""
    epoch: Epoch | None = None
    """Where `reply_to` or `about` was read; one that is over is `unknown_entry`."""


class Edit(Command, frozen=True):
    """Another text for one's own message."""

    ref: Ref
    room: Room
    target: Seq
    """The message."""
    text: Text
    id: CommandId | None = None
    epoch: Epoch | None = None
    """Where `target` was read; one that is over is `unknown_entry`."""


class Remove(Command, frozen=True):
    """A message taken out of the log; a moderator gives a reason."""

    ref: Ref
    room: Room
    target: Seq
    """The message."""
    reason: Reason | None = None
    """A moderator must say why; an author need not."""
    id: CommandId | None = None
    epoch: Epoch | None = None
    """Where `target` was read; one that is over is `unknown_entry`."""


class React(Command, frozen=True):
    """One emoji on a message, set or taken back."""

    ref: Ref
    room: Room
    target: Seq
    """The message."""
    emoji: Emoji
    on: bool
    """True sets it, false takes it back."""
    id: CommandId | None = None
    epoch: Epoch | None = None
    """Where `target` was read; one that is over is `unknown_entry`."""


class Mode(Command, frozen=True):
    """The switch of a room's mode."""

    ref: Ref
    room: Room
    mode: ModeField
    reason: Reason
    until: Milliseconds | None = None
    """When the room returns to its base mode; absent: the mode becomes the base mode."""
    id: CommandId | None = None


class Settings(Command, frozen=True):
    """Other settings of a room: what is absent stays, the empty string unsets it."""

    ref: Ref
    room: Room
    title: Title | UnsetType = UNSET
    topic: Topic | UnsetType = UNSET
    discussion: RoomOrUnset | UnsetType = UNSET
    slow_ms: SlowMs | UnsetType = UNSET
    id: CommandId | None = None


class Grant(Command, frozen=True):
    """A role in the room's hub for `subject`, an identity's id."""

    ref: Ref
    room: Room
    subject: IdentityId
    """Who is given the role, known or not."""
    role: Role
    reason: Reason
    id: CommandId | None = None


class Sanction(Command, frozen=True):
    """A mute or ban of `subject`, or its end."""

    ref: Ref
    room: Room
    action: SanctionAction
    """What is to be done."""
    subject: IdentityId
    """Who is muted or banned, or no longer, known or not."""
    reason: Reason
    scope: Scope = "room"
    """The room, or the whole hub."""
    until: Milliseconds | None = None
    """When it ends by itself; not with `unmute` and `unban`."""
    id: CommandId | None = None


class Floor(Command, frozen=True):
    """Asking for the floor and withdrawing (oneself), giving, refusing and taking it (a moderator)."""

    ref: Ref
    room: Room
    action: FloorAction
    """`give`, `refuse` and `take` are for moderators."""
    subject: IdentityId | None = None
    """Whose floor it is; not looked at with `ask` and `withdraw`."""
    reason: Reason | None = None
    id: CommandId | None = None


class Typing(Command, frozen=True):
    """I am writing in this room; no reply."""

    room: Room


class Who(Command, frozen=True):
    """Who is in a room; `after` is the `more` of the page before."""

    ref: Ref
    room: Room
    after: Cursor | None = None


class People(Command, frozen=True):
    """Who has a role, or is under a sanction, in a hub; `after` is the `more` of the page before."""

    ref: Ref
    hub: Hub
    of: Literal["roles", "sanctions"]
    """`sanctions` is for moderators."""
    after: Cursor | None = None


class Seen(Command, frozen=True):
    """I have read this room up to `seq`; no reply."""

    room: Room
    seq: Seq
    """Cut to the newest one; it never goes down."""


Append = Publish | Edit | Remove | React | Mode | Settings | Grant | Sanction | Floor
"""The commands that append to a room's log: answered by an Ack or a Nack, counted as publishing."""

ClientFrame = (
    Hello | Ping | Pong | Watch | Unwatch | Join | Leave | History | Append | Typing | Who | People | Seen
)
