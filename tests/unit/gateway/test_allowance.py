"""How often somebody may append: a burst, then so many a second."""

import pytest

from hubbub.gateway import allowance as allowance_module
from hubbub.gateway.allowance import Allowance


def test_a_burst_passes_at_once() -> None:
    allowance = Allowance(burst=3, per_s=1)
    assert [allowance.retry_ms("u:1", 0.0) for _ in range(3)] == [None, None, None]


def test_beyond_the_burst_one_is_told_how_long_to_wait() -> None:
    allowance = Allowance(burst=1, per_s=10)
    allowance.retry_ms("u:1", 0.0)
    wait = allowance.retry_ms("u:1", 0.0)
    assert wait is not None
    assert 100 <= wait <= 101


def test_whoever_waited_that_long_may() -> None:
    allowance = Allowance(burst=1, per_s=10)
    allowance.retry_ms("u:1", 0.0)
    wait = allowance.retry_ms("u:1", 0.0)
    assert wait is not None
    assert allowance.retry_ms("u:1", wait / 1000) is None


def test_being_refused_costs_nothing() -> None:
    allowance = Allowance(burst=1, per_s=1)
    allowance.retry_ms("u:1", 0.0)
    for _ in range(10):
        allowance.retry_ms("u:1", 0.5)
    assert allowance.retry_ms("u:1", 1.01) is None


def test_a_bucket_never_holds_more_than_the_burst() -> None:
    allowance = Allowance(burst=2, per_s=1)
    assert allowance.retry_ms("u:1", 0.0) is None
    taken = [allowance.retry_ms("u:1", 1_000.0) for _ in range(3)]
    assert [wait is None for wait in taken] == [True, True, False]


def test_one_identity_does_not_use_up_what_another_may() -> None:
    allowance = Allowance(burst=1, per_s=1)
    allowance.retry_ms("u:1", 0.0)
    assert allowance.retry_ms("u:2", 0.0) is None


def test_a_limit_that_is_off_never_refuses() -> None:
    allowance = Allowance(burst=None, per_s=None)
    assert all(allowance.retry_ms("u:1", 0.0) is None for _ in range(1_000))


def test_full_buckets_are_dropped_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowance_module, "BUCKETS", 10)
    allowance = Allowance(burst=1, per_s=1)
    for number in range(100):
        allowance.retry_ms(f"u:{number}", float(number))
    assert len(allowance._bucket_by_identity) <= 10


def test_a_bucket_that_is_not_full_is_kept_when_others_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowance_module, "BUCKETS", 2)
    allowance = Allowance(burst=1, per_s=1)
    allowance.retry_ms("u:old", 0.0)
    allowance.retry_ms("u:new", 9.5)
    allowance.retry_ms("u:other", 10.0)
    assert allowance.retry_ms("u:new", 10.0) is not None
