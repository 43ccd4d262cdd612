"""Who is in a room, on all nodes: counted by identity, told by name where that is allowed.

Knows people by node, and who has changed since that was last asked for, so that nothing here looks at
everybody. Refuses to know how nodes tell each other (neighbours) and what readers are told (ephemera).
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from hubbub.domain.identity import Credentials, Identity, Role
from hubbub.domain.rights import TokenRole


class Card(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
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
    """The people of one room; each change costs as much in a room of ten thousand as in one of ten."""

    def __init__(self, is_quiet: Callable[[str], bool] = lambda _: False) -> None:
        """`is_quiet` says who has a quiet connection on this node, be it in this room or not."""
        self._is_quiet = is_quiet
        self._here: dict[str, Card] = {}
        self._tabs: dict[str, tuple[int, int]] = {}  # of who has several here: connections, quiet ones
        self._there: dict[str, dict[str, Card]] = {}  # by node
        self._nodes_of: dict[str, int] = {}  # how many other nodes have somebody
        self._on_both = 0  # people who are here and on another node
        self._order: list[str] | None = None  # everybody by id, kept from the first `page` on
        self._shown: dict[str, Card | None] = {}  # who has changed, as they were shown last
        self._told: dict[str, Card | None] = {}  # who has changed here, as the other nodes were told last

    # -- Who is there ----------------------------------------------------------------------------

    @property
    def count(self) -> int:
        """How many people there are, on all nodes."""
        return len(self._here) + len(self._nodes_of) - self._on_both

    @property
    def count_here(self) -> int:
        """How many people there are on this node."""
        return len(self._here)

    @property
    def nodes(self) -> list[str]:
        """The other nodes that have people in the room."""
        return list(self._there)

    def there(self, node: str) -> list[str]:
        """The ids of the people on another node."""
        return list(self._there.get(node, ()))

    def here(self) -> dict[str, Card]:
        """The people on this node by identity, as the other nodes are told."""
        return {id: self._hushed(id, card) for id, card in self._here.items()}

    def named(self, id: str) -> Card | None:
        """Somebody's card, unless they are not there or quiet on any node."""
        card = self._here.get(id)
        if card is not None and (card.is_quiet or self._is_quiet(id)):
            return None
        if id in self._nodes_of:
            for people in self._there.values():
                other = people.get(id, card)
                if other is not None and other.is_quiet:
                    return None
                card = card or other
        return card

    def is_hushed(self, id: str) -> bool:
        """Whether somebody is there and must not be named."""
        return (id in self._here or id in self._nodes_of) and self.named(id) is None

    def page(self, after: str, most: int) -> tuple[list[Card], bool]:
        """Those with an id beyond `after`, in order, without the quiet; and whether there are more."""
        if self._order is None:
            self._order = sorted(self._here.keys() | self._nodes_of.keys())
        shown: list[Card] = []
        for place in range(bisect_right(self._order, after), len(self._order)):
            card = self.named(self._order[place])
            if card is None:
                continue
            if len(shown) == most:
                return shown, True
            shown.append(card)
        return shown, False

    def _hushed(self, id: str, card: Card) -> Card:
        return msgspec.structs.replace(card, is_quiet=True) if self._is_quiet(id) else card

    # -- Coming and going ------------------------------------------------------------------------

    def enter(self, card: Card) -> None:
        """One more connection of somebody."""
        id = card.identity.id
        self.mind(id)
        known = self._here.get(id)
        if known is None:
            self._here[id] = card
            self._came(id, id in self._nodes_of)
            return
        connections, quiet = self._tabs.get(id, (1, int(known.is_quiet)))
        quiet += card.is_quiet
        self._tabs[id] = (connections + 1, quiet)
        self._here[id] = msgspec.structs.replace(card, is_quiet=quiet > 0)

    def leave(self, card: Card) -> None:
        """One connection of somebody less."""
        id = card.identity.id
        self.mind(id)
        connections, quiet = self._tabs.pop(id, (1, 0))
        if connections > 1:
            quiet -= card.is_quiet
            self._here[id] = msgspec.structs.replace(self._here[id], is_quiet=quiet > 0)
            if connections > 2:
                self._tabs[id] = (connections - 1, quiet)
        elif self._here.pop(id, None) is not None:
            self._went(id, id in self._nodes_of)

    def mind(self, id: str) -> None:
        """Something about somebody here is about to change: what was told of them last is remembered."""
        self._shown.setdefault(id, self.named(id))
        if id not in self._told:
            card = self._here.get(id)
            self._told[id] = self._hushed(id, card) if card is not None else None

    def heard(self, node: str, joined: Mapping[str, Card], left: Iterable[str]) -> None:
        """Another node told what changed there."""
        people = self._there.setdefault(node, {})
        for id, card in joined.items():
            self._shown.setdefault(id, self.named(id))
            if id not in people:
                self._nodes_of[id] = self._nodes_of.get(id, 0) + 1
                if self._nodes_of[id] == 1:
                    self._came(id, id in self._here)
            people[id] = card
        for id in left:
            self._shown.setdefault(id, self.named(id))
            if people.pop(id, None) is not None:
                self._nodes_of[id] -= 1
                if not self._nodes_of[id]:
                    del self._nodes_of[id]
                    self._went(id, id in self._here)
        if not people:
            del self._there[node]

    def _came(self, id: str, is_there_already: bool) -> None:
        if is_there_already:
            self._on_both += 1
        elif self._order is not None:
            insort(self._order, id)

    def _went(self, id: str, is_still_there: bool) -> None:
        if is_still_there:
            self._on_both -= 1
        elif self._order is not None:
            del self._order[bisect_left(self._order, id)]

    # -- What has changed ------------------------------------------------------------------------

    def changes(self) -> tuple[list[Card], list[Card]]:
        """Who came and who left since the last call, on any node; the quiet are not among them."""
        joined, left = list[Card](), list[Card]()
        for id, before in self._shown.items():
            now = self.named(id)
            if before is None and now is not None:
                joined.append(now)
            elif before is not None and now is None:
                left.append(before)
        self._shown = {}
        return joined, left

    def news_for_peers(self) -> tuple[dict[str, Card], list[str]]:
        """Who came to this node, or has another card, and who left it, since the last call."""
        joined, left = dict[str, Card](), list[str]()
        for id, before in self._told.items():
            card = self._here.get(id)
            if card is None:
                if before is not None:
                    left.append(id)
            elif (now := self._hushed(id, card)) != before:
                joined[id] = now
        self._told = {}
        return joined, left

    @property
    def count_told(self) -> int:
        """How many people on this node the other nodes have been told of."""
        came = sum(before is None and id in self._here for id, before in self._told.items())
        went = sum(before is not None and id not in self._here for id, before in self._told.items())
        return len(self._here) - came + went


def encode(card: Card) -> bytes:
    return msgspec.json.encode(card)


def decode(packed: Any) -> Card:
    return msgspec.json.decode(packed, type=Card)
