"""People, rights and the state of a room, as the wire shows them.

Knows which fields a map has, which of them may be absent, and what each means. Refuses to know how they
come about: states, rights and gateways fill them. More fields may come; a reader ignores what it does not
know.
"""

from typing import NotRequired, TypedDict

from hubbub.domain import fields


class Person(TypedDict):
    """Somebody: who wrote, acted, or was acted upon."""

    id: fields.IdentityId
    name: NotRequired[fields.Name]
    """Absent for an id that nobody has seen yet."""
    kind: fields.Kind
    """`system` is what nobody did."""


class Named(TypedDict):
    """Somebody by id and name alone."""

    id: fields.IdentityId
    name: NotRequired[fields.Name]


class Gone(TypedDict):
    """Somebody who left a room."""

    id: fields.IdentityId


class Present(Person):
    """Somebody who is in a room, or has a role in a hub."""

    role: fields.Role


class Sanctioned(Person):
    """Somebody under a sanction, with the entry that says so."""

    action: fields.SanctionAction
    """What was done."""
    scope: fields.Scope
    """Where it holds."""
    room: fields.Room
    """Where the entry stands."""
    seq: fields.Seq
    at: fields.Milliseconds
    by: Person
    """Who did it."""
    reason: fields.Reason
    until: NotRequired[fields.Milliseconds]
    """When it ends; absent if it does not end by itself."""


class Turn(TypedDict):
    """Somebody who asked for the floor, or was given it."""

    id: fields.IdentityId
    name: NotRequired[fields.Name]
    at: fields.Milliseconds
    """Since when."""
    reason: NotRequired[fields.Reason]
    """Why they ask."""


class FloorLists(TypedDict):
    """Who asked for the floor and who was given it: oldest first, at most 200 each."""

    asked: list[Turn]
    """Who waits for an answer."""
    given: list[Turn]
    """Who may publish until it is taken."""


class RoomState(TypedDict):
    """A room as its log has left it; what is not set is absent."""

    title: NotRequired[fields.Name]
    """What is shown as the room's name."""
    topic: NotRequired[fields.Topic]
    """What the room is about."""
    mode: fields.Mode
    base_mode: fields.Mode
    """The mode to which the room returns at `mode_until`."""
    mode_since: fields.Milliseconds
    """When the mode was switched."""
    mode_by: Person
    """Who switched it."""
    mode_reason: fields.Reason
    """Why."""
    mode_until: NotRequired[fields.Milliseconds]
    """When the room returns to `base_mode`; absent if the mode stays."""
    discussion: NotRequired[fields.Room]
    """Where this room's announcements are answered."""
    slow_ms: NotRequired[fields.SlowMs]
    floor: NotRequired[FloorLists]
    """Only in `joined`."""


class RightsCard(TypedDict):
    """What one may do in a room; the answer to a command is what counts."""

    publish: bool
    """Publish a message here."""
    reply: bool
    """Answer, here or in the discussion room."""
    react: bool
    """Set and take back emojis."""
    floor: bool
    """Ask for the floor."""
    moderate: bool
    """Switch modes, change settings, remove, sanction, give the floor."""


class HubCard(TypedDict):
    """A hub that the caller may see."""

    hub: fields.Hub
    role: fields.Role
    """The caller's."""
    rooms: fields.Count
    """How many rooms it has."""


class ModeRule(TypedDict):
    """With `announcement_only`: the mode, who set it and why."""

    mode: fields.Mode
    by: Person
    """Who set it."""
    reason: fields.Reason
    since: fields.Milliseconds
    """When it was set."""
    until: NotRequired[fields.Milliseconds]
    """When it ends; absent if it stays."""


class RoleRule(TypedDict):
    """With `forbidden`: the role that it takes."""

    role: fields.Role
