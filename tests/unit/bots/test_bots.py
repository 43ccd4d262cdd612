"""The example bots in a fake hub: each does what its first line says, and none of them can loop."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import ModuleType

import pytest

from hubbub import Bot
from hubbub.testing import FakeHub
from tests.unit.bots.conftest import BOTS

ROOM = "place/agora"
Program = Callable[[str], ModuleType]


@pytest.mark.parametrize("file", sorted(BOTS.glob("*.py")), ids=lambda file: file.stem)
def test_a_bot_is_read_in_a_minute(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= 60


# -- Echo ----------------------------------------------------------------------------------------------


async def test_the_echo_answers_people_and_not_bots(program: Program) -> None:
    async with FakeHub(program("echo").bot) as hub:
        await hub.say(ROOM, "other", "!echo to a bot", kind="bot")
        asked = await hub.say(ROOM, "amina", "!echo hello")
        await hub.say(ROOM, "amina", "!echo")

        assert hub.sent == [(ROOM, "hello"), (ROOM, "!echo <text>: <text> is missing")]
        assert hub.log(ROOM)[2]["reply_to"] == asked


# -- Greeter -------------------------------------------------------------------------------------------


async def test_the_greeter_welcomes_a_person_once_a_day_in_both_languages(program: Program) -> None:
    async with FakeHub(program("greeter").bot) as hub:
        for _ in range(2):
            await hub.come(ROOM, "bea")
            await hub.go(ROOM, "bea")
            await hub.advance(60)
        ((_, text),) = hub.sent
        assert "Bienvenue" in text and "Welcome" in text and "bea" in text
        await hub.advance(86_400)
        await hub.come(ROOM, "bea")
        assert len(hub.sent) == 2


async def test_the_greeter_leaves_crowds_and_bots_alone(program: Program) -> None:
    async with FakeHub(program("greeter").bot) as hub:
        await hub.come(ROOM, "other", kind="bot")
        for number in range(10):
            await hub.come(ROOM, f"person {number}")

        assert len(hub.sent) == 3


async def test_a_greeter_that_is_started_again_knows_whom_it_welcomed(program: Program) -> None:
    async with FakeHub(program("greeter").bot) as hub:
        await hub.say(ROOM, "bot", "Welcome, bea!", kind="bot", data={"greeted": ["bea"]})
        await hub.advance(60)
        await hub.come(ROOM, "bea")

        assert len(hub.sent) == 1


# -- Herald --------------------------------------------------------------------------------------------


def herald_of(program: Program, file: Path) -> Bot:
    module = program("herald")
    module.__dict__.update(file=file, room=ROOM)
    bot: Bot = module.bot
    return bot


RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>
<item><title>Second</title><link>https://example.org/2</link><guid>two</guid></item>
<item><title>First</title><link>https://example.org/1</link></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>
<entry><id>two</id><title>Second</title><link href="https://example.org/2"/></entry>
<entry><id>one</id><title>First</title><link href="https://example.org/1"/></entry></feed>"""
LINES = "\n".join(
    json.dumps({"id": id, "text": f"{title}\nhttps://example.org/{number}"})
    for id, title, number in (("one", "First", 1), ("two", "Second", 2))
)


@pytest.mark.parametrize("feed", [RSS, ATOM, LINES], ids=["rss", "atom", "json lines"])
async def test_the_herald_publishes_a_feed_from_the_oldest_item_on(
    program: Program, tmp_path: Path, feed: str
) -> None:
    (tmp_path / "feed").write_text(feed)
    async with FakeHub(herald_of(program, tmp_path / "feed"), {ROOM: "announcement"}, role="speaker") as hub:
        assert hub.sent == [(ROOM, "First\nhttps://example.org/1")]
        await hub.advance(1_000)
        assert [text.partition("\n")[0] for _, text in hub.sent] == ["First", "Second"]


async def test_the_herald_publishes_what_is_new_in_the_file_and_nothing_twice(
    program: Program, tmp_path: Path
) -> None:
    file = tmp_path / "feed"
    file.write_text("")
    async with FakeHub(herald_of(program, file), {ROOM: "announcement"}, role="speaker") as hub:
        await hub.say(ROOM, "bot", "one", kind="bot", as_role="speaker", data={"item": "one"})
        file.write_text(LINES)
        await hub.advance(3_000)

        assert [text.partition("\n")[0] for _, text in hub.sent] == ["one", "Second"]


async def test_a_feed_that_cannot_be_read_is_told_and_read_again(program: Program, tmp_path: Path) -> None:
    file, told = tmp_path / "feed", []
    file.write_text('<!DOCTYPE x [<!ENTITY a "aaaa">]><rss/>')
    bot = herald_of(program, file)

    @bot.on_error
    async def note(event: object, fault: Exception) -> None:
        told.append(str(fault))

    async with FakeHub(bot, {ROOM: "announcement"}, role="speaker") as hub:
        file.write_text(RSS)
        await hub.advance(20)

        assert len(told) == 1 and "DOCTYPE" in told[0] and len(hub.sent) == 1


def test_the_bulletins_of_the_demo_are_a_feed(program: Program) -> None:
    bulletins = program("feed").items(BOTS / "bulletins.jsonl")
    assert len({item.id for item in bulletins}) == 10 and all("\n" in item.text for item in bulletins)


# -- Quiet hours -----------------------------------------------------------------------------------------


async def until_night(hub: FakeHub, module: ModuleType) -> None:
    """Turns the clock to the next quarter past ten in the evening, there."""
    now = datetime.fromtimestamp(hub.world.now_ms / 1000, module.zone)
    await hub.advance(((22 * 60 + 15) - (now.hour * 60 + now.minute)) % (24 * 60) * 60)


async def test_a_room_is_quiet_by_night_and_open_again_in_the_morning_by_itself(program: Program) -> None:
    module = program("quiet_hours")
    async with FakeHub(module.bot, role="moderator") as hub:
        await until_night(hub, module)
        switch = hub.log(ROOM)[-1]
        assert switch["mode"] == "announcement"
        assert switch["reason"] == "Quiet hours until 07:00 (Europe/Paris)"
        assert datetime.fromtimestamp(switch["until"] / 1000, module.zone).hour == 7
        await hub.advance(9 * 3_600)
        assert hub.log(ROOM)[-1]["mode"] == "agora" and hub.log(ROOM)[-1]["by"]["id"] == "system"


async def test_who_opens_a_room_in_the_night_has_the_last_word(program: Program) -> None:
    module = program("quiet_hours")
    async with FakeHub(module.bot, role="moderator") as hub:
        await until_night(hub, module)
        await hub.act(ROOM, "max", "mode", as_role="moderator", mode="agora", reason="A fire")
        before = len(hub.log(ROOM))
        await hub.advance(3_600)
        assert len(hub.log(ROOM)) == before


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-06-01T21:59", None),
        ("2026-06-01T22:00", "2026-06-02T07:00"),
        ("2026-06-02T06:59", "2026-06-02T07:00"),
        ("2026-06-02T07:00", None),
        ("2026-10-25T02:30", "2026-10-25T07:00"),
    ],
)
def test_a_night_ends_in_the_morning_also_where_clocks_change(
    program: Program, now: str, end: str | None
) -> None:
    module = program("quiet_hours")
    found = module.end_of_night(datetime.fromisoformat(now).replace(tzinfo=module.zone))
    assert found == (None if end is None else datetime.fromisoformat(end).replace(tzinfo=module.zone))


# -- Bridge ----------------------------------------------------------------------------------------------


async def test_a_bridge_carries_what_people_say_both_ways_and_marks_it(program: Program) -> None:
    module, one, two = program("bridge"), Bot(), Bot()
    module.carry(one, two, "forum/lobby")
    module.carry(two, one, ROOM)
    async with FakeHub(two, {"forum/lobby": "agora"}) as there, FakeHub(one) as here:
        asked = await here.say(ROOM, "alice", "hello over there")
        await there.settle()
        await there.say("forum/lobby", "bob", "hello back")
        await here.settle()

        assert there.sent == [("forum/lobby", "alice: hello over there")]
        assert here.sent == [(ROOM, "bob: hello back")]
        mark = {"carried_from": {"room": ROOM, "seq": asked}}
        assert there.log("forum/lobby")[0]["data"] == mark


async def test_bridges_in_a_circle_do_not_loop_even_where_bots_listen_to_bots(program: Program) -> None:
    module, one, two = program("bridge"), Bot(ignore_bots=False), Bot(ignore_bots=False)
    module.carry(one, two, "forum/lobby")
    async with FakeHub(two, {"forum/lobby": "agora"}) as there, FakeHub(one) as here:
        mark = {"carried_from": {"room": "forum/lobby", "seq": 1}}
        await here.say(ROOM, "another bridge", "bob: hello", kind="bot", data=mark)
        await here.say(ROOM, "a bot of its own", "news", kind="bot")
        await there.settle()

        assert there.sent == [("forum/lobby", "a bot of its own: news")]


# -- Poll ------------------------------------------------------------------------------------------------


async def test_a_poll_counts_the_reactions_when_its_time_is_over(program: Program) -> None:
    async with FakeHub(program("poll").bot) as hub:
        await hub.say(ROOM, "alice", "!poll 10 Lunch? | Pizza | Salad")
        (ballot,) = [
            entry for entry in hub.log(ROOM) if entry["by"]["id"] == "bot" and entry["kind"] == "message"
        ]
        assert ballot["question"] and ballot["text"] == "Lunch?\n1️⃣ Pizza\n2️⃣ Salad"
        for voter, choice in (("alice", "2️⃣"), ("bob", "2️⃣"), ("cleo", "1️⃣")):
            await hub.act(ROOM, voter, "react", target=ballot["seq"], emoji=choice, on=True)
        await hub.advance(600)

        assert hub.sent[-1] == (ROOM, "Lunch? Pizza: 1, Salad: 2")


async def test_two_polls_are_open_at_once(program: Program) -> None:
    async with FakeHub(program("poll").bot) as hub:
        await hub.say(ROOM, "alice", "!poll 10 Tea? | Yes | No")
        await hub.say(ROOM, "bob", "!poll 5 Cake? | Yes | No")
        await hub.advance(600)

        assert [text for _, text in hub.sent[2:]] == ["Cake? Yes: 0, No: 0", "Tea? Yes: 0, No: 0"]


@pytest.mark.parametrize("words", ["10 Tea?", "10 Tea? | Yes", "0 Tea? | Yes | No", "9999 Tea? | Yes | No"])
async def test_a_poll_that_is_none_is_answered_with_how_to_hold_one(program: Program, words: str) -> None:
    async with FakeHub(program("poll").bot) as hub:
        await hub.say(ROOM, "alice", f"!poll {words}")

        assert hub.sent[0][1].startswith("!poll <minutes> <question>")


# -- None of them ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["echo", "greeter", "poll"])
async def test_two_bots_of_a_kind_do_not_talk_to_each_other(program: Program, name: str) -> None:
    async with FakeHub(program(name).bot, role="moderator") as hub:
        for text in ("!echo !echo !echo", "!poll 1 A? | B | C"):
            await hub.say(ROOM, "a second one", text, kind="bot")
        await hub.come(ROOM, "a third one", kind="bot")

        assert hub.sent == []
