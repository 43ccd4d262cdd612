"""A decision on a command: an entry to append, or a refusal; and on what it was made.

Knows what the log must compare before the decision may take effect. Refuses to know revisions, which the
node adds, and how the log stores what it is told to.
"""

from functools import cached_property
from typing import Any, Literal

import msgspec

from hubbub.domain import entries
from hubbub.domain.cards import Person
from hubbub.domain.identity import Identity
from hubbub.domain.refusals import Refusal
from hubbub.domain.rights import Standing, TokenRole, may_publish, publish_refusal, standing
from hubbub.domain.state import HubState, RoomState

Where = Literal["meta", "floor", "sanctions", "roles", "hub_sanctions"]
"""The maps of state that an entry may set: the room's first three, the hub's last two."""


class Case(msgspec.Struct, frozen=True, dict=True):
    """What is decided upon: one actor in one room, at one instant of the store's clock.

    What follows from it is worked out once, for as many commands of the actor as are decided together.
    `discussion` is the room's discussion room as far as the actor may read it.
    """

    now_ms: int
    room: RoomState
    hub: HubState
    actor: Identity
    token: TokenRole | None = None
    discussion: RoomState | None = None
    edit_ms: int | None = None

    @cached_property
    def who(self) -> Standing:
        """The actor's standing in the room."""
        return self.standing_in(self.room)

    @cached_property
    def publish_refusal(self) -> Refusal | None:
        """Why the actor may not publish in the room; it shows the way out into the discussion room."""
        return publish_refusal(self.room, self.who, self._discussion_takes_it)

    @cached_property
    def actor_card(self) -> Person:
        """The actor as the entries show them; shared, and never changed."""
        return self.actor.card()

    @property
    def _discussion_takes_it(self) -> bool:
        discussion = self.discussion
        return discussion is not None and may_publish(discussion, self.standing_in(discussion))

    def standing_in(self, room: RoomState) -> Standing:
        return standing(room, self.hub, self.actor.id, self.token, self.now_ms)


class Subject(msgspec.Struct, frozen=True):
    """Somebody else whom a command is about, with the role of the token they last presented."""

    identity: Identity
    token: TokenRole | None = None


class Target(msgspec.Struct, frozen=True):
    """The message a command is about, and the seqs of its edits as the log keeps them."""

    message: entries.Entry
    edits: bytes = b""
    edit_entries: tuple[entries.Entry, ...] = ()

    @property
    def seq(self) -> int:
        return int(self.message["seq"])

    @property
    def author_id(self) -> str:
        return str(self.message["by"]["id"])


class Decision(msgspec.Struct, frozen=True):
    """What shall happen, if all it was made on still holds when the log executes it.

    `fields` are the entry's besides `seq` and `at`; with `refusal` they are empty. It holds for
    `from_ms` <= now < `to_ms`. `live` are (room, seq) of messages that must be there and not removed,
    `reads` the other rooms it was made on. `is_public_act` sends it to the ledger too.
    """

    refusal: Refusal | None = None
    fields: dict[str, Any] = {}
    from_ms: int | None = None
    to_ms: int | None = None
    reads: tuple[str, ...] = ()
    live: tuple[tuple[str, int], ...] = ()
    edits: tuple[int, bytes] | None = None
    floor: tuple[str, bytes] | None = None
    react: tuple[int, str, bool] | None = None
    slow_ms: int | None = None
    raises: Literal["room", "hub"] | None = None
    sets: tuple[tuple[Where, str], ...] = ()
    drops: tuple[tuple[Where, str], ...] = ()
    drops_floor: bool = False
    erase: tuple[tuple[int, bytes], ...] = ()
    is_public_act: bool = False
