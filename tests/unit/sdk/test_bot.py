"""A bot's handlers: what they are called with, in which order, and what comes of their failures."""

from __future__ import annotations

import pytest

from hubbub.sdk import Bot, FloorGranted, Message, ModeChanged, NotPermitted
from hubbub.testing import FakeHub

ROOM = "place/agora"


def echo_bot() -> Bot:
    """A bot that repeats what follows `!echo`."""
    bot = Bot()

    @bot.command("echo")
    async def echo(message: Message, text: str) -> None:
        await message.reply(text)

    return bot


async def test_a_bot_of_twelve_lines_answers_in_the_room_it_was_asked_in() -> None:
    async with FakeHub(echo_bot()) as hub:
        asked = await hub.say(ROOM, "alice", "!echo hi there")

        assert hub.sent == [(ROOM, "hi there")]
        assert hub.log(ROOM)[-1]["reply_to"] == asked


async def test_a_bot_does_not_hear_itself_or_other_bots() -> None:
    bot = Bot()

    @bot.on_message()
    async def parrot(message: Message) -> None:
        await message.reply(message.text)

    async with FakeHub(bot) as hub:
        await hub.say(ROOM, "other", "hello", kind="bot")
        await hub.say(ROOM, "alice", "good day")

        assert hub.sent == [(ROOM, "good day")]


async def test_words_become_arguments_by_the_annotations() -> None:
    bot = Bot()

    @bot.command("add")
    async def add(message: Message, one: int, other: int) -> None:
        await message.reply(str(one + other))

    async with FakeHub(bot) as hub:
        await hub.say(ROOM, "alice", "!add 3 4")
        await hub.say(ROOM, "alice", "!add 3")

        await hub.say(ROOM, "alice", "!add 3 four")

        missing, word = (
            "!add <one> <other>: <other> is missing",
            "!add <one> <other>: <other> is a whole number",
        )
        assert hub.sent == [(ROOM, "7"), (ROOM, missing), (ROOM, word)]


async def test_groups_of_a_pattern_become_arguments() -> None:
    bot = Bot()

    @bot.on_message(r"(\d+) degrees")
    async def warm(message: Message, degrees: int) -> None:
        await message.reply("warm" if degrees > 20 else "cold")

    async with FakeHub(bot) as hub:
        await hub.say(ROOM, "alice", "It has 25 degrees here.")

        assert hub.sent == [(ROOM, "warm")]


async def test_a_handler_that_fails_is_told_and_the_next_event_is_handled() -> None:
    bot, failed = echo_bot(), []

    @bot.on(ModeChanged)
    async def fail(event: ModeChanged) -> None:
        raise RuntimeError(event.mode)

    @bot.on_error
    async def note(event: object, fault: Exception) -> None:
        failed.append(str(fault))

    async with FakeHub(bot) as hub:
        await hub.act(ROOM, "max", "mode", role="moderator", mode="announcement", reason="News")
        await hub.act(ROOM, "max", "mode", role="moderator", mode="agora", reason="Talk")
        await hub.say(ROOM, "alice", "!echo still here")

        assert failed == ["announcement", "agora"]
        assert hub.sent == [(ROOM, "still here")]


async def test_where_only_speakers_publish_a_send_says_who_decided_it_and_what_one_can_do() -> None:
    bot = Bot()
    async with FakeHub(bot, {ROOM: "agora"}) as hub:
        await hub.act(ROOM, "max", "mode", role="moderator", mode="announcement", reason="News")

        with pytest.raises(NotPermitted) as refused:
            await bot.hub.send(ROOM, "May I?")

        assert refused.value.code == "announcement_only"
        assert refused.value.rule["reason"] == "News"
        assert refused.value.can_request_floor


async def test_a_bot_that_was_given_the_floor_may_speak() -> None:
    bot = Bot()

    @bot.on(FloorGranted)
    async def speak(event: FloorGranted) -> None:
        if event.subject.id == bot.hub.me.id:
            await bot.hub.send(event.room, "Thank you.")

    async with FakeHub(bot, {ROOM: "announcement"}) as hub:
        await bot.hub.request_floor(ROOM, "A word")
        await hub.act(ROOM, "max", "floor", role="moderator", action="give", subject="bot")

        assert hub.sent == [(ROOM, "Thank you.")]


async def test_what_is_said_while_the_connection_is_lost_is_heard_once() -> None:
    async with FakeHub(echo_bot()) as hub:
        await hub.say(ROOM, "alice", "!echo one")
        await hub.drop_connection()
        await hub.say(ROOM, "alice", "!echo two")

        assert hub.sent == [(ROOM, "one"), (ROOM, "two")]


async def test_a_mode_ends_when_the_clock_is_turned() -> None:
    bot, seen = Bot(), []

    @bot.on(ModeChanged)
    async def note(event: ModeChanged) -> None:
        seen.append((event.mode, event.author.id))

    async with FakeHub(bot) as hub:
        until = hub.world.now_ms + 60_000
        await hub.act(ROOM, "max", "mode", role="moderator", mode="announcement", reason="Talk", until=until)
        await hub.advance(60)

        assert seen == [("announcement", "max"), ("agora", "system")]
