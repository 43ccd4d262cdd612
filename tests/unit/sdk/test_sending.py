"""What a program sends: there exactly once, or it is told why not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hubbub import FloorGranted, HubbubError, NotFound, NotPermitted, RateLimited, Refused, SendTimeout
from hubbub.sdk.line import Lost
from tests.support.timeless import timeless
from tests.unit.sdk.scripted import ME, ROOM, Connection, Frame, Server


def publishes(server: Server) -> list[Frame]:
    return [frame for line in server.connections for frame in line.sent if frame["t"] == "publish"]


def first_then(server: Server, *answers: Any) -> None:
    """The first commands get these answers (None: silence), those behind them what is usual."""
    left = list(answers)

    def word(connection: Connection, frame: Frame) -> Frame | None:
        return left.pop(0) if left else server.acked(connection, frame)

    server.words["publish"] = word


def too_soon(retry_ms: int, code: str = "rate_limited") -> Frame:
    return {"t": "nack", "code": code, "reason": "Too soon.", "temporary": True, "retry_ms": retry_ms}


def test_a_message_is_returned_as_the_log_has_it() -> None:
    async def scene() -> None:
        server = Server()
        async with server.hub() as hub:
            message = await hub.send(ROOM, "hello")
            assert (message.seq, message.text, message.author.id) == (1, "hello", "me")

    timeless(scene())


def test_a_lost_ack_leads_to_the_same_message_and_not_to_a_second_one() -> None:
    def lost(connection: Connection, frame: Frame) -> None:
        server.acked(connection, frame)
        connection.end()

    server = Server()

    async def scene() -> None:
        left = [lost]
        server.words["publish"] = lambda *_: left.pop()(*_) if left else server.acked(*_)
        async with server.hub() as hub:
            message = await hub.send(ROOM, "once")
            assert message.seq == 1

    timeless(scene())
    first, second = publishes(server)
    assert first["id"] == second["id"] and len(server.log) == 1


def test_an_id_that_was_used_before_returns_the_message_of_then() -> None:
    async def scene() -> None:
        server = Server()
        async with server.hub() as hub:
            before = await hub.send(ROOM, "bulletin", id="bulletin-1")
            again = await hub.send(ROOM, "bulletin", id="bulletin-1")
            assert again == before

    timeless(scene())


def test_a_message_that_was_removed_before_its_retry_is_not_found() -> None:
    async def scene() -> None:
        server = Server()
        async with server.hub() as hub:
            await hub.send(ROOM, "rash", id="one")
            server.log[0] = {**server.log[0], "kind": "removed", "id": "one"}
            await hub.send(ROOM, "rash", id="one")

    with pytest.raises(NotFound):
        timeless(scene())


def test_no_word_within_ten_seconds_is_a_timeout_with_the_id_to_try_again() -> None:
    server = Server()

    async def scene() -> float:
        server.words["publish"] = lambda *_: None
        async with server.hub() as hub:
            began_at = asyncio.get_running_loop().time()
            with pytest.raises(SendTimeout) as late:
                await hub.send(ROOM, "hello?")
            assert late.value.id == publishes(server)[0]["id"] and late.value.temporary
            return asyncio.get_running_loop().time() - began_at

    assert timeless(scene()) == pytest.approx(10, abs=1)


def test_those_that_wait_in_line_without_a_connection_give_up_together() -> None:
    async def scene() -> float:
        server = Server()
        async with server.hub() as hub:
            began_at = asyncio.get_running_loop().time()
            server.refusals = [Lost() for _ in range(200)]
            server.line.end()
            sends = [asyncio.create_task(hub.send(ROOM, f"{n}")) for n in range(50)]
            done = await asyncio.gather(*sends, return_exceptions=True)
            assert all(isinstance(one, SendTimeout) for one in done)
            return asyncio.get_running_loop().time() - began_at

    assert timeless(scene()) < 12


def test_commands_for_a_room_leave_in_the_order_they_were_given() -> None:
    async def scene() -> list[str]:
        server = Server()
        first_then(server, too_soon(2_000))
        async with server.hub() as hub:
            await asyncio.gather(*(hub.send(ROOM, f"{number}") for number in range(5)))
        return [entry["text"] for entry in server.log]

    assert timeless(scene()) == ["0", "1", "2", "3", "4"]


# -- Limits ------------------------------------------------------------------------------------------


def test_the_pace_is_nine_tenths_of_what_the_server_allows() -> None:
    async def scene() -> float:
        server = Server()
        server.limits = {"publish_per_s": 10, "publish_burst": 20}
        async with server.hub() as hub:
            began_at = asyncio.get_running_loop().time()
            for number in range(18 + 90):
                await hub.send(ROOM, f"{number}")
            return asyncio.get_running_loop().time() - began_at

    assert timeless(scene()) == pytest.approx(10, abs=0.2)


@pytest.mark.parametrize("code", ["rate_limited", "slow_mode"])
def test_a_wait_that_the_server_asks_for_is_waited(code: str) -> None:
    async def scene() -> float:
        server = Server()
        first_then(server, too_soon(25_000, code))
        async with server.hub() as hub:
            began_at = asyncio.get_running_loop().time()
            await hub.send(ROOM, "patient")
            return asyncio.get_running_loop().time() - began_at

    assert timeless(scene()) == pytest.approx(25, abs=0.5)


@pytest.mark.parametrize("answers", [(too_soon(31_000),), (too_soon(20_000), too_soon(20_000))])
def test_a_wait_of_more_than_half_a_minute_is_for_the_program_to_decide(answers: tuple[Frame, ...]) -> None:
    async def scene() -> None:
        server = Server()
        first_then(server, *answers)
        async with server.hub() as hub:
            await hub.send(ROOM, "hasty")

    with pytest.raises(RateLimited) as limited:
        timeless(scene())
    assert limited.value.temporary and limited.value.retry_ms


def test_a_store_that_is_away_for_a_moment_is_tried_again_with_the_same_id() -> None:
    server = Server()

    async def scene() -> None:
        first_then(
            server,
            {"t": "nack", "code": "unavailable", "reason": "Later.", "temporary": True},
            {"t": "nack", "code": "unknown_outcome", "reason": "Who knows.", "temporary": True},
        )
        async with server.hub() as hub:
            await hub.send(ROOM, "still")

    timeless(scene())
    assert len({frame["id"] for frame in publishes(server)}) == 1 and len(publishes(server)) == 3


# -- Refusals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("announcement_only", NotPermitted),
        ("forbidden", NotPermitted),
        ("muted", NotPermitted),
        ("banned", NotPermitted),
        ("unknown_entry", NotFound),
        ("too_large", Refused),
        ("a_word_of_next_year", Refused),
    ],
)
def test_a_refusal_is_an_exception_with_all_that_the_server_said(code: str, kind: type[Refused]) -> None:
    async def scene() -> None:
        server = Server()
        said = {"t": "nack", "code": code, "reason": "No.", "rule": {"role": "speaker"}, "instead": ["floor"]}
        first_then(server, said)
        async with server.hub() as hub:
            await hub.send(ROOM, "may I?")

    with pytest.raises(kind) as refused:
        timeless(scene())
    error = refused.value
    assert (error.code, error.reason, error.room, error.temporary) == (code, "No.", ROOM, False)
    assert error.rule == {"role": "speaker"} and error.instead == ("floor",)
    assert not isinstance(error, NotPermitted) or error.can_request_floor


def test_a_room_that_cannot_be_joined_says_why() -> None:
    async def scene() -> None:
        server = Server()
        server.words["join"] = lambda *_: {"t": "nack", "code": "unknown_room", "reason": "There is none."}
        async with server.hub():
            pass

    with pytest.raises(NotFound) as refused:
        timeless(scene())
    assert refused.value.code == "unknown_room"


def test_a_room_that_was_never_joined_takes_nothing() -> None:
    async def scene() -> None:
        async with Server().hub() as hub:
            await hub.send("place/elsewhere", "hello")

    with pytest.raises(Refused) as refused:
        timeless(scene())
    assert refused.value.code == "not_joined"


# -- The floor -----------------------------------------------------------------------------------------


def test_an_ask_for_the_floor_can_be_awaited_for_its_answer() -> None:
    async def scene() -> None:
        server = Server()
        async with server.hub() as hub:
            answer = await hub.request_floor(ROOM, "A word")
            assert not answer.done()
            server.append("floor", {"id": "max"}, action="give", subject={"id": "somebody else"})
            server.append("floor", {"id": "max"}, action="give", subject=ME)
            granted = await answer
            assert isinstance(granted, FloorGranted) and granted.author.id == "max"

    timeless(scene())


def test_an_answer_that_is_missed_is_not_waited_for_for_ever() -> None:
    async def scene() -> None:
        server = Server()
        async with server.hub() as hub:
            answer = await hub.request_floor(ROOM)
            server.epoch = "k2"
            server.line.end()
            await answer

    with pytest.raises(HubbubError) as missed:
        timeless(scene())
    assert missed.value.code == "missed"
