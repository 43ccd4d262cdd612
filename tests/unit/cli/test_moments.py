"""Times as people write them."""

from datetime import UTC, datetime

import pytest

from hubbub.cli.faults import Unusable
from hubbub.cli.moments import in_ms, until_of

NOW_MS = 1_700_000_000_000


@pytest.mark.parametrize(
    ("text", "seconds"), [("+90s", 90), ("+30m", 1_800), ("+2h", 7_200), ("+1d", 86_400)]
)
def test_a_span_counts_from_now(text: str, seconds: int) -> None:
    assert in_ms(until_of(text), NOW_MS) == NOW_MS + seconds * 1000


def test_a_time_with_a_zone_is_that_instant() -> None:
    assert in_ms(until_of("2026-12-24T18:00:00+01:00"), NOW_MS) == 1_798_131_600_000


def test_a_time_without_a_zone_is_local() -> None:
    local = datetime(2026, 12, 24, 18, 0).astimezone(UTC)
    assert in_ms(until_of("2026-12-24T18:00"), NOW_MS) == round(local.timestamp() * 1000)


@pytest.mark.parametrize("text", ["", "30m", "+", "+30", "+-3m", "+30y", "tomorrow", "2026-13-01"])
def test_anything_else_is_refused_by_one_sentence(text: str) -> None:
    with pytest.raises(Unusable, match="--until is a time"):
        until_of(text)
