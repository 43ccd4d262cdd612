"""Results survive being kept, and older ones fill what newer ones do not have."""

from dataclasses import replace

import pytest

from bench.results import Measured, Results, dump, load


def measured(key: str, *values: float) -> Measured:
    """A row with one figure."""
    return Measured(key, "c1", "2026-11-23", {"": tuple({"ratio": value} for value in values)})


def test_what_is_written_is_what_is_read(stored: Results) -> None:
    assert load(dump(stored)) == stored


def test_another_format_is_refused(stored: Results) -> None:
    with pytest.raises(ValueError, match="another version"):
        load(dump(stored).replace('"format": 1', '"format": 0', 1))


def test_the_median_is_told_not_the_mean() -> None:
    assert measured("memory", 1.0, 2.0, 30.0).medians("") == {"ratio": 2.0}


def test_a_variant_that_was_not_measured_has_no_medians() -> None:
    assert measured("memory", 1.0).medians("MessagePack") == {}


def test_newer_rows_win_and_older_ones_stay(stored: Results) -> None:
    newer = replace(stored, measured_by_key={"memory": measured("memory", 5.0)}).joined_to(stored)
    assert newer.measured_by_key["memory"] == measured("memory", 5.0)
    assert newer.measured_by_key["idle"] == stored.measured_by_key["idle"]
