"""What a reader was given, against what it was owed."""

from hypothesis import given
from hypothesis import strategies as st

from hubbub.bench.verifier import MISSING_MOST, Verifier


def verifier_of(*given_seqs: int, after: int = 0) -> Verifier:
    """A verifier that has taken these entries."""
    verifier = Verifier(after)
    for seq in given_seqs:
        verifier.take(seq)
    return verifier


def faults(verifier: Verifier, head: int) -> tuple[int, int, int]:
    """Lost, repeated, out of order."""
    return verifier.lost(head), verifier.repeated, verifier.out_of_order


def test_a_log_in_order_has_no_faults() -> None:
    assert faults(verifier_of(8, 9, 10, after=7), 10) == (0, 0, 0)


def test_an_entry_that_is_left_out_is_lost() -> None:
    assert faults(verifier_of(1, 2, 4), 4) == (1, 0, 0)


def test_the_end_that_is_not_given_is_lost() -> None:
    assert faults(verifier_of(1, 2), 5) == (3, 0, 0)


def test_an_entry_that_comes_twice_is_repeated() -> None:
    assert faults(verifier_of(1, 2, 2, 1, 3), 3) == (0, 2, 0)


def test_an_entry_that_comes_later_is_out_of_order_and_not_lost() -> None:
    assert faults(verifier_of(1, 3, 2, 4), 4) == (0, 0, 1)


def test_what_was_there_before_the_reader_came_is_no_entry_for_it() -> None:
    assert faults(verifier_of(7, 8, after=7), 8) == (0, 1, 0)


def test_a_hole_that_is_too_large_to_remember_is_lost_all_the_same() -> None:
    assert verifier_of(MISSING_MOST * 3).lost(MISSING_MOST * 3) == MISSING_MOST * 3 - 1


@given(st.lists(st.integers(1, 30)))
def test_every_entry_is_either_given_once_or_told(seqs: list[int]) -> None:
    verifier = verifier_of(*seqs)
    distinct = len(set(seqs))
    assert verifier.lost(30) == 30 - distinct
    assert verifier.repeated == len(seqs) - distinct
    assert (verifier.out_of_order == 0) == (list(dict.fromkeys(seqs)) == sorted(set(seqs)))
