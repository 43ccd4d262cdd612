"""Knows every content that was ever seen at a place of a log; refuses to know who was to be given it.

A place is (room, epoch, seq). It never has two contents: the only differences allowed are those that
the protocol names, an edit folded in and the stand-ins of what was removed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, TypeAlias

from tests.support.checker.findings import Findings
from tests.support.journal import FOLDED_FIELDS, Acked, Log, Sent, entry_digest, text_digest

Entry: TypeAlias = dict[str, Any]
Chapter: TypeAlias = tuple[str, str]
"""A room and an epoch of it."""

# What a command writes, by its `t`.
KIND_BY_COMMAND = {
    "publish": "message", "edit": "edit", "remove": "removal", "react": "reaction", "mode": "mode",
    "settings": "settings", "grant": "role", "sanction": "sanction", "floor": "floor",
}  # fmt: skip


class Contents:
    """All contents seen, by place."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._entry_by_digest: dict[str, Entry] = {}
        self._digests: dict[Chapter, dict[int, set[str]]] = defaultdict(dict)
        self.log_by_room: dict[str, Log] = {}

    def learn(self, digest: str, entry: Entry) -> None:
        """Keep what stands behind a digest."""
        self._entry_by_digest.setdefault(digest, entry)

    def see(self, room: str, epoch: str, seq: int, digest: str) -> None:
        """Somebody was given this content at this place."""
        self._digests[room, epoch].setdefault(seq, set()).add(digest)

    def see_log(self, log: Log) -> None:
        """Take the authoritative log of a room: every entry of it was seen, in this epoch."""
        self.log_by_room[log.room] = log
        seqs = [entry["seq"] for entry in log.entries]
        if seqs and seqs != list(range(seqs[0], log.seq + 1)):
            self._findings.add(
                f"{log.room}: the log itself has a hole or a repeat between {seqs[0]} and {log.seq}"
            )
        for entry in log.entries:
            digest = entry_digest(entry)
            self.learn(digest, dict(entry))
            self.see(log.room, log.epoch, entry["seq"], digest)

    def chapters(self) -> Iterator[Chapter]:
        """Yield every room and epoch of which something was seen."""
        yield from self._digests

    def at(self, room: str, epoch: str, seq: int) -> list[Entry]:
        """Return every content seen at a place, none if nobody saw it."""
        digests = self._digests[room, epoch].get(seq, ()) if (room, epoch) in self._digests else ()
        return [self._entry_by_digest[digest] for digest in sorted(digests)]

    def entries(self, chapter: Chapter) -> list[Entry]:
        """Return one content per place of a chapter by `seq`; the fullest one where there are several."""
        by_seq = self._digests[chapter]
        return [self._fullest(by_seq[seq]) for seq in sorted(by_seq)]

    def _fullest(self, digests: set[str]) -> Entry:
        entries = [self._entry_by_digest[digest] for digest in sorted(digests)]
        return max(entries, key=len)

    def check_forks(self) -> None:
        """Find places with two contents, and entries that were pushed but are not in the log."""
        for room, epoch in list(self._digests):
            entries = self.entries((room, epoch))
            removed = {entry["target"] for entry in entries if entry["kind"] == "removal"}
            edited = {entry["target"] for entry in entries if entry["kind"] == "edit"}
            for seq, digests in self._digests[room, epoch].items():
                first, *others = [self._entry_by_digest[digest] for digest in sorted(digests)]
                for other in others:
                    if not _is_same(first, other, removed, edited):
                        self._findings.add(
                            f"{room}: ({epoch}, {seq}) names two contents: {_brief(first)}; {_brief(other)}"
                        )
            self._check_log_has_all(room, epoch)

    def _check_log_has_all(self, room: str, epoch: str) -> None:
        log = self.log_by_room.get(room)
        if log is None or log.epoch != epoch:
            return
        there = {entry["seq"] for entry in log.entries}
        for seq in self._digests[room, epoch]:
            if seq >= log.first and seq not in there:
                self._findings.add(f"{room}: ({epoch}, {seq}) was given to a reader but is not in the log")

    def check_ack(self, sent: Sent, acked: Acked, identity: str, *, is_lossless: bool) -> None:
        """Find out whether an acked entry is where its ack says, with what was sent."""
        place = f"({acked.epoch}, {acked.seq})"
        told = f"{sent.room}: {sent.command} {sent.id or ''} of {identity} was acked as {place}"
        log = self.log_by_room.get(acked.room)
        contents = self.at(acked.room, acked.epoch, acked.seq)
        if log is not None and log.epoch != acked.epoch and is_lossless:
            self._findings.add(f"{told}, but the epoch is now {log.epoch}")
        if log is not None and log.epoch == acked.epoch and acked.seq >= log.first and not contents:
            self._findings.add(f"{told}, but it is not in the log: lost")
        for entry in contents:
            if not _is_what_was_sent(entry, sent, identity):
                self._findings.add(f"{told}, but there stands {_brief(entry)}")


def _is_same(one: Entry, other: Entry, removed: set[int], edited: set[int]) -> bool:
    """Whether two contents of one place are the same entry, as the protocol lets it be shown."""
    if one["seq"] != other["seq"] or one["at"] != other["at"] or one["by"]["id"] != other["by"]["id"]:
        return False
    kinds = {one["kind"], other["kind"]}
    if kinds == {"removed", "message"}:
        return one["seq"] in removed
    if len(kinds) > 1:
        return False
    may_differ = {"text", "data"} if one["kind"] == "message" and one["seq"] in edited else set()
    if one["kind"] == "edit" and one["target"] in removed and ("text" in one) != ("text" in other):
        may_differ = {"text"}
    ignored = may_differ | FOLDED_FIELDS
    return {k: v for k, v in one.items() if k not in ignored} == {
        k: v for k, v in other.items() if k not in ignored
    }


def _is_what_was_sent(entry: Entry, sent: Sent, identity: str) -> bool:
    if entry["by"]["id"] != identity:
        return False
    if entry["kind"] == "removed":
        return sent.command == "publish"
    if entry["kind"] != KIND_BY_COMMAND[sent.command]:
        return False
    if sent.command == "publish":
        if sent.id is not None and entry["id"] != sent.id:
            return False
        return "edited" in entry or text_digest(entry["text"]) == sent.text_digest
    return sent.command != "edit" or "text" not in entry or text_digest(entry["text"]) == sent.text_digest


def _brief(entry: Entry) -> str:
    text = f" {entry['text'][:30]!r}" if "text" in entry else ""
    return f"{entry['kind']} {entry.get('id', '')}{text} by {entry['by']['id']}"
