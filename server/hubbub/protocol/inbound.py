"""The frames that clients send: one type for each `t` (protocol, sections 2 to 5).

Knows fields, their types and their ranges; the names are the wire's. Refuses to know bytes (codecs),
rules of text (checks), what a command does, and what the server sends (outbound). An optional field may
be `null`, which is the same as leaving it out, except in `settings`. Frames are frozen and never part
of a reference cycle (`gc=False`).
"""

from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from msgspec import UNSET, Meta, Struct, UnsetType

from hubbub.domain import limits
from hubbub.domain.state import ModeWord

Ref = Annotated[int, Meta(ge=1, le=limits.REF_MAX)]
Seq = Annotated[int, Meta(ge=0, le=limits.SAFE_INTEGER)]
Milliseconds = Annotated[int, Meta(ge=0, le=limits.SAFE_INTEGER)]  # since 1970-01-01 UTC
JoinLimit = Annotated[int, Meta(ge=0, le=limits.PAGE_ENTRIES)]
HistoryLimit = Annotated[int, Meta(ge=1, le=limits.PAGE_ENTRIES)]
SlowMs = Annotated[int, Meta(ge=0, le=limits.SLOW_MS_MAX)]
RoleWord = Literal["participant", "speaker", "moderator", "owner"]
Scope = Literal["room", "hub"]

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

    epoch: str
    seq: Seq


class About(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The announcement that a message replies to in public."""

    room: str
    seq: Seq


class Hello(Struct, frozen=True, gc=False, tag_field="t", tag="hello"):
    """Who is there: a token, or the name of a guest. Unknown fields are ignored."""

    ref: Ref
    token: str | None = None
    name: str | None = None
    quiet: bool = False


class Ping(Command, frozen=True):
    """Is the server there?"""

    ref: Ref


class Pong(Command, frozen=True):
    """The client is there; no reply."""


class Watch(Command, frozen=True):
    """The rooms of a hub, and pushes of what moves in them."""

    ref: Ref
    hub: str


class Unwatch(Command, frozen=True):
    """The end of a watch."""

    ref: Ref
    hub: str


class Join(Command, frozen=True):
    """Into a room: afresh, or from where one was (`after`)."""

    ref: Ref
    room: str
    limit: JoinLimit = limits.JOIN_ENTRIES
    after: Position | None = None


class Leave(Command, frozen=True):
    """Out of a room."""

    ref: Ref
    room: str


class History(Command, frozen=True):
    """A page of a room's log; `before` or `after`, exclusive, or neither for the newest."""

    ref: Ref
    room: str
    before: Seq | None = None
    after: Seq | None = None
    limit: HistoryLimit = limits.JOIN_ENTRIES


class Publish(Command, frozen=True):
    """A message."""

    ref: Ref
    room: str
    text: str
    id: str | None = None
    reply_to: Seq | None = None
    about: About | None = None
    question: bool = False
    data: Json = None
    epoch: str | None = None


class Edit(Command, frozen=True):
    """Another text for one's own message."""

    ref: Ref
    room: str
    target: Seq
    text: str
    id: str | None = None
    epoch: str | None = None


class Remove(Command, frozen=True):
    """A message taken out of the log; a moderator gives a reason."""

    ref: Ref
    room: str
    target: Seq
    reason: str | None = None
    id: str | None = None
    epoch: str | None = None


class React(Command, frozen=True):
    """One emoji on a message, set or taken back."""

    ref: Ref
    room: str
    target: Seq
    emoji: str
    on: bool
    id: str | None = None
    epoch: str | None = None


class Mode(Command, frozen=True):
    """The switch of a room's mode."""

    ref: Ref
    room: str
    mode: ModeWord
    reason: str
    until: Milliseconds | None = None
    id: str | None = None


class Settings(Command, frozen=True):
    """Other settings of a room: UNSET leaves one alone, the empty string unsets it."""

    ref: Ref
    room: str
    title: str | UnsetType = UNSET
    topic: str | UnsetType = UNSET
    discussion: str | UnsetType = UNSET
    slow_ms: SlowMs | UnsetType = UNSET
    id: str | None = None


class Grant(Command, frozen=True):
    """A role in the room's hub for `subject`, an identity's id."""

    ref: Ref
    room: str
    subject: str
    role: RoleWord
    reason: str
    id: str | None = None


class Sanction(Command, frozen=True):
    """A mute or ban of `subject`, or its end."""

    ref: Ref
    room: str
    action: Literal["mute", "unmute", "ban", "unban"]
    subject: str
    reason: str
    scope: Scope = "room"
    until: Milliseconds | None = None
    id: str | None = None


class Floor(Command, frozen=True):
    """Asking for the floor and withdrawing (oneself), giving, refusing and taking it (a moderator)."""

    ref: Ref
    room: str
    action: Literal["ask", "withdraw", "give", "refuse", "take"]
    subject: str | None = None
    reason: str | None = None
    id: str | None = None


class Typing(Command, frozen=True):
    """I am writing in this room; no reply."""

    room: str


class Who(Command, frozen=True):
    """Who is in a room; `after` is the `more` of the page before."""

    ref: Ref
    room: str
    after: str | None = None


class People(Command, frozen=True):
    """Who has a role, or is under a sanction, in a hub; `after` is the `more` of the page before."""

    ref: Ref
    hub: str
    of: Literal["roles", "sanctions"]
    after: str | None = None


class Seen(Command, frozen=True):
    """I have read this room up to `seq`; no reply."""

    room: str
    seq: Seq


Append = Publish | Edit | Remove | React | Mode | Settings | Grant | Sanction | Floor
"""The commands that append to a room's log: answered by an Ack or a Nack, counted as publishing."""

ClientFrame = (
    Hello | Ping | Pong | Watch | Unwatch | Join | Leave | History | Append | Typing | Who | People | Seen
)
