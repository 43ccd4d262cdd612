"""A bot's handlers: what they are called with, in which order, and what comes of their failures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from hubbub import (
    AuthError,
    Bot,
    Disconnected,
    Event,
    FloorGranted,
    Message,
    ModeChanged,
    NotPermitted,
    Refused,
    Router,
    connect,
)
from hubbub.sdk.line import Lost
from hubbub.testing import FakeHub
from tests.support.timeless import timeless
from tests.unit.sdk.scripted import Server

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
    async def note(event: Event | None, fault: Exception) -> None:
        failed.append(str(fault))

    async with FakeHub(bot) as hub:
        await hub.act(ROOM, "max", "mode", as_role="moderator", mode="announcement", reason="News")
        await hub.act(ROOM, "max", "mode", as_role="moderator", mode="agora", reason="Talk")
        await hub.say(ROOM, "alice", "!echo still here")

        assert failed == ["announcement", "agora"]
        assert hub.sent == [(ROOM, "still here")]


async def test_where_only_speakers_publish_a_send_says_who_decided_it_and_what_one_can_do() -> None:
    bot = Bot()
    async with FakeHub(bot, {ROOM: "agora"}) as hub:
        await hub.act(ROOM, "max", "mode", as_role="moderator", mode="announcement", reason="News")

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
        await hub.act(ROOM, "max", "floor", as_role="moderator", action="give", subject="bot")

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
        await hub.act(
            ROOM, "max", "mode", as_role="moderator", mode="announcement", reason="Talk", until=until
        )
        await hub.advance(60)

        assert seen == [("announcement", "max"), ("agora", "system")]


async def test_order_is_kept_within_a_room_while_rooms_go_on_beside_each_other() -> None:
    bot, seen = Bot(), []

    @bot.on_message()
    async def slow(message: Message) -> None:
        if message.text == "wait":
            await bot.wait_for(ModeChanged)
        seen.append((message.room, message.text))

    async with FakeHub(bot, {ROOM: "agora", "place/other": "agora"}) as hub:
        await hub.say(ROOM, "alice", "wait")
        await hub.say(ROOM, "alice", "behind")
        await hub.say("place/other", "alice", "beside")
        assert seen == [("place/other", "beside")]
        await hub.act("place/other", "max", "mode", as_role="moderator", mode="announcement", reason="Go on")
        assert seen[1:] == [(ROOM, "wait"), (ROOM, "behind")]


async def test_who_gives_up_order_has_events_of_one_room_handled_beside_each_other() -> None:
    bot, seen = Bot(concurrency="event"), []

    @bot.on_message()
    async def slow(message: Message) -> None:
        if message.text == "wait":
            await bot.wait_for(ModeChanged)
        seen.append(message.text)

    async with FakeHub(bot) as hub:
        await hub.say(ROOM, "alice", "wait")
        await hub.say(ROOM, "alice", "beside")
        assert seen == ["beside"]
        await hub.act(ROOM, "max", "mode", as_role="moderator", mode="announcement", reason="Go on")
        assert seen == ["beside", "wait"]


async def test_a_handler_holds_a_conversation_in_its_own_room() -> None:
    bot = Bot()

    @bot.command("delete")
    async def delete(message: Message) -> None:
        await message.reply("Sure?")
        answer = await bot.wait_for(Message, lambda said: said.author == message.author)
        await answer.reply("Done." if answer.text == "yes" else "Kept.")

    async with FakeHub(bot) as hub:
        await hub.say(ROOM, "alice", "!delete")
        await hub.say(ROOM, "bob", "no!")
        await hub.say(ROOM, "alice", "yes")

        assert [text for _, text in hub.sent] == ["Sure?", "Done."]


async def test_waiting_for_an_event_ends_with_its_deadline() -> None:
    bot = Bot()
    async with FakeHub(bot):
        with pytest.raises(TimeoutError):
            await bot.wait_for(ModeChanged, timeout_seconds=0.001)


async def test_a_check_that_fails_is_told_to_who_waits() -> None:
    bot = Bot()
    async with FakeHub(bot) as hub:
        waiting = asyncio.create_task(bot.wait_for(Message, lambda message: 1 / 0 > 0))
        await asyncio.sleep(0)
        await hub.say(ROOM, "alice", "hello")
        with pytest.raises(ZeroDivisionError):
            await waiting


async def test_a_handler_asks_for_the_floor_and_waits_for_it() -> None:
    bot = Bot()

    @bot.on(ModeChanged)
    async def ask(event: ModeChanged) -> None:
        answer = await (await bot.hub.request_floor(event.room, "The bulletin"))
        if isinstance(answer, FloorGranted):
            await bot.hub.send(event.room, f"Thank you, {answer.author}.")

    async with FakeHub(bot) as hub:
        await hub.act(ROOM, "max", "mode", as_role="moderator", mode="announcement", reason="Talk")
        await hub.act(ROOM, "max", "floor", as_role="moderator", action="give", subject="bot")

        assert hub.sent == [(ROOM, "Thank you, max.")]


async def test_two_asks_at_once_are_one_and_a_refusal() -> None:
    bot = Bot()
    async with FakeHub(bot, {ROOM: "announcement"}) as hub:
        await bot.hub.request_floor(ROOM)
        with pytest.raises(Refused) as refused:
            await bot.hub.request_floor(ROOM)
        assert refused.value.code == "no_change"
        assert [entry["kind"] for entry in hub.log(ROOM)] == ["floor"]


async def test_a_job_is_done_again_and_again_by_the_clock() -> None:
    bot, done = Bot(), []

    @bot.every(60)
    async def note() -> None:
        done.append(bot.now().timestamp())

    async with FakeHub(bot) as hub:
        await hub.advance(150)

    assert [at - done[0] for at in done] == [0, 60, 120]


async def test_a_job_that_fails_is_told_and_done_again() -> None:
    bot, failed = Bot(), []

    @bot.every(60)
    async def fail() -> None:
        raise RuntimeError("no paper")

    @bot.on_error
    async def note(event: Event | None, fault: Exception) -> None:
        failed.append((event, str(fault)))

    async with FakeHub(bot) as hub:
        await hub.advance(60)

    assert failed == [(None, "no paper"), (None, "no paper")]


async def test_an_event_handler_sleeps_by_the_clock_of_the_test() -> None:
    bot = Bot()

    @bot.command("remind")
    async def remind(message: Message, minutes: int, text: str) -> None:
        await bot.sleep(minutes * 60)
        await message.reply(text)

    async with FakeHub(bot) as hub:
        await hub.say(ROOM, "alice", "!remind 10 tea is ready")
        assert hub.sent == []
        await hub.advance(600)
        assert hub.sent == [(ROOM, "tea is ready")]


async def test_a_router_brings_its_handlers_along() -> None:
    router, bot = Router(), Bot()

    @router.command("hi", room=ROOM)
    async def hi(message: Message) -> None:
        await message.reply("hello")

    bot.include(router)
    async with FakeHub(bot, {ROOM: "agora", "place/other": "agora"}) as hub:
        await hub.say("place/other", "alice", "!hi")
        await hub.say(ROOM, "alice", "!HI")

        assert hub.sent == [(ROOM, "hello")]


async def test_the_messages_of_other_bots_are_for_who_asks_for_them() -> None:
    bot = Bot(ignore_bots=False)

    @bot.on(Message)
    async def note(message: Message) -> None:
        assert message.author.is_bot
        await message.react("👍")

    async with FakeHub(bot) as hub:
        await hub.say(ROOM, "other", "hello", kind="bot")

        assert hub.log(ROOM)[-1]["emoji"] == "👍"


async def test_a_stop_waits_for_the_handler_and_takes_no_further_events() -> None:
    bot, seen, begun, may_end, stop = Bot(), [], asyncio.Event(), asyncio.Event(), asyncio.Event()

    @bot.on_message()
    async def slow(message: Message) -> None:
        begun.set()
        await may_end.wait()
        await message.reply(f"answer to {message.text}")
        seen.append(message.text)

    await stopped_while(bot, stop, begun, may_end)
    assert seen == ["first"]


async def test_a_stop_does_not_wait_for_who_only_sleeps() -> None:
    bot, begun, stop = Bot(), asyncio.Event(), asyncio.Event()

    @bot.on_message()
    async def sleeper(message: Message) -> None:
        begun.set()
        await bot.sleep(86_400)

    await stopped_while(bot, stop, begun, asyncio.Event())


async def stopped_while(bot: Bot, stop: asyncio.Event, begun: asyncio.Event, may_end: asyncio.Event) -> None:
    """Stops a bot while it handles the first of two messages."""
    server = Server()
    bot.dial_with(server.dial)
    async with asyncio.TaskGroup() as group:
        living = group.create_task(bot.start([ROOM], until=stop.wait()))
        while not server.connections or not bot.is_idle:
            await asyncio.sleep(0)
        server.alice("first")
        server.alice("second")
        await begun.wait()
        stop.set()
        await asyncio.sleep(0)
        may_end.set()
        await living
    assert server.line.is_closed


def test_a_bot_that_stops_takes_no_events_also_where_nothing_is_being_handled() -> None:
    async def scene() -> list[Event]:
        bot, begun, stop = Bot(), asyncio.Event(), asyncio.Event()
        seen: list[Event] = []

        @bot.on_message()
        async def hang(message: Message) -> None:
            begun.set()
            await asyncio.Event().wait()

        @bot.on(Disconnected)
        async def note(event: Disconnected) -> None:
            seen.append(event)

        server = Server()
        bot.dial_with(server.dial)
        living = asyncio.create_task(bot.start([ROOM], until=stop.wait()))
        while not server.connections or not bot.is_idle:
            await asyncio.sleep(0)
        server.alice("first")
        await begun.wait()
        stop.set()
        await asyncio.sleep(1)
        server.line.end()
        await living
        return seen

    assert timeless(scene()) == []


def test_a_stop_waits_for_the_ack_of_what_was_sent() -> None:
    async def scene() -> Message:
        bot, server = Bot(), Server()
        bot.dial_with(server.dial)
        living = asyncio.create_task(bot.start([ROOM], until=asyncio.sleep(10)))
        while not server.connections or not bot.is_idle:
            await asyncio.sleep(0)
        usual = server.words.pop("publish")
        await asyncio.sleep(9)
        sending = asyncio.create_task(bot.hub.send(ROOM, "at the last moment"))
        await asyncio.sleep(3)
        command = server.line.sent[-1]
        reply = usual(server.line, command)
        assert reply is not None
        server.line.say({"ref": command["ref"], **reply})
        await living
        return await sending

    assert timeless(scene()).text == "at the last moment"


def test_a_handler_that_hangs_is_given_five_seconds() -> None:
    async def scene() -> float:
        bot, begun, stop = Bot(), asyncio.Event(), asyncio.Event()

        @bot.on_message()
        async def hang(message: Message) -> None:
            begun.set()
            await asyncio.Event().wait()

        loop = asyncio.get_running_loop()
        began_at = loop.time()
        await stopped_while(bot, stop, begun, asyncio.Event())
        return loop.time() - began_at

    assert timeless(scene()) == pytest.approx(5, abs=0.1)


def test_a_bot_whose_server_is_not_there_can_be_stopped() -> None:
    async def scene() -> None:
        server, bot = Server(), Bot()
        server.refusals = [Lost() for _ in range(1_000)]
        bot.dial_with(server.dial)
        await bot.start([ROOM], until=asyncio.sleep(60))

    timeless(scene())


def test_a_terminal_close_ends_the_bot_with_its_error() -> None:
    async def scene() -> None:
        server, bot = Server(), Bot()
        bot.dial_with(server.dial)

        @bot.on_message()
        async def bye(message: Message) -> None:
            server.line.end(4507, "Banned from this server.")

        living = asyncio.create_task(bot.start([ROOM], until=asyncio.sleep(600)))
        while not server.connections or not bot.is_idle:
            await asyncio.sleep(0)
        server.alice("hello")
        with pytest.raises(AuthError) as ended:
            await living
        assert ended.value.code == "banned"

    timeless(scene())


# -- Registration that cannot work is refused at once --------------------------------------------------


def is_not_async(message: Message) -> None: ...
async def takes_a_list(message: Message, words: list[str]) -> None: ...
async def takes_nothing(message: Message) -> None: ...
async def takes_two(message: Message, one: str, two: str) -> None: ...


@pytest.mark.parametrize(
    "register",
    [
        lambda bot: bot.command("x")(takes_a_list),
        lambda bot: bot.on_message(r"(a)")(takes_nothing),
        lambda bot: bot.on_message(r"(a)")(takes_two),
        lambda bot: bot.on_message()(takes_two),
        lambda bot: bot.on(Message)(is_not_async),
        lambda bot: bot.command("x")(is_not_async),
        lambda bot: connect(rooms=ROOM),
    ],
)
def test_a_handler_that_could_never_be_called_is_refused(register: Callable[[Bot], object]) -> None:
    with pytest.raises(TypeError):
        register(Bot())


async def test_a_group_that_is_no_number_is_no_match_and_no_answer() -> None:
    bot = Bot()

    @bot.on_message(r"room (\w+)")
    async def door(message: Message, number: int) -> None:
        await message.reply(f"Door {number}")

    async with FakeHub(bot) as hub:
        await hub.say(ROOM, "alice", "room seven")
        await hub.say(ROOM, "alice", "room 7")

        assert hub.sent == [(ROOM, "Door 7")]


async def test_words_that_may_be_left_out_have_their_default() -> None:
    bot = Bot()

    @bot.command("roll")
    async def roll(message: Message, sides: int = 6, bonus: float = 0.5) -> None:
        await message.reply(f"{sides} {bonus}")

    async with FakeHub(bot) as hub:
        for text in ("!roll", "!roll 20", "!roll 20 1.5", "!roll twenty"):
            await hub.say(ROOM, "alice", text)

        usage = "!roll <sides> <bonus>: <sides> is a whole number"
        assert [text for _, text in hub.sent] == ["6 0.5", "20 0.5", "20 1.5", usage]
