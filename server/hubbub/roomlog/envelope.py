"""What crosses the hub's channel between nodes, as types.

Knows the two layouts: what functions.lua publishes, and what nodes tell each other that is not in the
log. Refuses to know what becomes of it. Bodies stay opaque bytes.
"""

from dataclasses import dataclass
from typing import Any, Literal

import msgpack

from hubbub.roomlog.stands import Section, section_of

ToldKind = Literal["presence", "typing"]


@dataclass(frozen=True, slots=True)
class Appended:
    """One batch; `number` counts the hub's envelopes, so that who missed one can tell."""

    number: int
    sections: list[Section]


@dataclass(frozen=True, slots=True)
class Made:
    """A room was made."""

    room: str


@dataclass(frozen=True, slots=True)
class Told:
    """What one node tells the others of a room, at most once and never in a log.

    `number` counts what the node has told of the hub's people, so that who missed a word can tell; it is 0
    for what nobody need hear.
    """

    kind: ToldKind
    node: str
    room: str
    content: Any
    number: int = 0


Envelope = Appended | Made | Told


def unpack(payload: bytes) -> Envelope | None:
    """The envelope; None for a kind that a newer node may send."""
    kind, *parts = msgpack.unpackb(payload, raw=True)
    match kind:
        case b"log":
            number, sections = parts
            return Appended(number, [section_of(section) for section in sections])
        case b"made":
            return Made(parts[0].decode())
        case b"told":
            what, node, room, packed, number = parts
            return Told(what.decode(), node.decode(), room.decode(), msgpack.unpackb(packed), number)
        case _:
            return None


def told(kind: ToldKind, node: str, room: str, content: Any, number: int = 0) -> bytes:
    """The bytes of a `Told`."""
    parts = ["told", kind, node, room, msgpack.packb(content), number]
    packed: bytes = msgpack.packb(parts, use_bin_type=False)
    return packed
