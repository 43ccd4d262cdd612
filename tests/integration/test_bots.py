"""The company that `--demo` brings: a first conversation, and bots that live and end with the server."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.client import connected
from tests.support.server import Node, running_node
from tests.support.tokens import SECRET, token
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
BOTS = ROOT / "client_demo" / "bots"
AGORA, COMMUNIQUES = "place/agora", "place/communiques"
WITH_BOTS = ("--demo", "--bots", "--secret", SECRET)

# One loop: `lively` serves several tests.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lively(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Node]:
    """A server with company, for the tests that only look at it."""
    async with running_node(tmp_path_factory.mktemp("lively"), *WITH_BOTS) as node:
        await until("all bots run", lambda: len(bots_of(node)) == 3)
        yield node


def bots_of(node: Node) -> dict[int, str]:
    """The programs of the bots that a server runs, by process id."""
    found = {}
    for pid in node._children():
        with suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            if len(words) > 3 and Path(words[3]).parent == BOTS:
                found[pid] = Path(words[3]).stem
    return found


async def entries_of(node: Node, room: str) -> list[dict[str, Any]]:
    """A room's log, with its newest entries."""
    reply = await node.http("GET", f"/api/rooms/{room}/entries?limit=300", token=token("reader"))
    found: list[dict[str, Any]] = reply.json()["entries"]
    return found


async def said_by(node: Node, room: str, author: str) -> list[dict[str, Any]]:
    """The messages of one author in a room."""
    entries = await entries_of(node, room)
    return [entry for entry in entries if entry["kind"] == "message" and entry["by"]["id"] == author]


async def test_an_empty_store_is_given_rooms_with_a_conversation_and_its_rules(lively: Node) -> None:
    rooms = (await lively.http("GET", "/api/hubs/place/rooms", token=token("reader"))).json()["rooms"]
    state_by_room = {room["room"]: room["state"] for room in rooms}
    assert set(state_by_room) >= {AGORA, COMMUNIQUES, "place/table-ronde"}
    table = state_by_room["place/table-ronde"]
    assert table["mode"] == "announcement" and table["mode_by"]["name"] == "Maxime Leroy"
    assert "questions" in table["mode_reason"]
    kinds = [entry["kind"] for entry in await entries_of(lively, "place/table-ronde")]
    assert {"message", "mode", "floor"} <= set(kinds)
    questions = [entry for entry in await entries_of(lively, AGORA) if entry.get("question")]
    assert any("about" in question for question in questions)


async def test_a_store_that_has_the_rooms_is_told_no_story(tmp_path: Path) -> None:
    async with running_node(tmp_path, "--demo", "--secret", SECRET) as node:
        assert await entries_of(node, AGORA) == []
        node.kill()
        node.options = WITH_BOTS
        await node.restart()
        assert await said_by(node, AGORA, "u:zoe") == []


async def test_the_echo_answers_people_and_not_bots(lively: Node) -> None:
    people, bots = token("amina", name="Amina"), token("bot:other", kind="bot")
    async with (
        connected(lively.url, token=people, rooms=(AGORA,)) as amina,
        connected(lively.url, token=bots, rooms=(AGORA,)) as bot,
    ):
        await bot.publish(AGORA, "!echo to a bot")
        asked = await amina.publish(AGORA, "!echo hello")
        answer = (await amina.expect_entry(AGORA, text="hello"))["e"]
        assert answer["by"]["id"] == "bot:echo" and answer["by"]["kind"] == "bot"
        assert answer["reply_to"] == asked["seq"]
    assert "to a bot" not in [entry["text"] for entry in await said_by(lively, AGORA, "bot:echo")]


async def test_the_greeter_welcomes_a_person_once_in_both_languages(lively: Node) -> None:
    bea = token("bea", name="Béa")
    async with connected(lively.url, token=bea, rooms=(AGORA,)) as client:
        greeting = (
            await client.expect_entry(AGORA, by={"id": "bot:greeter", "name": "Accueil", "kind": "bot"})
        )["e"]
    assert "Bienvenue" in greeting["text"] and "Welcome" in greeting["text"] and "Béa" in greeting["text"]
    async with connected(lively.url, token=bea, rooms=(AGORA,)) as client:
        await client.publish(AGORA, "!echo I am back")
        await client.expect_entry(AGORA, text="I am back")  # what came before it has been read, too
    greeted = [entry["data"]["greeted"] for entry in await said_by(lively, AGORA, "bot:greeter")]
    assert greeted.count(["bea"]) == 1


async def test_the_herald_goes_on_where_it_stopped(lively: Node, tmp_path: Path) -> None:
    (tmp_path / "feed").write_text("".join(f'{{"id": "{n}", "text": "news {n}"}}\n' for n in range(3)))
    herald = token("bot:impatient", name="Héraut", kind="bot", roles={"place": "speaker"})
    hurried = (
        "import herald, pathlib; herald.PAUSE_SECONDS = -1\n"
        f"herald.file = pathlib.Path({str(tmp_path / 'feed')!r})\nherald.bot.run([herald.room])"
    )
    environment = {**os.environ, "HUBBUB_URL": lively.url, "HUBBUB_TOKEN": herald}
    environment["PYTHONPATH"] = os.pathsep.join((str(BOTS), os.environ.get("PYTHONPATH", "")))
    for count in (1, 2):
        bot = subprocess.Popen([sys.executable, "-c", hurried], env=environment, stdin=subprocess.DEVNULL)
        try:

            async def all_said(count: int = count) -> bool:
                return len(await said_by(lively, COMMUNIQUES, "bot:impatient")) == count

            await until(f"{count} items are out", all_said)
        finally:
            bot.terminate()
        assert bot.wait(10) == 0
    items = await said_by(lively, COMMUNIQUES, "bot:impatient")
    assert [entry["data"]["item"] for entry in items] == ["0", "1"]


async def test_a_bot_that_ends_comes_back(lively: Node) -> None:
    (before,) = [pid for pid, name in bots_of(lively).items() if name == "echo"]
    os.kill(before, signal.SIGKILL)

    def another_runs() -> bool:
        bots = bots_of(lively)
        return before not in bots and "echo" in bots.values()

    await until("another one runs", another_runs)
    async with connected(lively.url, token=token("cleo"), rooms=(AGORA,)) as client:
        await client.publish(AGORA, "!echo once more")
        heard = asyncio.create_task(client.expect_entry(AGORA, text="once more"))
        while not heard.done():  # said before it was back, nobody would answer
            await asyncio.wait({heard}, timeout=1)
            if not heard.done():
                await client.publish(AGORA, "!echo once more")
        await heard


async def test_several_workers_have_three_bots_between_them_and_take_them_along(tmp_path: Path) -> None:
    async with running_node(tmp_path, *WITH_BOTS, "--workers", "2", "--drain-seconds", "0") as node:
        await until("all bots run", lambda: len(bots_of(node)) == 3)
        bots = bots_of(node)
        node.terminate()
        assert await node.ended() == 0
        assert not any(Path(f"/proc/{pid}").exists() for pid in bots)


async def test_bots_notice_that_their_server_was_killed(tmp_path: Path) -> None:
    async with running_node(tmp_path, *WITH_BOTS) as node:
        await until("all bots run", lambda: len(bots_of(node)) == 3)
        bots = bots_of(node)
        node.kill()
        await until("they have ended", lambda: not any(is_running(pid) for pid in bots))


async def test_a_bot_comes_back_after_the_server_and_answers_what_it_missed_once(tmp_path: Path) -> None:
    async with running_node(tmp_path, "--demo", "--secret", SECRET, "--no-rate-limits") as node:
        echo = token("bot:lone-echo", name="Écho", kind="bot")
        environment = {**os.environ, "HUBBUB_URL": node.url, "HUBBUB_TOKEN": echo}
        bot = subprocess.Popen(
            [sys.executable, str(BOTS / "echo.py")], env=environment, stdin=subprocess.DEVNULL
        )
        try:
            async with connected(node.url, token=token("dan"), rooms=(AGORA,)) as dan:
                await dan.expect("presence", count=2)
                await dan.publish(AGORA, "!echo before")
                await dan.expect_entry(AGORA, text="before")
                bot.send_signal(signal.SIGSTOP)  # it reads nothing of what comes now
                await dan.publish(AGORA, "!echo between")
            node.kill()
            bot.send_signal(signal.SIGCONT)
            await node.restart()

            async def answers() -> list[str]:
                return [entry["text"] for entry in await said_by(node, AGORA, "bot:lone-echo")]

            async def has_answered() -> bool:
                return "between" in await answers()

            await until("the bot answers", has_answered, 40)
            assert await answers() == ["before", "between"]
        finally:
            bot.kill()
            bot.wait(10)


def is_running(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for does not."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
