"""How often an address may ask for a guest."""

from hubbub.web.guest_rate import ADDRESSES, BURST, INTERVAL_SECONDS, GuestRate


def test_address_has_a_burst_and_then_one_guest_each_six_seconds() -> None:
    rate = GuestRate()
    assert [rate.wait_seconds("192.0.2.1", 100.0) for _ in range(BURST)] == [0.0] * BURST
    assert rate.wait_seconds("192.0.2.1", 100.0) == INTERVAL_SECONDS
    assert rate.wait_seconds("192.0.2.1", 100.0 + INTERVAL_SECONDS) == 0
    assert rate.wait_seconds("192.0.2.1", 100.0 + INTERVAL_SECONDS) > 0


def test_refused_question_costs_nothing() -> None:
    rate = GuestRate()
    for _ in range(10 * BURST):
        rate.wait_seconds("192.0.2.1", 100.0)
    assert rate.wait_seconds("192.0.2.1", 100.0) == INTERVAL_SECONDS


def test_addresses_are_counted_apart_and_networks_of_ipv6_together() -> None:
    rate = GuestRate()
    for host in range(BURST):
        rate.wait_seconds(f"2001:db8::{host}", 100.0)
    assert rate.wait_seconds("2001:db8::ffff", 100.0) > 0
    assert rate.wait_seconds("2001:db8:0:1::1", 100.0) == 0
    assert rate.wait_seconds("192.0.2.1", 100.0) == 0


def test_only_so_many_addresses_are_remembered() -> None:
    rate = GuestRate()
    for _ in range(BURST):
        rate.wait_seconds("first", 100.0)
    for number in range(ADDRESSES - 1):
        rate.wait_seconds(f"other-{number}", 100.0)
    assert rate.wait_seconds("first", 100.0) > 0
    for number in range(ADDRESSES):
        rate.wait_seconds(f"another-{number}", 100.0)
    assert rate.wait_seconds("first", 100.0) == 0
