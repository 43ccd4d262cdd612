"""One batch of a hub as the function `append` reads it, and its answers.

Knows the names of the fields in functions.lua and adds what only a node knows: revisions and salts.
Refuses to know what an entry says and why it is refused.
"""

import secrets
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from hubbub.domain import entries
from hubbub.domain.decision import Decision

SALT_BYTES = 16
"""Of each free text in the ledger: enough that nobody guesses a short reason from its hash."""

Status = Literal[
    "ok",
    "duplicate",
    "stale",
    "confirmed",
    "unknown_room",
    "unknown_entry",
    "no_change",
    "too_large",
    "slow_mode",
]


class Item(msgspec.Struct, frozen=True):
    """A decision with the revisions it was made on: of the hub, and of each room it read by address."""

    room: str
    author: str
    id: str
    rev_by_room: dict[str, str]
    hub_rev: str
    decision: Decision

    @property
    def rooms(self) -> tuple[str, ...]:
        """Every room that the log must look at for this item."""
        return (self.room, *self.rev_by_room, *(room for room, _ in self.decision.live))

    def packable(self, index_by_room: Mapping[str, int]) -> "Packable":
        """The item as functions.lua wants it."""
        decision = self.decision
        packed = Packable(
            room=index_by_room[self.room],
            author=self.author,
            id=self.id,
            guards=[(index_by_room[room], rev) for room, rev in self.rev_by_room.items()],
            hub_rev=self.hub_rev,
            from_ms=decision.from_ms,
            to_ms=decision.to_ms,
            floor=decision.floor and (decision.floor[0], decision.floor[1].decode()),
        )
        if decision.refusal is None:
            packed.kind = decision.fields["kind"]
            packed.rest = entries.rest(decision.fields).decode()
            packed.live = [(index_by_room[room], seq) for room, seq in decision.live]
            packed.edits = decision.edits and (decision.edits[0], decision.edits[1].decode())
            packed.react = decision.react and dict(
                zip(("target", "emoji", "on"), decision.react, strict=True)
            )
            packed.slow_ms = decision.slow_ms
            packed.raises = decision.raises
            packed.sets, packed.drops = decision.sets, decision.drops
            packed.drops_floor = decision.drops_floor
            packed.erase = [(seq, instead.decode()) for seq, instead in decision.erase]
            if decision.is_public_act:
                packed.salts = _salts(decision.fields)
                packed.state_fields = " ".join(name for where, name in decision.sets if where == "meta")
        return packed


class Packable(
    msgspec.Struct,
    omit_defaults=True,
    rename={"from_ms": "from", "to_ms": "to", "raises": "raise", "drops": "dels"},
):
    """An item as functions.lua reads it, whose names these are; what is empty is left out.

    Texts are `str` though they hold JSON: the store's decoder knows no MessagePack `bin`.
    """

    room: int
    author: str
    id: str
    guards: list[tuple[int, str]]
    hub_rev: str
    from_ms: int | None = None
    to_ms: int | None = None
    floor: tuple[str, str] | None = None
    kind: str | None = None
    rest: str | None = None
    live: list[tuple[int, int]] = []
    edits: tuple[int, str] | None = None
    react: dict[str, Any] | None = None
    slow_ms: int | None = None
    raises: str | None = None
    sets: tuple[tuple[str, str], ...] = ()
    drops: tuple[tuple[str, str], ...] = ()
    drops_floor: bool = False
    erase: list[tuple[int, str]] = []
    salts: str | None = None
    state_fields: str = ""


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What became of one item: `number` is its `seq`, or the ms to wait for `slow_mode`."""

    status: Status
    number: int
    epoch: str


def _salts(fields: dict[str, Any]) -> str:
    salt_by_path = {path: secrets.token_hex(SALT_BYTES) for path in entries.free_texts(fields)}
    return entries.encode(salt_by_path).decode()
