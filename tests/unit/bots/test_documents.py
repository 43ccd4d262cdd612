"""The programs in the documents: each is run as it stands there."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from hubbub import Bot
from hubbub.testing import FakeHub

ROOT = Path(__file__).parents[3]
ROOM = "place/agora"
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)

pytest_plugins = ["pytester"]


def programs(document: str) -> dict[str, str]:
    """The programs of a document by the name in their first line."""
    blocks = BLOCK.findall((ROOT / document).read_text())
    return {block.split()[1] if block.startswith("# ") else "bot.py": block for block in blocks}


def bot_of(document: str, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Bot:
    """The bot that a program makes and would run."""
    monkeypatch.setattr(Bot, "run", lambda *_, **__: None)
    (folder / name).write_text(programs(document)[name])
    found: dict[str, Any] = runpy.run_path(str(folder / name))
    bot: Bot = found["bot"]
    return bot


@pytest.mark.parametrize(
    ("document", "name", "said", "answer"),
    [
        ("README.md", "bot.py", "!shout hello", "HELLO"),
        ("README.fr.md", "bot.py", "!shout hello", "HELLO"),
        ("docs/bots.md", "echo.py", "!echo hello", "hello"),
    ],
)
async def test_the_first_bot_answers(
    document: str, name: str, said: str, answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = bot_of(document, name, tmp_path, monkeypatch)
    async with FakeHub(bot) as hub:
        await hub.say(ROOM, "alice", said)
        await hub.act(ROOM, "max", "mode", as_role="moderator", mode="announcement", reason="Talk starts")

        assert hub.sent == [(ROOM, answer)]


def test_the_first_bot_has_at_most_twelve_lines() -> None:
    lines = [line for line in programs("README.md")["bot.py"].splitlines() if line.strip()]
    assert len(lines) <= 12


def test_the_tests_of_the_tutorial_pass(pytester: pytest.Pytester) -> None:
    for name in ("keeper.py", "test_keeper.py"):
        (pytester.path / name).write_text(programs("docs/bots.md")[name])
    run = pytester.runpytest_subprocess("-p", "asyncio", "test_keeper.py")
    run.assert_outcomes(passed=3)


async def test_a_bot_whose_source_of_tokens_is_gone_ends_with_what_it_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = bot_of("docs/bots.md", "with_fresh_tokens.py", tmp_path, monkeypatch)
    with pytest.raises(FileNotFoundError, match="/run/keeper/token"):
        async with FakeHub(bot):
            pass


def test_every_program_of_the_tutorial_is_run_by_a_test() -> None:
    tested = {"echo.py", "keeper.py", "test_keeper.py", "with_fresh_tokens.py"}
    assert set(programs("docs/bots.md")) == tested | {
        "listen.py",
        "test_on_a_server.py",
    }  # tests/integration/sdk
