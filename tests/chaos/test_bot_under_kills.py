"""A bot under load whose server is killed again and again hears everything once, and answers it once."""

from __future__ import annotations

import asyncio
from itertools import count

import pytest

from hubbub import Bot, Gap, Hub, Message, connect
from hubbub.testing import Server, run_server

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

ROOM = "place/agora"
KILLS, KILLS_FULL = 3, 20
SENT_BETWEEN_KILLS = 30


async def logged(hub: Hub) -> list[tuple[str, str, int | None]]:
    """Who said what, in answer to what, in the order of the log."""
    found: list[tuple[str, str, int | None]] = []
    before = None
    while before != 1:
        page = await hub.history(ROOM, before=before, limit=300)
        before = page[0]["seq"]
        found = [(one["by"]["id"], one["text"], one.get("reply_to")) for one in page] + found
    return found


async def test_every_message_is_heard_and_answered_once_and_in_order(request: pytest.FixtureRequest) -> None:
    kills = KILLS_FULL if request.config.getoption("--chaos-full") else KILLS
    heard: list[str] = []
    async with run_server() as server:
        bot = Bot(server.url, token=server.token("bot", kind="bot"))

        @bot.on_message()
        async def answer(message: Message) -> None:
            heard.append(message.text)
            await message.reply(f"re {message.text}", timeout_seconds=120)

        @bot.on(Gap)
        async def gap(event: Gap) -> None:
            heard.append(f"gap {event}")

        stop = asyncio.Event()
        alice = connect(server.url, token=server.token("alice"), rooms=[ROOM])
        async with asyncio.TaskGroup() as group, alice:
            group.create_task(bot.start([ROOM], until=stop.wait()))
            while bot._hub is None or not bot.is_idle:
                await asyncio.sleep(0.05)
            sent = await sent_during(alice, server, kills)
            async with asyncio.timeout(120):
                while len(heard) < sent or not bot.is_idle:
                    await asyncio.sleep(0.1)
            log = await logged(alice)
            stop.set()
    assert heard == [f"{number}" for number in range(sent)]
    assert [text for who, text, _ in log if who == "alice"] == heard
    assert [text for who, text, _ in log if who == "bot"] == [f"re {text}" for text in heard]


async def sent_during(hub: Hub, server: Server, kills: int) -> int:
    """Speaks without a pause while the server is killed; says how many messages it were."""
    is_over, numbers, sent = asyncio.Event(), count(), 0

    async def speak() -> None:
        nonlocal sent
        while not is_over.is_set():
            await hub.send(ROOM, f"{next(numbers)}", timeout_seconds=120)
            sent += 1

    async with asyncio.TaskGroup() as group:
        group.create_task(speak())
        for _ in range(kills):
            enough = sent + SENT_BETWEEN_KILLS
            while sent < enough:
                await asyncio.sleep(0.01)
            await server.restart(kill=True)
        is_over.set()
    return sent
