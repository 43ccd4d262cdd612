"""Publishing no faster than a server allows."""

from hypothesis import given
from hypothesis import strategies as st

from hubbub.bench.allowance import Allowance


@given(st.integers(1, 100), st.integers(1, 100), st.lists(st.floats(0, 0.5), min_size=1, max_size=200))
def test_never_more_is_sent_than_burst_and_rate_allow(burst: int, per_s: int, pauses: list[float]) -> None:
    allowance = Allowance(burst, per_s, 0.0)
    now = taken = 0.0
    for pause in pauses:
        now += pause
        taken += allowance.take(now)
        assert taken <= burst + per_s * now + 1e-6


def test_after_the_time_that_is_left_one_may_publish() -> None:
    allowance = Allowance(1, 2, 0.0)
    assert allowance.take(0.0)
    assert not allowance.take(0.0)
    assert allowance.take(allowance.seconds_left() + 1e-9)
