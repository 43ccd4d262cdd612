"""What a payload comes to: a text, or nothing that anybody need read.

Knows two shapes. Refuses to know where they come from.
"""

from collections.abc import Iterable

import msgspec

LINES = 10
"""Listed of one kind (commits, alerts): a message that people still read."""


class Said(msgspec.Struct, frozen=True):
    """A message; `key` is the same for the same message sent again."""

    text: str
    key: str | None = None


class NothingToSay(msgspec.Struct, frozen=True):
    """Understood, and of no interest to people; `what` says what it was."""

    what: str


def listed(lines: Iterable[str]) -> list[str]:
    """The first lines, each as an item, and how many more there are."""
    every = list(lines)
    more = [f"… and {len(every) - LINES} more"] if len(every) > LINES else []
    return [f"• {line}" for line in every[:LINES]] + more


def first_line(text: str) -> str:
    """The first line of a longer text."""
    return text.strip().partition("\n")[0].rstrip()
