"""Knows the records that clients keep of what they sent and saw; refuses to know what is right or wrong.

A journal is JSON lines, one record a line, each tagged with `what`. Times (`at`) are seconds of the
machine's monotonic clock, so that records of several processes on one machine can be compared.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final, TypeAlias

import msgspec

Entry: TypeAlias = Mapping[str, Any]

# Fields that folding adds to a message; what they say is a view of other entries, not content.
FOLDED_FIELDS: Final = frozenset({"edited", "reactions", "mine", "readers", "repliers"})


class Record(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="what"):
    """What all records share: when (monotonic seconds) and on which connection."""

    at: float
    connection: str


class Opened(Record, frozen=True, tag="opened"):
    """A connection was welcomed as `identity`, by the node incarnation that `node` names."""

    identity: str
    client: str
    node: str = ""


class Sent(Record, frozen=True, tag="sent"):
    """A command that appends was handed to the socket; `text_digest` is that of a message's text."""

    ref: int
    room: str
    command: str
    id: str | None = None
    text_digest: str | None = None


class Acked(Record, frozen=True, tag="acked"):
    """The command `ref` is in the log."""

    ref: int
    room: str
    epoch: str
    seq: int
    is_duplicate: bool = False


class Nacked(Record, frozen=True, tag="nacked"):
    """The command `ref` was refused with `code`."""

    ref: int
    code: str


class Content(msgspec.Struct, frozen=True, tag_field="what", tag="content"):
    """What stands behind `digest`; written once per journal, before the first record that uses it."""

    digest: str
    entry: dict[str, Any]


class Received(Record, frozen=True, tag="received"):
    """An entry was pushed."""

    room: str
    epoch: str
    seq: int
    digest: str


class Joined(Record, frozen=True, tag="joined"):
    """A join was answered; `after_*` is what the client said it had; `entries` are (seq, digest)."""

    room: str
    epoch: str
    seq: int
    first: int
    recovered: bool
    entries: tuple[tuple[int, str], ...] = ()
    after_epoch: str | None = None
    after_seq: int | None = None


class Out(Record, frozen=True, tag="out"):
    """The connection is no longer in the room; `why` is `left` or `reset`."""

    room: str
    why: str


class Closed(Record, frozen=True, tag="closed"):
    """The connection ended with `code` (1006: without a close frame)."""

    code: int


class Log(msgspec.Struct, frozen=True, tag_field="what", tag="log"):
    """A room's log as a fresh reader is given it at the end: its retained entries, ascending."""

    room: str
    epoch: str
    first: int
    seq: int
    entries: tuple[dict[str, Any], ...]


AnyRecord: TypeAlias = Opened | Sent | Acked | Nacked | Content | Received | Joined | Out | Closed | Log

_lines = msgspec.json.Encoder()
_sorted = msgspec.json.Encoder(order="sorted")
_records: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)


def text_digest(text: str) -> str:
    """Return a short digest of a message's text."""
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def entry_digest(entry: Entry) -> str:
    """Return a digest of an entry as it was received, the fields that folding adds left out."""
    kept = {name: value for name, value in entry.items() if name not in FOLDED_FIELDS}
    return hashlib.blake2b(_sorted.encode(kept), digest_size=8).hexdigest()


class Journal:
    """A place to write records to: a file of JSON lines, a list in memory, or both.

    Not bounded in itself: a run that writes it is bounded in time and rate by its plan.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.records: list[AnyRecord] = []
        self._file: IO[bytes] | None = path.open("wb") if path else None
        self._is_closed = False
        self._known_digests: set[str] = set()

    def write(self, record: AnyRecord) -> None:
        """Keep a record, in the file if there is one, otherwise in `records`; nothing after `close`."""
        if self._is_closed:
            return
        if self._file is None:
            self.records.append(record)
        else:
            self._file.write(_lines.encode(record) + b"\n")

    def digest(self, entry: Entry) -> str:
        """Return the digest of an entry; its content is written the first time it is seen."""
        digest = entry_digest(entry)
        if digest not in self._known_digests:
            self._known_digests.add(digest)
            self.write(Content(digest, dict(entry)))
        return digest

    def close(self) -> None:
        """End the journal, so that it can be read; what happens later is not in it."""
        self._is_closed = True
        if self._file is not None:
            self._file.close()


def read_journals(paths: Iterable[Path]) -> Iterator[AnyRecord]:
    """Yield the records of several journal files, each file's in its own order."""
    for path in paths:
        with path.open("rb") as lines:
            for line in lines:
                yield _records.decode(line)


def now() -> float:
    """Return the machine's monotonic time in seconds."""
    return time.monotonic()
