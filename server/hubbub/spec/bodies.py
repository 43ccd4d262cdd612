"""What HTTP alone sends and takes: the bodies that are no frame of the socket.

Knows their fields. Refuses to know which call has which (calls).
"""

from typing import Literal, NotRequired, TypedDict

from hubbub.domain import fields
from hubbub.domain.cards import HubCard, Person, RoomState
from hubbub.protocol.frames import Position, RoomCard
from hubbub.protocol.outbound import EntryBytes


class Guest(TypedDict):
    """A new guest."""

    token: fields.Token
    """Who has it is that guest: for `hello`, and for the other calls."""
    identity: Person


class Hubs(TypedDict):
    """The hubs that the caller may see."""

    hubs: list[HubCard]
    """Those the caller is not banned from."""


class Rooms(TypedDict):
    """The rooms of a hub that the caller may read."""

    hub: fields.Hub
    rooms: list[RoomCard]
    """By address."""


class RoomMade(TypedDict):
    """A room that was made."""

    room: fields.Room
    state: RoomState


class HookCard(TypedDict):
    """A way in for another program, without its token."""

    id: str
    """By which it is removed."""
    room: fields.Room
    name: fields.Name
    role: Literal["participant", "speaker"]
    """`speaker` publishes in announcement rooms too."""
    identity: fields.IdentityId
    """The bot that speaks."""
    made_at: fields.Milliseconds


class HookMade(HookCard):
    """A hook with its token, which is told only here."""

    token: str
    """Who has it speaks as the bot."""
    path: str
    """Where to POST."""


class Hooks(TypedDict):
    """The hooks of a room."""

    room: fields.Room
    hooks: list[HookCard]
    """Without their tokens."""


class HookRemoved(TypedDict):
    """A hook that has ended."""

    room: fields.Room
    removed: str
    """Its id."""


class Payload(TypedDict):
    """What a program says: `text`, or what GitHub or Alertmanager send.

    GitHub is known by its header `X-GitHub-Event`.
    """

    text: NotRequired[str]
    """Cut to the length of a message."""


class Ignored(TypedDict):
    """Understood, and of no interest to people."""

    ignored: str
    """What it was."""


class Missing(TypedDict):
    """Entries that are not there, or no longer."""

    since: fields.Seq
    """Those after this one."""
    until: fields.Seq
    """The last of them."""


class Delivery(TypedDict):
    """What a webhook is sent: all that it wants after `after`, up to (`epoch`, `seq`)."""

    room: fields.Room
    epoch: fields.Epoch
    seq: fields.Seq
    """The last entry that was looked at, wanted or not."""
    after: Position
    """Up to where the delivery before it came."""
    entries: list[EntryBytes]
    """In ascending order, raw; none that was removed meanwhile."""
    gap: NotRequired[Missing]
    """What could not be sent."""


class Alive(TypedDict):
    """The process lives."""

    alive: Literal[True]


class Ready(TypedDict):
    """Whether the store answers, and the server does not drain."""

    ready: bool
    """Whether requests should be sent here."""
