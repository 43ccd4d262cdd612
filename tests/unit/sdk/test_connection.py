"""Staying connected: when a program comes back, when it does not, and with which token."""

from __future__ import annotations

import asyncio
import itertools
import random

import pytest

from hubbub import AuthError, Closed, Disconnected, HubbubError, ProtocolError, Ready
from hubbub.sdk.backoff import Backoff
from hubbub.sdk.line import Lost, asked_seconds, terminal
from tests.support.timeless import timeless
from tests.unit.sdk.scripted import ROOM, Connection, Frame, Server


def nack(code: str, **more: object) -> Frame:
    return {"t": "nack", "code": code, "reason": "No.", **more}


async def come_back(server: Server) -> None:
    """Cuts the connection and waits for the next."""
    known = len(server.connections)
    server.line.end()
    while len(server.connections) == known:
        await asyncio.sleep(0.1)


# -- When it comes back ----------------------------------------------------------------------------


def test_the_waits_grow_from_half_a_second_to_twenty_with_jitter_over_the_whole_of_it() -> None:
    waits = [[Backoff(random.Random(seed)).next_seconds() for seed in range(500)]]
    backoffs = [Backoff(random.Random(seed)) for seed in range(500)]
    for backoff in backoffs:
        for _ in range(8):
            backoff.next_seconds()
    waits.append([backoff.next_seconds() for backoff in backoffs])

    assert 0.5 <= min(waits[0]) < 0.55 and 0.95 < max(waits[0]) <= 1.0
    assert 0.5 <= min(waits[1]) < 1.5 and 19 < max(waits[1]) <= 20.0


def test_only_a_connection_of_half_a_minute_makes_the_waits_short_again() -> None:
    backoff = Backoff()
    backoff.next_seconds()
    backoff.lasted(29.9)
    assert backoff.attempts == 1
    backoff.lasted(30.0)
    assert backoff.attempts == 0


def test_what_the_server_asks_for_is_waited_and_the_jitter_comes_on_top() -> None:
    assert 10.5 <= Backoff().next_seconds(10.0) <= 11.0


def test_a_handshake_is_no_good_connection() -> None:
    async def scene() -> list[float]:
        server = Server()
        async with server.hub():
            for _ in range(12):
                await come_back(server)
        return server.dialled_at

    at = timeless(scene())
    assert max(later - sooner for sooner, later in itertools.pairwise(at)) > 5


@pytest.mark.parametrize(
    "code", [1001, 1006, 1011, 1012, 1013, 3000, 3499, 4000, 4004, 4008, 4012, 4013, 4499]
)
def test_a_close_that_may_pass_is_come_back_from(code: int) -> None:
    assert terminal(Lost(code)) is None


@pytest.mark.parametrize("code", [1002, 1003, 1007, 1008, 1009, 1010, 3500, 3999, 4501, 4502, 4503, 4999])
def test_a_close_for_good_is_an_error_of_the_protocol(code: int) -> None:
    assert isinstance(terminal(Lost(code)), ProtocolError)


@pytest.mark.parametrize("code", [4500, 4507])
def test_who_is_not_wanted_is_told_that_it_is_about_who_it_is(code: int) -> None:
    assert isinstance(terminal(Lost(code)), AuthError)


@pytest.mark.parametrize(
    ("code", "least", "most"), [(1013, 10, 10), (4013, 10, 10), (4004, 60, 60), (1012, 1, 15)]
)
def test_a_close_code_says_how_long_to_stay_away(code: int, least: float, most: float) -> None:
    assert least <= asked_seconds(Lost(code)) <= most


def test_a_drain_says_when_to_come_back() -> None:
    async def scene() -> float:
        server = Server()
        async with server.hub() as hub:
            server.line.say({"t": "drain", "reconnect_ms": 7_000})
            server.line.end(1012)
            async for event in hub:
                if isinstance(event, Disconnected):
                    return event.retry_seconds
        raise AssertionError

    assert 7.5 <= timeless(scene()) <= 8.0


def test_a_server_that_is_not_there_yet_is_waited_for() -> None:
    async def scene() -> int:
        server = Server()
        server.refusals = [Lost(), Lost(), Lost()]
        async with server.hub():
            return len(server.dialled_at)

    assert timeless(scene()) == 4


def test_silence_beyond_the_pings_of_the_server_is_the_end_of_a_connection() -> None:
    async def scene() -> float:
        server = Server()
        async with server.hub():
            while len(server.connections) < 2:
                await asyncio.sleep(0.1)
        return server.dialled_at[1] - server.dialled_at[0]

    assert 35 <= timeless(scene()) <= 36.2


def test_a_ping_is_answered() -> None:
    async def scene() -> list[Frame]:
        server = Server()
        async with server.hub():
            server.line.say({"t": "ping"})
            await asyncio.sleep(1)
        return server.line.sent

    assert {"t": "pong"} in timeless(scene())


# -- When it does not --------------------------------------------------------------------------------


def test_a_terminal_close_ends_the_reading_with_its_error() -> None:
    async def scene() -> None:
        server = Server()
        async with server.hub() as hub:
            server.line.end(4501, "broken")
            async for _ in hub:
                pass

    with pytest.raises(ProtocolError, match="broken"):
        timeless(scene())


def test_a_refused_hello_ends_the_program() -> None:
    async def scene() -> None:
        server = Server()
        server.words["hello"] = lambda *_: nack("guests_refused")
        async with server.hub(None):
            pass

    with pytest.raises(AuthError) as refused:
        timeless(scene())
    assert refused.value.code == "guests_refused"


def test_a_known_frame_that_lacks_what_it_must_have_is_an_error_and_no_riddle() -> None:
    async def scene() -> None:
        server = Server()
        async with server.hub() as hub:
            server.line.say({"t": "entry", "room": ROOM, "epoch": "k1", "e": {"kind": "message"}})
            async for _ in hub:
                pass

    with pytest.raises(ProtocolError, match="entry"):
        timeless(scene())


def test_reading_ends_quietly_when_the_program_closes() -> None:
    async def scene() -> list[object]:
        server = Server()
        async with server.hub() as hub:
            await hub.close()
            return [event async for event in hub]

    (ready,) = timeless(scene())
    assert isinstance(ready, Ready)


def test_what_is_sent_while_the_connection_is_being_closed_is_refused() -> None:
    async def scene() -> None:
        server = Server()
        async with server.hub() as hub:
            server.close_seconds = 3
            closing = asyncio.create_task(hub.close())
            await asyncio.sleep(0)
            try:
                await hub.send(ROOM, "too late")
            finally:
                await closing

    with pytest.raises(Closed):
        timeless(scene())


# -- Tokens ------------------------------------------------------------------------------------------


def hellos(server: Server) -> list[Frame]:
    return [connection.sent[0] for connection in server.connections]


def test_a_source_of_tokens_is_asked_at_every_connection() -> None:
    async def scene() -> list[Frame]:
        server, made = Server(), iter("abc")

        async def token() -> str:
            return next(made)

        async with server.hub(token):
            await come_back(server)
        return hellos(server)

    assert [hello["token"] for hello in timeless(scene())] == ["a", "b"]


def test_what_a_source_of_tokens_raises_ends_the_program() -> None:
    async def scene() -> None:
        async def token() -> str:
            raise PermissionError("the key is gone")

        async with Server().hub(token):
            pass

    with pytest.raises(PermissionError, match="the key is gone"):
        timeless(scene())


def test_a_slow_source_of_tokens_does_not_use_up_the_time_for_hello() -> None:
    async def scene() -> float:
        server = Server()

        async def token() -> str:
            await asyncio.sleep(20)
            return "late"

        async with server.hub(token):
            return server.dialled_at[0]

    assert timeless(scene()) == pytest.approx(20)


def test_a_token_that_expires_is_replaced_where_there_is_a_source_of_them() -> None:
    async def scene() -> int:
        server = Server()

        async def token() -> str:
            return "fresh"

        async with server.hub(token):
            server.line.end(4500, "expired")
            while len(server.connections) < 2:
                await asyncio.sleep(0.1)
            return len(server.connections)

    assert timeless(scene()) == 2


def test_a_fresh_token_that_is_refused_ends_the_program() -> None:
    def refused(connection: Connection, frame: Frame) -> None:
        connection.end(4500, "The token is not valid, or no longer.")

    async def scene() -> None:
        server = Server()
        server.words["hello"] = refused

        async def token() -> str:
            return "forged"

        async with server.hub(token):
            pass

    with pytest.raises(AuthError):
        timeless(scene())


def test_a_guest_stays_the_same_one_until_its_token_expires() -> None:
    async def scene() -> list[Frame]:
        server = Server()
        server.words["hello"] = lambda *_: {**server.welcome(*_), "token": "of a guest"}
        async with server.hub(None, name="Echo"):
            await come_back(server)
            server.line.end(4500, "expired")
            while len(server.connections) < 3:
                await asyncio.sleep(0.1)
        return hellos(server)

    first, second, third = timeless(scene())
    assert first["name"] == third["name"] == "Echo" and second["token"] == "of a guest"


def test_a_quiet_program_says_so() -> None:
    async def scene() -> list[Frame]:
        server = Server()
        async with server.hub(quiet=True):
            return hellos(server)

    assert timeless(scene())[0]["quiet"] is True


def test_every_error_of_the_library_has_one_root() -> None:
    for error in (AuthError, Closed, ProtocolError):
        assert issubclass(error, HubbubError)
