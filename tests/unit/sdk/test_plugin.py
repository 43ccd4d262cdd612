"""The fixtures that a bot's author has in pytest as soon as Hubbub is installed."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

TEST = """
    import asyncio
    from hubbub import Bot, Message

    def test_a_bot_answers(fake_hub):
        bot = Bot()

        @bot.command("hi")
        async def hi(message: Message) -> None:
            await message.reply("hello")

        async def scene():
            async with fake_hub(bot) as hub:
                await hub.say("place/agora", "alice", "!hi")
                return hub.sent

        assert asyncio.run(scene()) == [("place/agora", "hello")]
"""


def test_the_fake_hub_is_there_without_pytest_asyncio(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TEST)
    pytester.runpytest_subprocess("-p", "no:asyncio").assert_outcomes(passed=1)


def test_both_fixtures_are_listed_with_what_they_are(pytester: pytest.Pytester) -> None:
    listed = pytester.runpytest_subprocess("--fixtures")
    listed.stdout.fnmatch_lines(["fake_hub*", "*FakeHub*", "hubbub_server*", "*A real server*"])
