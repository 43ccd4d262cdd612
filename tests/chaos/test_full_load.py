"""A server is full, readers stall, some never read, a crowd drops and resumes: every promise is kept."""

from __future__ import annotations

import asyncio
from typing import Final

import pytest
import uvloop

from tests.chaos.deluge import FULL, MISSED_ENTRIES, Deluge, Outcome, pour
from tests.support.journal import Acked, Closed, Joined, Nacked, Opened, Out, Sent

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

# Entries for each call of the store, at least: with one publish in flight there is a call for each.
ENTRIES_PER_CALL: Final = 4
# Of one who never reads, at most: what the server holds for a slow reader, and the allocator's share.
DEAF_BYTES: Final = 2 * 65_536
# Of the node besides: two rooms' tails in two codecs, what is on its way to the store, the heap's slack.
GROWTH_BYTES: Final = 48 * 2**20


@pytest.fixture(scope="module")
def deluge(request: pytest.FixtureRequest) -> Deluge:
    """The short form, or the long one if it was asked for."""
    return FULL if request.config.getoption("--chaos-full") else Deluge()


@pytest.fixture(scope="module")
def outcome(deluge: Deluge, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What one deluge left behind, which all tests of this module look at."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(pour(deluge, tmp_path_factory.mktemp("deluge"), "valkey"))


def test_no_promise_is_broken(outcome: Outcome) -> None:
    assert outcome.violations == []


def test_the_server_was_full(outcome: Outcome) -> None:
    assert sum(outcome.head_by_room.values()) > ENTRIES_PER_CALL * outcome.store_calls


def test_every_entry_was_acked_once_and_every_ack_is_an_entry(outcome: Outcome, deluge: Deluge) -> None:
    acked = {room: outcome.acked_in(room) for room in outcome.head_by_room}
    for torrent in outcome.torrents:
        acked[torrent.room] += torrent.acks
    assert acked == outcome.head_by_room
    assert all(torrent.acks == deluge.messages for torrent in outcome.torrents)


def test_every_command_was_answered_once_and_only_the_mode_refused(outcome: Outcome) -> None:
    count = {kind: sum(isinstance(one, kind) for one in outcome.records) for kind in (Sent, Acked, Nacked)}
    assert count[Sent] == count[Acked] + count[Nacked]
    assert {one.code for one in outcome.records if isinstance(one, Nacked)} <= {"announcement_only"}


def test_who_does_not_read_is_not_read_either(outcome: Outcome) -> None:
    assert outcome.late_words
    assert all(seq > newest for newest, seq in outcome.late_words)


def test_all_who_dropped_at_once_are_given_what_they_missed(outcome: Outcome, deluge: Deluge) -> None:
    resumes = [one for one in outcome.records if isinstance(one, Joined) and one.after_seq is not None]
    assert len(resumes) == deluge.crowd * deluge.storms
    assert all(one.recovered for one in resumes)
    assert all(len(one.entries) >= MISSED_ENTRIES for one in resumes)


def test_nobody_is_sent_away(outcome: Outcome) -> None:
    """But for those who dropped, or read nothing for 30 s."""
    client_by_connection = {one.connection: one.client for one in outcome.records if isinstance(one, Opened)}
    closed = {client_by_connection[one.connection] for one in outcome.records if isinstance(one, Closed)}
    assert {client.rstrip("0123456789") for client in closed} == {"c", "deaf-"}
    assert [one for one in outcome.records if isinstance(one, Out)] == []


def test_those_who_never_read_take_little_memory(outcome: Outcome, deluge: Deluge) -> None:
    assert outcome.missed_bytes > 2 * (GROWTH_BYTES + deluge.deaf * DEAF_BYTES)
    assert outcome.grown_bytes < GROWTH_BYTES + deluge.deaf * DEAF_BYTES
