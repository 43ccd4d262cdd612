"""One batch of a hub as the function `append` reads it, and its answers.

Knows the names of the fields in functions.lua and adds what only a node knows: revisions and salts.
Refuses to know what an entry says and why it is refused.
"""

import secrets
from dataclasses import dataclass
from typing import Any, Literal

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


@dataclass(frozen=True, slots=True)
class Item:
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

    def packable(self, index_by_room: dict[str, int]) -> dict[str, Any]:
        """The item as functions.lua wants it; what is empty is left out."""
        decision = self.decision
        packed: dict[str, Any] = {
            "room": index_by_room[self.room],
            "author": self.author,
            "id": self.id,
            "guards": [(index_by_room[room], rev) for room, rev in self.rev_by_room.items()],
            "hub_rev": self.hub_rev,
            "from": decision.from_ms,
            "to": decision.to_ms,
            "floor": decision.floor,
        }
        if decision.refusal is None:
            packed |= {
                "kind": decision.fields["kind"],
                "rest": entries.rest(decision.fields),
                "live": [(index_by_room[room], seq) for room, seq in decision.live],
                "edits": decision.edits,
                "react": decision.react and dict(zip(("target", "emoji", "on"), decision.react, strict=True)),
                "slow_ms": decision.slow_ms,
                "raise": decision.raises,
                "sets": decision.sets,
                "dels": decision.drops,
                "drops_floor": decision.drops_floor,
                "erase": decision.erase,
            }
            if decision.is_public_act:
                packed["salts"] = _salts(decision.fields)
                packed["state_fields"] = " ".join(name for where, name in decision.sets if where == "meta")
        return {name: value for name, value in packed.items() if value}


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one item: `number` is its `seq`, or the ms to wait for `slow_mode`."""

    status: Status
    number: int
    epoch: str


def _salts(fields: dict[str, Any]) -> bytes:
    return entries.encode({path: secrets.token_hex(SALT_BYTES) for path in entries.free_texts(fields)})
