"""Entries of a room's log: how they are written, what of them is free text, how a page is folded.

Knows the JSON of an entry as the log keeps it. Refuses to know where the log is and who may write it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

MODE, SETTINGS, ROLE, SANCTION, FLOOR = "mode", "settings", "role", "sanction", "floor"
MESSAGE, EDIT, REMOVAL, REACTION, REMOVED = "message", "edit", "removal", "reaction", "removed"

STATE_KINDS = frozenset({MODE, SETTINGS, ROLE, SANCTION, FLOOR})
"""Kinds that change a room's or a hub's state; the others only add to the log."""

KINDS = STATE_KINDS | {MESSAGE, EDIT, REMOVAL, REACTION}
"""Kinds that somebody can make; a message that was removed stands as REMOVED."""

FREE_TEXTS = frozenset({"reason", "text", "title", "topic", "name"})
"""Fields of people's own words, which the ledger hashes apart so that they can be redacted."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()

Entry = dict[str, Any]


def decode(body: bytes) -> Entry:
    """The entry whose JSON is `body`."""
    entry: Entry = _decoder.decode(body)
    return entry


def encode(entry: Mapping[str, Any]) -> bytes:
    return _encoder.encode(entry)


def rest(fields: Mapping[str, Any]) -> bytes:
    """The JSON behind the `seq` and `at` that the store splices in front."""
    return _encoder.encode(fields)[1:]


def free_texts(fields: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """The dotted paths of an entry's free texts, such as `reason` and `by.name`."""
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from free_texts(value, f"{path}{name}.")
        elif name in FREE_TEXTS and isinstance(value, str):
            yield path + name


def removed(message: Mapping[str, Any]) -> bytes:
    """What stands in the place of a message that was removed: who wrote it, and when."""
    return encode({"seq": message["seq"], "at": message["at"], "kind": REMOVED, "by": message["by"]})


def edit_without_text(edit: Mapping[str, Any]) -> bytes:
    """What stands in the place of an edit of a message that was removed."""
    return encode({name: value for name, value in edit.items() if name != "text"})


def tally(packed: bytes) -> dict[str, int]:
    """How often each emoji stands on a message, as the log keeps it (MessagePack)."""
    counts: dict[str, int] = msgspec.msgpack.decode(packed, type=dict[str, int])
    return counts


def folded(body: bytes, edit: bytes, tally: Mapping[str, int], mine: Sequence[str]) -> bytes:
    """A message with its newest text and its reactions.

    `edit` is the newest edit's body or empty; `mine` are the reader's own emojis.
    """
    if not edit and not tally:
        return body
    message = decode(body)
    if edit:
        newest = decode(edit)
        message["text"], message["edited"] = newest["text"], newest["at"]
    if tally:
        message["reactions"] = dict(tally)
        if mine:
            message["mine"] = list(mine)
    return encode(message)
