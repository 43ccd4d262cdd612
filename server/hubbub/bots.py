"""The bots of `--demo`: child processes that begin, come back and end with the server.

Knows where their programs are, and what each must be told. Refuses to know what they say: to the server
they are clients like all others, and they speak its protocol from outside.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from hubbub.demo import ECHO, GREETER, HERALD, HUB, LINK_SECONDS
from hubbub.domain.identity import Identity
from hubbub.tokens import mint

PAUSE_SECONDS: Final = (1.0, 60.0)
"""Least and most between the end of a bot and its next start; doubles from one to the other."""
STEADY_SECONDS: Final = 60.0
"""A bot that lived this long starts the next back-off anew."""
STOP_SECONDS: Final = 3.0
"""For a bot that was asked to end: it has nothing to save. Then it is killed."""
WORDS_BYTES: Final = 4_096
"""Of what a bot wrote to its standard error: its last line goes to our log."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Bot:
    """One of the programs, and who it is to the server."""

    program: Path
    identity: Identity
    role: str

    def environment(self, url: str, secret: bytes) -> dict[str, str]:
        """What it is told: where the server is, and a token. None of the server's own settings."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")}
        one = self.identity
        token = mint(secret, one.id, one.name, "bot", {HUB: self.role}, LINK_SECONDS)
        return {**plain, "HUBBUB_URL": url, "HUBBUB_TOKEN": token}


def all_bots(folder: Path) -> tuple[Bot, ...]:
    """The three of them, from the folder with their programs."""
    return (
        Bot(folder / "herald.py", HERALD, "speaker"),
        Bot(folder / "echo.py", ECHO, "participant"),
        Bot(folder / "greeter.py", GREETER, "participant"),
    )


@contextlib.asynccontextmanager
async def company(bots: tuple[Bot, ...], url: str, secret: bytes) -> AsyncIterator[None]:
    """Keeps the bots running for as long as the block; they are gone when it is left.

    A server that is killed cannot end them: their tether is the pipe that is their standard input.
    """
    theirs, ours = os.pipe()
    group = await asyncio.TaskGroup().__aenter__()
    tasks = [group.create_task(_keep(bot, url, secret, theirs)) for bot in bots]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await group.__aexit__(None, None, None)  # without the error of the block, which is not theirs
        os.close(theirs)
        os.close(ours)


async def _keep(bot: Bot, url: str, secret: bytes, stdin: int) -> None:
    """Starts a bot again whenever it ends, until cancelled."""
    now = asyncio.get_running_loop().time
    least, most = PAUSE_SECONDS
    pause = least
    while True:
        began_at = now()
        running = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "hubbub.tether",  # which ends the bot with the pipe
            str(bot.program),
            env=bot.environment(url, secret),
            stdin=stdin,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            words = await _last_words(running)
        finally:
            await _end(running)
        pause = least if now() > began_at + STEADY_SECONDS else min(pause * 2, most)
        log.warning("bots.ended", bot=bot.program.stem, code=running.returncode, words=words)
        await asyncio.sleep(pause)


async def _last_words(running: asyncio.subprocess.Process) -> str:
    """Waits for a bot's end; the last line that it wrote to its standard error."""
    assert running.stderr is not None
    written = b""
    while some := await running.stderr.read(WORDS_BYTES):
        written = (written + some)[-WORDS_BYTES:]
    await running.wait()
    return written.decode(errors="replace").strip().rpartition("\n")[2]


async def _end(running: asyncio.subprocess.Process) -> None:
    """Ends a bot that still runs, kindly at first."""
    if running.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        running.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await running.wait()
        except TimeoutError:
            running.kill()
            await running.wait()
