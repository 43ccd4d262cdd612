"""The names of keys and channels, and their order as functions.lua declares it.

Knows names only. All keys of a hub, and its channel, share the hash tag `{hub}`: one slot of a cluster.
"""

import functools

from hubbub.domain.names import hub_of

HUB_PARTS = ("hub", "rooms", "roles", "sanctions", "people", "fence")
ROOM_PARTS = (
    "log", "meta", "floor", "sanctions", "removed", "edits", "tallies",
    "reactors", "ids", "old_ids", "spoke", "ledger", "first", "last",
)  # fmt: skip

ROOMS_REMEMBERED = 1_024
"""Rooms whose keys are kept ready, some 1.5 KB each: those that are written to all the time."""

HUBS = "hubbub:hubs"
"""Set of the hubs there are."""

NODES = "hubbub:nodes"
"""Sorted set of the nodes there are, by the ms at which their word expires."""

SECRET = "hubbub:secret"
"""The key that signs tokens, where nodes share it through the store."""

HOOKS = "hubbub:hooks"
"""Hash of the hooks that take messages in, by the SHA-256 of their tokens."""

WEBHOOKS = "hubbub:{webhooks}"
"""Set of the ids of the webhooks there are."""


def webhook_key(id: str) -> str:
    """Hash of one webhook: what it is, and how far it has come."""
    return f"{WEBHOOKS}:{id}"


def lease_key(id: str) -> str:
    """Which node sends for a webhook; goes by itself."""
    return f"{WEBHOOKS}:{id}:lease"


def channel(hub: str) -> str:
    """The channel on which a hub's nodes hear of what was appended."""
    return f"hubbub:{{{hub}}}"


def hub_key(hub: str, part: str) -> str:
    return f"hubbub:{{{hub}}}:{part}"


def room_key(address: str, part: str) -> str:
    hub, room = address.split("/")
    return f"hubbub:{{{hub}}}:{room}:{part}"


def present_key(address: str, node: str) -> str:
    """Hash of the people whom one node has in a room; it counts as long as the node is among NODES."""
    return room_key(address, f"present:{node}")


def words_key(hub: str) -> str:
    """Hash of the number of the last word that each node said of who is in a hub's rooms."""
    return hub_key(hub, "words")


def channel_of(address: str) -> str:
    """The channel of a room's hub."""
    return channel(hub_of(address))


def declared(hub: str, addresses: list[str]) -> list[str]:
    """KEYS of a call that touches these rooms of a hub."""
    declared = [hub_key(hub, part) for part in HUB_PARTS]
    for address in addresses:
        declared += _room_keys(address)
    return declared


@functools.lru_cache(maxsize=ROOMS_REMEMBERED)
def _room_keys(address: str) -> tuple[str, ...]:
    return tuple(room_key(address, part) for part in ROOM_PARTS)
