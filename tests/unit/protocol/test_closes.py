"""The close codes say what the protocol's table says."""

import pytest

from hubbub.protocol.closes import CloseCode, Shut


@pytest.mark.parametrize("code", CloseCode)
def test_reason_fits_a_close_frame(code: CloseCode) -> None:
    assert 0 < len(code.reason.encode("ascii")) <= 123
    assert Shut(code).reason == code.reason


@pytest.mark.parametrize("code", [code for code in CloseCode if code >= 4000])
def test_codes_below_4500_and_only_those_say_come_back(code: CloseCode) -> None:
    assert code.may_come_back is (code < 4500)


def test_standard_codes_that_say_come_back_are_those_that_are_not_the_clients_fault() -> None:
    assert {code.value for code in CloseCode if code < 4000 and code.may_come_back} == {
        1001,
        1011,
        1012,
        1013,
    }


def test_waits_before_coming_back_are_the_protocols() -> None:
    waits = {code.value: code.come_back_after_seconds for code in CloseCode if code.come_back_after_seconds}
    assert waits == {1001: 1, 1012: 1, 1013: 10, 4004: 60, 4013: 10}
