"""The frames that the server sends: replies to a `ref`, and pushes (protocol, sections 2 to 8).

Knows fields; the names are the wire's. Refuses to know bytes (codecs) and when a frame is due. States,
rights and people are maps as the domain's cards say. Entries are `Raw`: bytes that are in the codec of
the connection already.
"""

from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Raw, Struct

from hubbub.domain import cards, fields
from hubbub.domain.limits import REF_MAX, Limits
from hubbub.domain.refusals import Code, Refusal

SCHEMAS: Final = "#/components/schemas/"
"""Where a schema stands by its name, in the documents for programs."""


def _shown_as(name: str) -> Meta:
    """What a schema says of a value that no type here does."""
    return Meta(extra_json_schema={"$ref": SCHEMAS + name})


EntryBytes = Annotated[Raw, _shown_as("Entry")]
EntriesBytes = Annotated[Raw, Meta(extra_json_schema={"type": "array", "items": {"$ref": SCHEMAS + "Entry"}})]
StateBytes = Annotated[Raw, _shown_as("RoomState")]
Rule = Annotated[dict[str, Any], _shown_as("Rule")]
PersonRow = Annotated[dict[str, Any], _shown_as("PersonRow")]
More = str | Literal[False]


class Outbound(Struct, frozen=True, gc=False, omit_defaults=True, tag_field="t", tag=str.lower):
    """What the server sends: the reply to a `ref`, or a push; what is at its default is absent."""


class Welcome(Outbound, frozen=True):
    """The connection is this identity's; `token` only for a guest."""

    ref: fields.Ref
    identity: cards.Person
    """Who the connection is."""
    node: str
    """Which node of the server it is on."""
    version: str
    """Of the protocol."""
    server_time: fields.Milliseconds
    """The time by the clock of the store."""
    ping_ms: fields.Duration
    """After so much silence of the server it pings."""
    limits: Limits
    features: tuple[str, ...]
    """What this server has beyond the rest; names that are not known are ignored."""
    token: fields.Token | None = None
    """For a guest: presented later, it keeps the same identity."""


class PingPush(Outbound, frozen=True, tag="ping"):
    """Is the client there?"""


class PongReply(Outbound, frozen=True, tag="pong"):
    """The server is there."""

    ref: fields.Ref


class Ack(Outbound, frozen=True):
    """Done; `seq` where an entry was appended, `duplicate` where it had been before."""

    ref: fields.Ref
    room: fields.Room | None = None
    epoch: fields.Epoch | None = None
    seq: fields.Seq | None = None
    """Where the entry stands."""
    duplicate: bool = False
    """The entry had been appended before, by the same author under the same `id`."""


class Nack(Outbound, frozen=True):
    """Refused, and nothing has changed."""

    ref: Annotated[int, Meta(ge=0, le=REF_MAX)]
    """0 where the command had none that is usable."""
    code: Code
    reason: str
    """For people, in English."""
    temporary: bool
    """Whether the same command may be accepted later."""
    rule: Rule | None = None
    """What forbids it."""
    instead: tuple[str, ...] = ()
    """What one can do: `floor` asks for the floor, `about` replies in the discussion room."""
    retry_ms: fields.Duration | None = None
    """When to try again, in milliseconds from now."""
    id: fields.CommandId | None = None
    """With `unknown_outcome`: send the command again under this id."""


class RoomCard(Struct, frozen=True, gc=False, omit_defaults=True):
    """A room in `watching`; `messages` are those after `seen`."""

    room: fields.Room
    state: cards.RoomState
    seq: fields.Seq
    """The newest entry; 0 if there is none."""
    present: fields.Count
    """How many identities are in the room."""
    messages: fields.Count
    """After `seen`, counted up to 1,000."""
    seen: fields.Seq | None = None
    """Up to where the reader has read; absent where that was never said."""


class Watching(Outbound, frozen=True):
    """The rooms of a hub that this identity may read."""

    ref: fields.Ref
    hub: fields.Hub
    role: fields.RoleWord
    """The reader's in the hub."""
    rooms: list[RoomCard]
    """By address."""


class Head(Struct, frozen=True, gc=False):
    """How far a room's log has come, and how many messages are new since the last such push."""

    seq: fields.Seq
    """The newest entry."""
    messages: fields.Count
    """Since the last such push."""


class Heads(Outbound, frozen=True):
    """What moved in a watched hub."""

    hub: fields.Hub
    rooms: dict[str, Head]
    """By address."""


class RoomChanged(Outbound, frozen=True, tag="room"):
    """A room of a watched hub was made or its state changed; `state` without `floor`."""

    room: fields.Room
    state: cards.RoomState


class Joined(Outbound, frozen=True):
    """In the room; the pushes of its entries begin at `seq + 1`."""

    ref: fields.Ref
    room: fields.Room
    state: StateBytes
    role: fields.RoleWord
    """The reader's in the hub."""
    rights: cards.RightsCard
    epoch: fields.Epoch
    seq: fields.Seq
    """The last entry that is included, or the newest one; the pushes go on behind it."""
    first: fields.Seq
    """The oldest entry that can still be read."""
    recovered: bool
    """True: `entries` are all that followed `after`, raw. False: they are the newest ones, folded."""
    entries: EntriesBytes
    """In ascending order."""
    present: fields.Count
    """How many identities are in the room."""


class Left(Outbound, frozen=True):
    """Out of the room: the reply to `leave`, or a push that says why."""

    room: fields.Room
    ref: fields.Ref | None = None
    """Absent in a push."""
    reason: Literal["banned"] | None = None
    """Only in a push."""


class HistoryPage(Outbound, frozen=True, tag="history"):
    """A page of a room's log, folded as of `as_of`."""

    ref: fields.Ref
    room: fields.Room
    epoch: fields.Epoch
    as_of: fields.Seq
    """The newest entry when the page was read; messages are folded up to it."""
    first: fields.Seq
    """The oldest entry that can still be read."""
    entries: list[EntryBytes]
    """In ascending order."""
    more: bool
    """Whether there are more in the direction asked for."""


class EntryPush(Outbound, frozen=True, tag="entry"):
    """One entry of a room that the connection is in."""

    room: fields.Room
    epoch: fields.Epoch
    e: EntryBytes


class TypingPush(Outbound, frozen=True, tag="typing"):
    """Who is writing in a room."""

    room: fields.Room
    who: list[cards.Named]
    """At most five of them."""


class WhoPage(Outbound, frozen=True, tag="who"):
    """Who is in a room; `more` is false, or what to give as `after` for the next page."""

    ref: fields.Ref
    room: fields.Room
    count: fields.Count
    """How many identities are in the room."""
    more: More
    """False, or what to give as `after` for the next page."""
    who: list[cards.Present] | None = None
    """Absent where only moderators may see names."""


class PeoplePage(Outbound, frozen=True, tag="people"):
    """Roles or sanctions of a hub; `more` is false, or what to give as `after` for the next page."""

    ref: fields.Ref
    hub: fields.Hub
    of: Literal["roles", "sanctions"]
    """What was asked for."""
    people: list[PersonRow]
    """At most 200 a page."""
    more: More
    """False, or what to give as `after` for the next page."""


class Presence(Outbound, frozen=True):
    """How many people are in a room, and who came and went where names are told."""

    room: fields.Room
    count: fields.Count
    """How many identities are in the room."""
    joined: list[cards.Present] | None = None
    """Absent where names are not told."""
    left: list[cards.Gone] | None = None
    """Absent where names are not told."""


class Rights(Outbound, frozen=True):
    """What this connection's identity may do in a room from now on."""

    room: fields.Room
    role: fields.RoleWord
    """The reader's in the hub."""
    rights: cards.RightsCard


class Reset(Outbound, frozen=True):
    """The connection is out of the room, for it cannot be given everything; it joins again."""

    room: fields.Room


class Drain(Outbound, frozen=True):
    """The server is about to close; come back after `reconnect_ms`."""

    reconnect_ms: fields.Duration
    """How long to wait; another number for each connection."""


ServerFrame = (
    Welcome
    | PingPush
    | PongReply
    | Ack
    | Nack
    | Watching
    | Heads
    | RoomChanged
    | Joined
    | Left
    | HistoryPage
    | EntryPush
    | TypingPush
    | WhoPage
    | PeoplePage
    | Presence
    | Rights
    | Reset
    | Drain
)


def nack(ref: int, refusal: Refusal, id: str | None = None) -> Nack:
    """The reply that tells `refusal`; `ref` is 0 where the command had none that is usable."""
    return Nack(
        ref=ref,
        code=refusal.code,
        reason=refusal.reason,
        temporary=refusal.is_temporary,
        rule=refusal.rule,
        instead=refusal.instead,
        retry_ms=refusal.retry_ms,
        id=id,
    )
