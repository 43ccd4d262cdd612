"""What stands in a log, as it comes out of the store: one entry, and what one batch appended to a room.

Knows sequence numbers and kinds. Bodies stay opaque bytes.
"""

from collections.abc import Sequence
from typing import Any

import msgspec


class Stand(msgspec.Struct, frozen=True, gc=False):
    """What stands at one `seq`: an entry's kind and body, in the log's JSON."""

    seq: int
    kind: str
    body: bytes
    edit: bytes = b""
    tally: bytes = b""


class Section(msgspec.Struct, frozen=True):
    """What one batch appended to one room: contiguous from `first_seq`, with the revisions behind it.

    A section without entries tells a new epoch.
    """

    room: str
    epoch: str
    first_seq: int
    rev: str
    hub_rev: str
    messages: int
    kinds: list[bytes]
    bodies: list[bytes]

    @property
    def head(self) -> int:
        return self.first_seq + len(self.bodies) - 1

    def stands(self) -> list[Stand]:
        return [
            Stand(self.first_seq + index, kind.decode(), body)
            for index, (kind, body) in enumerate(zip(self.kinds, self.bodies, strict=True))
        ]


def section_of(packed: Sequence[Any]) -> Section:
    """A section as functions.lua packs it."""
    room, epoch, first, rev, hub_rev, messages, kinds, bodies = packed
    return Section(
        room.decode(),
        epoch.decode(),
        first,
        rev.decode(),
        hub_rev.decode(),
        messages,
        kinds or [],
        bodies or [],
    )
