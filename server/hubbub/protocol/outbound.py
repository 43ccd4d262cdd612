"""The frames that the server sends: replies to a `ref`, and pushes (protocol, sections 2 to 8).

Knows fields; the names are the wire's. Refuses to know bytes (codecs) and when a frame is due. States,
rights and people are maps as the domain's cards give them. Entries are `Raw`: bytes that are in the
codec of the connection already.
"""

from typing import Any, Literal

from msgspec import Raw, Struct

from hubbub.domain.limits import Limits
from hubbub.domain.refusals import Code, Refusal


class Outbound(Struct, frozen=True, gc=False, omit_defaults=True, tag_field="t", tag=str.lower):
    """What the server sends: the reply to a `ref`, or a push; what is at its default is absent."""


class Welcome(Outbound, frozen=True):
    """The connection is this identity's; `token` only for a guest."""

    ref: int
    identity: dict[str, str]
    node: str
    version: str
    server_time: int
    ping_ms: int
    limits: Limits
    features: tuple[str, ...]
    token: str | None = None


class PingPush(Outbound, frozen=True, tag="ping"):
    """Is the client there?"""


class PongReply(Outbound, frozen=True, tag="pong"):
    """The server is there."""

    ref: int


class Ack(Outbound, frozen=True):
    """Done; `seq` where an entry was appended, `duplicate` where it had been before."""

    ref: int
    room: str | None = None
    epoch: str | None = None
    seq: int | None = None
    duplicate: bool = False


class Nack(Outbound, frozen=True):
    """Refused, and nothing has changed; made by `nack`."""

    ref: int
    code: Code
    reason: str
    temporary: bool
    rule: dict[str, Any] | None = None
    instead: tuple[str, ...] = ()
    retry_ms: int | None = None
    id: str | None = None


class RoomCard(Struct, frozen=True, gc=False, omit_defaults=True):
    """A room in `watching`; `messages` are those after `seen`."""

    room: str
    state: dict[str, Any]
    seq: int
    present: int
    messages: int
    seen: int | None = None


class Watching(Outbound, frozen=True):
    """The rooms of a hub that this identity may read."""

    ref: int
    hub: str
    role: str
    rooms: list[RoomCard]


class Head(Struct, frozen=True, gc=False):
    """How far a room's log has come, and how many messages are new since the last such push."""

    seq: int
    messages: int


class Heads(Outbound, frozen=True):
    """What moved in a watched hub."""

    hub: str
    rooms: dict[str, Head]


class RoomChanged(Outbound, frozen=True, tag="room"):
    """A room of a watched hub was made or its state changed; `state` without `floor`."""

    room: str
    state: dict[str, Any]


class Joined(Outbound, frozen=True):
    """In the room; pushes begin at `seq + 1`. `state` and the array `entries` are in this codec already."""

    ref: int
    room: str
    state: Raw
    role: str
    rights: dict[str, bool]
    epoch: str
    seq: int
    first: int
    recovered: bool
    entries: Raw
    present: int


class Left(Outbound, frozen=True):
    """Out of the room: the reply to `leave`, or a push that says why."""

    room: str
    ref: int | None = None
    reason: str | None = None


class HistoryPage(Outbound, frozen=True, tag="history"):
    """A page of a room's log, folded as of `as_of`. `entries` are in this codec already."""

    ref: int
    room: str
    epoch: str
    as_of: int
    first: int
    entries: list[Raw]
    more: bool


class EntryPush(Outbound, frozen=True, tag="entry"):
    """One entry of a room that the connection is in; `e` is in this codec already."""

    room: str
    epoch: str
    e: Raw


class TypingPush(Outbound, frozen=True, tag="typing"):
    """Who is writing in a room."""

    room: str
    who: list[dict[str, str]]


class WhoPage(Outbound, frozen=True, tag="who"):
    """Who is in a room; `more` is false, or what to give as `after` for the next page."""

    ref: int
    room: str
    count: int
    more: str | Literal[False]
    who: list[dict[str, Any]] | None = None


class PeoplePage(Outbound, frozen=True, tag="people"):
    """Roles or sanctions of a hub; `more` is false, or what to give as `after` for the next page."""

    ref: int
    hub: str
    of: str
    people: list[dict[str, Any]]
    more: str | Literal[False]


class Presence(Outbound, frozen=True):
    """How many people are in a room, and who came and went where names are told."""

    room: str
    count: int
    joined: list[dict[str, Any]] | None = None
    left: list[dict[str, Any]] | None = None


class Rights(Outbound, frozen=True):
    """What this connection's identity may do in a room from now on."""

    room: str
    role: str
    rights: dict[str, bool]


class Reset(Outbound, frozen=True):
    """The connection is out of the room, for it cannot be given everything; it joins again."""

    room: str


class Drain(Outbound, frozen=True):
    """The server is about to close; come back after `reconnect_ms`."""

    reconnect_ms: int


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
