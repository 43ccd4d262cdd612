"""Knows which promise is judged from which records; refuses to judge any itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from tests.support.checker.commands import Commands
from tests.support.checker.contents import Contents
from tests.support.checker.findings import Findings
from tests.support.checker.rights import check_rights
from tests.support.checker.streams import Streams
from tests.support.journal import (
    Acked,
    AnyRecord,
    Closed,
    Content,
    Joined,
    Log,
    Nacked,
    Opened,
    Out,
    Received,
    Sent,
)  # fmt: skip


def check(
    records: Iterable[AnyRecord],
    *,
    is_lossless: bool = True,
    has_settled: bool = False,
    mode_by_room: Mapping[str, str] | None = None,
    role_by_identity: Mapping[str, str] | None = None,
) -> list[str]:
    """Return the promises of the protocol that these records show broken, as sentences.

    The records of one client stand in their own order; journals may follow one another in any order.
    `is_lossless`: the store is declared so, and no acked entry may be missing. `has_settled`: whoever is
    still in a room when the journals end must have been given its whole log. `mode_by_room`: what rooms
    were made with; `role_by_identity`: roles by token. A `Log` record is what a fresh reader of the
    room finds at the end.
    """
    findings = Findings()
    contents, streams, commands = Contents(findings), Streams(findings), Commands(findings)
    for record in records:
        _take(record, contents, streams, commands)
    contents.check_forks()
    commands.check(contents, is_lossless=is_lossless)
    for room, epoch in contents.chapters():
        check_rights(
            f"{room} ({epoch})",
            contents.entries((room, epoch)),
            (mode_by_room or {}).get(room),
            role_by_identity or {},
            findings,
        )
    if has_settled:
        streams.check_arrival(contents.log_by_room)
    return findings.sentences()


def _take(record: AnyRecord, contents: Contents, streams: Streams, commands: Commands) -> None:
    match record:
        case Content():
            contents.learn(record.digest, record.entry)
        case Received():
            contents.see(record.room, record.epoch, record.seq, record.digest)
            streams.received(record)
        case Sent():
            commands.sent(record)
        case Acked() | Nacked():
            commands.replied(record)
        case Joined():
            for seq, digest in record.entries:
                contents.see(record.room, record.epoch, seq, digest)
            streams.joined(record)
        case Out():
            streams.out(record)
        case Opened():
            commands.opened(record)
            streams.opened(record)
        case Closed():
            streams.closed(record.connection)
        case Log():
            contents.see_log(record)
        case _:
            assert_never(record)
