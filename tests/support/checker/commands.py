"""Knows what clients asked for and were answered; refuses to know what readers were given.

A *deed* is what a client wants to happen once: one author, room and `id`, sent once or again and again.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from tests.support.checker.contents import Contents
from tests.support.checker.findings import Findings
from tests.support.journal import Acked, Nacked, Opened, Sent

DeedKey: TypeAlias = tuple[str, str, str]
"""Identity, room, and id (or, for a command without one, connection and ref)."""

# After these the command may be in the log nevertheless.
OPEN_CODES: Final = frozenset({"unknown_outcome", "internal"})
# These say nothing about whether an earlier try was accepted.
UNRELATED_CODES: Final = OPEN_CODES | {
    "unavailable",
    "rate_limited",
    "not_joined",
    "unknown_room",
    "bad_request",
}


@dataclass
class Try:
    """One sending of a deed and the reply to it, if there was one."""

    sent: Sent
    order: int
    reply: Acked | Nacked | None = None


@dataclass
class Deed:
    """All tries of one deed, and the places where it was said or seen to be."""

    key: DeedKey
    tries: list[Try] = field(default_factory=list)
    places: set[tuple[str, int]] = field(default_factory=set)

    def __str__(self) -> str:
        identity, room, name = self.key
        return f"{room}: {self.tries[0].sent.command} {name} of {identity}"

    def acks(self) -> list[Acked]:
        """Return the acks among its replies."""
        return [one.reply for one in self.tries if isinstance(one.reply, Acked)]


Span: TypeAlias = tuple[float, float, int, Deed]
"""A deed begins, is over, and has a seq; the first two in any one measure of time."""


class Commands:
    """All deeds of all clients."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._identity_by_connection: dict[str, str] = {}
        self._try_by_ref: dict[tuple[str, int], Try] = {}
        self._deeds: dict[DeedKey, Deed] = {}

    def opened(self, record: Opened) -> None:
        """A connection speaks for an identity."""
        self._identity_by_connection[record.connection] = record.identity

    def sent(self, record: Sent) -> None:
        """A command was sent."""
        one = Try(record, order=len(self._try_by_ref))
        self._try_by_ref[record.connection, record.ref] = one
        name = record.id if record.id is not None else f"{record.connection}/{record.ref}"
        key = (self.identity(record.connection), record.room, name)
        self._deeds.setdefault(key, Deed(key)).tries.append(one)

    def replied(self, record: Acked | Nacked) -> None:
        """A reply came; exactly one is due to each command, none to anything else."""
        one = self._try_by_ref.get((record.connection, record.ref))
        if one is None:
            if isinstance(record, Acked):
                self._findings.add(
                    f"{record.connection}: an ack for ref {record.ref}, which asked for nothing"
                )
        elif one.reply is not None:
            self._findings.add(f"{record.connection}: two replies to ref {record.ref} ({one.sent.command})")
        else:
            one.reply = record

    def identity(self, connection: str) -> str:
        """Return for whom a connection speaks."""
        return self._identity_by_connection.get(connection, connection)

    def check(self, contents: Contents, *, is_lossless: bool) -> None:
        """Judge all deeds against what was seen in the logs."""
        self._find_places(contents)
        for deed in self._deeds.values():
            for one in deed.tries:
                if isinstance(one.reply, Acked):
                    contents.check_ack(one.sent, one.reply, deed.key[0], is_lossless=is_lossless)
            self._judge_once(deed)
            self._judge_refusals(deed)
        self._judge_shared_places()
        self._judge_connection_order()
        self._judge_real_time_order()

    def _find_places(self, contents: Contents) -> None:
        """Where each deed is: by its acks, and by the author and id that messages carry."""
        for deed in self._deeds.values():
            deed.places |= {(ack.epoch, ack.seq) for ack in deed.acks()}
        for room, epoch in contents.chapters():
            log = contents.log_by_room.get(room)
            for entry in contents.entries((room, epoch)):
                if entry["kind"] != "message":
                    continue
                key = (entry["by"]["id"], room, entry["id"])
                is_current = log is None or log.epoch == epoch
                if key in self._deeds and is_current:
                    self._deeds[key].places.add((epoch, entry["seq"]))

    def _judge_once(self, deed: Deed) -> None:
        for epoch in {epoch for epoch, _ in deed.places}:
            seqs = sorted(seq for its_epoch, seq in deed.places if its_epoch == epoch)
            if len(seqs) > 1:
                self._findings.add(f"{deed} is in the log more than once: {seqs} of {epoch}")
            fresh = [ack for ack in deed.acks() if ack.epoch == epoch and not ack.is_duplicate]
            if len(fresh) > 1:
                self._findings.add(f"{deed} was acked {len(fresh)} times without `duplicate`")

    def _judge_refusals(self, deed: Deed) -> None:
        codes = [one.reply.code if isinstance(one.reply, Nacked) else None for one in deed.tries]
        if deed.places and all(code is not None and code not in OPEN_CODES for code in codes):
            self._findings.add(f"{deed} was refused ({', '.join(map(str, codes))}), but it is in the log")
            return
        may_be_in = False
        for code in codes:
            if may_be_in and deed.places and code is not None and code not in UNRELATED_CODES:
                self._findings.add(f"{deed} is in the log, but a retry of it was refused: {code}")
            may_be_in = may_be_in or code is None or code in OPEN_CODES

    def _judge_shared_places(self) -> None:
        owner: dict[tuple[str, str, int], Deed] = {}
        for deed in self._deeds.values():
            for epoch, seq in deed.places:
                other = owner.setdefault((deed.key[1], epoch, seq), deed)
                if other is not deed:
                    self._findings.add(
                        f"{deed} and {other.key[2]} of {other.key[0]} both have ({epoch}, {seq})"
                    )

    def _judge_connection_order(self) -> None:
        """Commands of one connection for one room take effect in the order sent.

        A deed that was sent again has effect somewhere between its first and its last sending; those
        sent over several connections are left to the real-time order.
        """
        lanes: dict[tuple[str, str, str], list[Span]] = defaultdict(list)
        for deed in self._deeds.values():
            first, last = deed.tries[0], deed.tries[-1]
            if all(one.sent.connection == first.sent.connection for one in deed.tries):
                for epoch, seq in deed.places:
                    lane = lanes[first.sent.connection, deed.key[1], epoch]
                    lane.append((first.order, last.order, seq, deed))
        for (connection, _, _), deeds in lanes.items():
            for later, earlier in _overtaken(deeds):
                self._findings.add(
                    f"{later} was overtaken on {connection} by {earlier.key[2]}, which was sent before"
                )

    def _judge_real_time_order(self) -> None:
        """What is sent after something was acked gets a higher seq than that."""
        lanes: dict[tuple[str, str], list[Span]] = defaultdict(list)
        for deed in self._deeds.values():
            for epoch, seq in deed.places:
                first_ack = min((ack.at for ack in deed.acks() if ack.epoch == epoch), default=float("inf"))
                lanes[deed.key[1], epoch].append((deed.tries[0].sent.at, first_ack, seq, deed))
        for deeds in lanes.values():
            for later, earlier in _overtaken(deeds):
                self._findings.add(f"{later} was sent after the ack of {earlier.key[2]}, but has a lower seq")


def _overtaken(deeds: list[Span]) -> list[tuple[Deed, Deed]]:
    """Return pairs (later, earlier): `later` began after `earlier` was over, but has a lower seq.

    One sweep over time, so at most one pair for each `later`.
    """
    starts = sorted(deeds, key=lambda deed: deed[0])
    ends = sorted(deeds, key=lambda deed: deed[1])
    found: list[tuple[Deed, Deed]] = []
    highest: tuple[int, Deed] | None = None
    over = 0
    for begins, _, seq, deed in starts:
        while over < len(ends) and ends[over][1] < begins:
            if highest is None or ends[over][2] > highest[0]:
                highest = (ends[over][2], ends[over][3])
            over += 1
        if highest is not None and seq < highest[0]:
            found.append((deed, highest[1]))
    return found
