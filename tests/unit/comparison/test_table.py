"""The document tells every target and every peer, what failed, and where and when it was measured."""

from dataclasses import replace

import pytest

from bench.peers import PEERS_COMPARED, Peer
from bench.results import Measured, Results
from bench.rows import ROWS, Row
from bench.table import document, result

TARGETS = (
    ("fan-out, 2,000 readers of one room, 16 in flight", "≥ 0.85"),
    ("1 in flight (a full trip through the store each)", "≥ 0.65"),
    ("18,000 readers of one room", "≤ 1.5, and no other room's p99 above 25 ms"),
    ("one room of 10 people, each publish with its own `id`", "≥ 25,000 and ≥ 35,000"),
    ("100 rooms of 10 people, 10 in flight each", "≥ 20,000"),
    ("one publisher, one reader", "≤ 1.0 ms with `appendfsync always`, ≤ 0.5 ms with `everysec`"),
    ("memory", "≤ 7,000"),
    ("join storm: 10,000 people", "≥ 3,000; in proportion to rooms, not people"),
    ("10,000 readers, 100 of them never read", "≤ 1.25"),
    ("a 64-entry burst to a reader that was paused for 10 s", "holds"),
    ("idle: 18,000 joined and silent", "≤ 3 % of a core"),
)


def lines_of_targets(results: Results) -> list[str]:
    """The lines of the first table, without its head."""
    table = document(results).partition("## Targets")[2].partition("##")[0]
    return [line for line in table.splitlines() if line.startswith("| ")][1:]


@pytest.mark.parametrize(("figure", "target"), TARGETS)
def test_every_target_has_its_row_in_its_place(stored: Results, figure: str, target: str) -> None:
    line = lines_of_targets(stored)[TARGETS.index((figure, target))]
    assert figure in line
    assert target in line


def test_there_are_no_other_rows(stored: Results) -> None:
    assert len(lines_of_targets(stored)) == len(ROWS) == len(TARGETS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_a_measured_row_tells_each_variant_with_a_verdict(stored: Results, row: Row) -> None:
    variants = stored.measured_by_key[row.key].runs_by_variant
    told = result(row, stored).split("<br>")
    assert len(told) == len(variants)
    assert all(cell.endswith((": holds", ": misses", ": load generator full")) for cell in told)


def test_a_row_that_failed_says_why_beside_what_it_found(stored: Results) -> None:
    row = ROWS[0]
    measured = replace(stored.measured_by_key[row.key], fault="failed: the store ended at once")
    told = result(row, stored.with_measured(measured))
    assert told.endswith("<br>failed: the store ended at once")


def test_a_row_that_nobody_measured_says_so(stored: Results) -> None:
    assert result(ROWS[0], replace(stored, measured_by_key={})) == "not measured"


def test_a_row_of_another_commit_says_of_which(stored: Results) -> None:
    row = ROWS[0]
    older = replace(stored.measured_by_key[row.key], commit="abc123", measured_at="2026-01-02")
    assert "(measured 2026-01-02 at abc123)" in result(row, stored.with_measured(older))


def test_a_row_that_others_disturbed_says_so(stored: Results) -> None:
    row = ROWS[0]
    disturbed = replace(stored.measured_by_key[row.key], others_percent=31.0)
    assert "other programs used 31 % of the cores" in result(row, stored.with_measured(disturbed))


def test_the_head_says_when_where_of_what_and_how(stored: Results) -> None:
    head = document(stored).partition("## Targets")[0]
    for words in (
        stored.date,
        stored.commit,
        stored.command,
        *stored.machine.values(),
        *stored.versions.values(),
    ):
        assert words in head


@pytest.mark.parametrize("peer", PEERS_COMPARED, ids=lambda peer: peer.key)
def test_every_peer_stands_in_the_document_with_what_it_promises(stored: Results, peer: Peer) -> None:
    lines = [line for line in document(stored).splitlines() if line.startswith(f"| {peer.name}")]
    assert len(lines) == 1
    assert peer.promises in lines[0]


def test_a_peer_that_failed_keeps_its_line(stored: Results) -> None:
    failed = Measured("socketio", stored.commit, stored.date, {}, "failed: npm could not install it")
    assert "failed: npm could not install it" in document(stored.with_measured(failed))


def test_every_line_of_a_table_has_as_many_cells_as_its_head(stored: Results) -> None:
    failed = Measured("socketio", stored.commit, stored.date, {}, "no npm")
    for part in document(stored.with_measured(failed)).split("\n\n"):
        lines = [line for line in part.splitlines() if line.startswith("|")]
        assert len({line.count("|") for line in lines}) <= 1
