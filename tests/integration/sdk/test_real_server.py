"""Bots on a real server: what lost connections, a killed server and a long absence leave behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from hubbub import AuthError, Bot, Gap, Hub, Message, Resumed, connect
from hubbub.testing import Server, run_server

ROOM = "place/agora"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A server of the test's own."""
    async with run_server() as server:
        yield server


def person(server: Server, name: str, role: str = "participant", ignore_self: bool = True) -> Hub:
    """Somebody's connection, in the room."""
    return connect(
        server.url, token=server.token(name, roles={"place": role}), rooms=[ROOM], ignore_self=ignore_self
    )


async def texts(hub: Hub, count: int) -> list[str]:
    """The texts of the next messages that are told."""
    found: list[str] = []
    async with asyncio.timeout(30), aclosing(hub.__aiter__()) as events:
        async for event in events:
            assert not isinstance(event, Gap)
            if isinstance(event, Message):
                found.append(event.text)
            if len(found) == count:
                break
    return found


async def test_a_bot_answers(server: Server) -> None:
    bot, stop = Bot(server.url, token=server.token("echo", kind="bot")), asyncio.Event()

    @bot.command("echo")
    async def echo(message: Message, text: str) -> None:
        await message.reply(text)

    async with asyncio.TaskGroup() as group, person(server, "alice") as alice:
        group.create_task(bot.start([ROOM], until=stop.wait()))
        while not bot.is_idle:
            await asyncio.sleep(0.01)
        await alice.send(ROOM, "!echo hello")

        assert await texts(alice, 1) == ["hello"]
        stop.set()


async def test_what_is_sent_while_the_server_is_killed_is_there_once_and_in_order(server: Server) -> None:
    async with person(server, "alice") as alice, person(server, "bob") as bob:
        sends = [asyncio.create_task(alice.send(ROOM, f"{number}")) for number in range(200)]
        await sends[20]
        await server.restart(kill=True)
        sent = await asyncio.gather(*sends)

        assert [message.seq for message in sent] == sorted({message.seq for message in sent})
        assert await texts(bob, 200) == [f"{number}" for number in range(200)]


async def test_cut_connections_are_resumed_without_a_gap(server: Server) -> None:
    async with person(server, "alice") as alice, person(server, "bob") as bob:
        for round in range(3):
            await alice.send(ROOM, f"before {round}")
            server.drop_connections()
            await alice.send(ROOM, f"after {round}")

        assert await texts(bob, 6) == [
            f"{when} {round}" for round in range(3) for when in ("before", "after")
        ]


async def test_who_takes_events_slowly_is_given_all_of_them(server: Server) -> None:
    async with person(server, "alice") as alice, person(server, "bob") as bob:
        for number in range(1_500):  # more than a queue, and more than a resume holds
            await alice.send(ROOM, f"{number}")

        assert await texts(bob, 1_500) == [f"{number}" for number in range(1_500)]


async def test_a_bad_token_ends_the_program(server: Server) -> None:
    with pytest.raises(AuthError):
        async with connect(server.url, token="not.a.token", rooms=[ROOM]):
            pass


async def test_own_messages_are_told_to_who_asks_for_them(server: Server) -> None:
    async with person(server, "alice", ignore_self=False) as alice:
        await alice.send(ROOM, "mine")

        assert await texts(alice, 1) == ["mine"]


async def test_a_resume_says_how_much_it_brings(server: Server) -> None:
    async with person(server, "alice") as alice, person(server, "bob") as bob:
        await alice.send(ROOM, "one")
        await texts(bob, 1)
        server.drop_connections()
        await alice.send(ROOM, "two")

        async with asyncio.timeout(30):
            async for event in bob:
                if isinstance(event, Resumed):
                    assert event.recovered
                    break
