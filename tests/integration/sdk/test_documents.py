"""The programs of the documents that need a server, on a real one."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from hubbub import Message, connect
from hubbub.testing import Server, run_server
from tests.unit.bots.test_documents import programs

ROOM = "place/agora"

pytest_plugins = ["pytester"]


async def started(server: Server, folder: Path, document: str, name: str) -> asyncio.subprocess.Process:
    """A program of a document, run as its reader would; it is in its room when this returns."""
    (folder / name).write_text(programs(document)[name])
    role = {"place": "moderator"}
    environment = {
        **os.environ,
        "HUBBUB_URL": server.url,
        "HUBBUB_TOKEN": server.token("program", kind="bot", roles=role),
    }
    program = await asyncio.create_subprocess_exec(
        sys.executable, str(folder / name), env=environment, stderr=asyncio.subprocess.PIPE
    )
    async with connect(server.url, token=server.token("waiting"), rooms=[ROOM]) as hub, asyncio.timeout(30):
        while "program" not in {one.id for one in await hub.who(ROOM)}:
            await asyncio.sleep(0.05)
    return program


@pytest.mark.parametrize(
    ("document", "name", "said", "answer"),
    [
        ("README.md", "bot.py", "!shout hello", "HELLO"),
        ("docs/bots.md", "echo.py", "!echo hello", "hello"),
        ("docs/bots.md", "listen.py", "!ping", "pong"),
    ],
)
async def test_a_program_answers(tmp_path: Path, document: str, name: str, said: str, answer: str) -> None:
    async with run_server() as server:
        program = await started(server, tmp_path, document, name)
        async with connect(server.url, token=server.token("amina"), rooms=[ROOM]) as hub:
            await hub.send(ROOM, said)
            async with asyncio.timeout(30):
                async for event in hub:
                    if isinstance(event, Message):
                        assert event.text == answer
                        break
        program.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            await program.communicate()
        assert name == "listen.py" or program.returncode == 0


async def test_the_keeper_keeps_order_and_ends_in_order(tmp_path: Path) -> None:
    async with run_server() as server:
        program = await started(server, tmp_path, "docs/bots.md", "keeper.py")
        async with connect(server.url, token=server.token("mallory"), rooms=[ROOM]) as hub:
            await hub.send(ROOM, "Visit my casino!")
            async with asyncio.timeout(30):
                while hub.rights(ROOM)["publish"]:
                    await asyncio.sleep(0.05)
        program.send_signal(signal.SIGINT)
        async with asyncio.timeout(15):
            _, log = await program.communicate()
        assert program.returncode == 0
        assert all(line.startswith(b"{") for line in log.splitlines())


def test_the_test_on_a_server_passes(pytester: pytest.Pytester) -> None:
    name = "test_on_a_server.py"
    (pytester.path / name).write_text(programs("docs/bots.md")[name])
    run = pytester.runpytest_subprocess("-p", "asyncio", name)
    run.assert_outcomes(passed=1)
