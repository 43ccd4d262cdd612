"""Who is in a room, on all nodes: counted by identity, told by name where that is allowed.

Knows people by node. Each node writes its own into a hash that expires with it, and tells the others
what changes; at least every 10 s it reads the others' hashes, so a lost word is repaired and a node
that was killed is forgotten.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from hubbub.domain.identity import Credentials, Identity, Role
from hubbub.domain.rights import TokenRole


class Card(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody in a room, as nodes tell each other; `role` and `until_ms` are their token's."""

    identity: Identity
    role: str | None = None
    until_ms: int = 0
    is_quiet: bool = False

    @property
    def token(self) -> TokenRole | None:
        return TokenRole(Role.of(self.role), self.until_ms) if self.role is not None else None

    @classmethod
    def of(cls, credentials: Credentials, hub: str, is_quiet: bool) -> "Card":
        role = credentials.role_by_hub.get(hub)
        word = role.word if role is not None else None
        return cls(credentials.identity, word, credentials.expires_at_ms, is_quiet)


class RoomPresence:
    """The people of one room; what has changed since the last `changes` is remembered by identity."""

    def __init__(self, is_quiet: Callable[[str], bool] = lambda _: False) -> None:
        """`is_quiet` says who has a quiet connection on this node, be it in this room or not."""
        self._is_quiet = is_quiet
        self._connections: Counter[str] = Counter()
        self._quiet: Counter[str] = Counter()
        self.local: dict[str, Card] = {}
        self.peers: dict[str, dict[str, Card]] = {}
        self._shown: dict[str, Card] = {}
        self._told: dict[str, Card] = {}

    @property
    def everybody(self) -> dict[str, Card]:
        """All people by identity; who is quiet on one node is quiet."""
        union: dict[str, Card] = {}
        for people in (*self.peers.values(), self.local):
            for id, card in people.items():
                known = union.get(id)
                union[id] = known if known is not None and known.is_quiet else card
        return {id: self._hushed(id, card) for id, card in union.items()}

    def here(self) -> dict[str, Card]:
        """The people on this node by identity, as the other nodes are told."""
        return {id: self._hushed(id, card) for id, card in self.local.items()}

    def _hushed(self, id: str, card: Card) -> Card:
        return msgspec.structs.replace(card, is_quiet=True) if self._is_quiet(id) else card

    @property
    def count(self) -> int:
        if not self.peers:
            return len(self.local)
        return len(set(self.local).union(*self.peers.values()))

    def enter(self, card: Card) -> None:
        """One more connection of somebody."""
        id = card.identity.id
        self._connections[id] += 1
        self._quiet[id] += card.is_quiet
        self.local[id] = msgspec.structs.replace(card, is_quiet=self._quiet[id] > 0)

    def leave(self, card: Card) -> None:
        """One connection of somebody less."""
        id = card.identity.id
        self._connections[id] -= 1
        self._quiet[id] -= card.is_quiet
        if self._connections[id] <= 0:
            del self._connections[id], self._quiet[id]
            self.local.pop(id, None)
        else:
            self.local[id] = msgspec.structs.replace(self.local[id], is_quiet=self._quiet[id] > 0)

    def heard(self, node: str, joined: dict[str, Card], left: Iterable[str]) -> None:
        """Another node told what changed there."""
        people = self.peers.setdefault(node, {})
        people.update(joined)
        for id in left:
            people.pop(id, None)

    def read(self, people_by_node: dict[str, dict[str, Card]]) -> None:
        """What the other nodes' hashes hold."""
        self.peers = {node: people for node, people in people_by_node.items() if people}

    def news_for_peers(self) -> tuple[dict[str, Card], list[str]]:
        """Who came to this node and who left it since the last call."""
        here = self.here()
        joined = {id: card for id, card in here.items() if self._told.get(id) != card}
        left = [id for id in self._told if id not in here]
        self._told = here
        return joined, left

    def changes(self) -> tuple[list[Card], list[Card]]:
        """Who came and who left since the last call, on any node; the quiet are not among them."""
        now, before = {id: card for id, card in self.everybody.items() if not card.is_quiet}, self._shown
        self._shown = now
        joined = [card for id, card in now.items() if id not in before]
        left = [card for id, card in before.items() if id not in now]
        return joined, left


def encode(card: Card) -> bytes:
    return msgspec.json.encode(card)


def decode(packed: Any) -> Card:
    return msgspec.json.decode(packed, type=Card)
