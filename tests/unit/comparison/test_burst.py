"""A reader's entries are without a fault only if each came once, in order."""

from bench.burst import faults
from bench.person import Seen


def test_every_entry_once_and_in_order_is_no_fault() -> None:
    assert faults(Seen((3, 4, 5), 0), 3, 5) == 0


def test_a_gap_counts_by_what_is_missing() -> None:
    assert faults(Seen((3, 6), 0), 3, 6) == 2


def test_an_entry_that_comes_twice_is_a_fault() -> None:
    assert faults(Seen((3, 4, 4, 5), 0), 3, 5) == 1


def test_disorder_is_a_fault() -> None:
    assert faults(Seen((3, 5, 4), 0), 3, 5) == 1
