"""Percentiles out of a fixed number of buckets: near the truth, and the same in whatever order."""

import math

from hypothesis import given
from hypothesis import strategies as st

from hubbub.bench.histogram import BUCKETS, LARGEST, Histogram, bucket_of, top_of

DURATIONS = st.integers(0, LARGEST)


def histogram_of(values: list[int]) -> Histogram:
    """A histogram with these values."""
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    return histogram


@given(DURATIONS)
def test_a_bucket_is_at_most_one_sixty_fourth_wide(value: int) -> None:
    bucket = bucket_of(value)
    assert 0 <= bucket < BUCKETS
    assert value <= top_of(bucket) <= value * (1 + 1 / 64)


@given(DURATIONS)
def test_buckets_follow_each_other_without_a_gap(value: int) -> None:
    assert bucket_of(top_of(bucket_of(value)) + 1) == bucket_of(value) + 1


@given(st.lists(DURATIONS, min_size=1), st.floats(0.001, 1))
def test_a_percentile_is_never_below_the_truth_and_hardly_above(values: list[int], share: float) -> None:
    [found] = histogram_of(values).percentiles((share,))
    truth = sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
    assert truth <= found <= truth * (1 + 1 / 64)


@given(st.lists(DURATIONS), st.lists(DURATIONS))
def test_two_histograms_together_are_one_of_all_values(some: list[int], others: list[int]) -> None:
    together = histogram_of(some)
    together.absorb(histogram_of(others))
    of_all = histogram_of(some + others)
    assert (together.counts, together.largest) == (of_all.counts, of_all.largest)


@given(st.lists(st.integers(0, 2 * LARGEST), min_size=1), st.integers(0, 2 * LARGEST))
def test_instants_count_as_the_time_since_them(instants: list[int], now: int) -> None:
    histogram = Histogram()
    histogram.add_since(instants, now)
    expected = histogram_of([now - instant for instant in instants])
    assert (histogram.counts, histogram.largest) == (expected.counts, expected.largest)


def test_the_last_percentile_is_the_largest_value() -> None:
    assert histogram_of([1_000_003, 5]).percentiles((1,)) == [1_000_003]


def test_nothing_has_no_percentiles() -> None:
    assert Histogram().percentiles((0.5, 0.99)) == []


def test_what_no_run_can_take_is_counted_as_the_longest_or_shortest() -> None:
    histogram = histogram_of([LARGEST + 5, -3])
    assert (histogram.total, histogram.largest, histogram.counts[0]) == (2, LARGEST, 1)
