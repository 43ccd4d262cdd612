"""What a program is told: everything once and in order, and where that cannot be had, that it cannot."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from hubbub import (
    Event,
    FloorGranted,
    Gap,
    Hub,
    LeftRoom,
    Message,
    MessageRemoved,
    Resumed,
    RightsChanged,
    Typing,
)
from hubbub.sdk.inboxes import ROOM_EVENTS
from tests.support.timeless import timeless
from tests.unit.sdk.scripted import ALICE, ME, ROOM, Server


async def until(hub: Hub, kind: type[Event], count: int = 1) -> list[Event]:
    """All events up to the one that makes `count` of a class."""
    seen: list[Event] = []
    async with asyncio.timeout(600), aclosing(hub.__aiter__()) as events:
        async for event in events:
            seen.append(event)
            count -= isinstance(event, kind)
            if not count:
                break
    return seen


def texts(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Message)]


def test_what_was_missed_comes_with_a_resume_and_once() -> None:
    async def scene() -> None:
        server = Server()
        async with server.hub() as hub:
            server.alice("one")
            await until(hub, Message)
            server.line.end()
            server.alice("two", is_pushed=False)
            seen = await until(hub, Message)
            (resumed,) = [event for event in seen if isinstance(event, Resumed)]
            assert resumed == Resumed(ROOM, True, 1) and texts(seen) == ["two"]
            server.push(server.log[-1])
            server.alice("three")
            assert texts(await until(hub, Message)) == ["three"]

    timeless(scene())


def test_a_long_absence_is_filled_from_the_log_page_by_page() -> None:
    async def scene() -> None:
        server = Server()
        async with server.hub() as hub:
            server.line.end()
            for number in range(1_700):
                server.alice(f"{number}", is_pushed=False)
            seen = await until(hub, Message, 1_700)
            assert texts(seen) == [f"{number}" for number in range(1_700)]
            assert not any(isinstance(event, Gap) for event in seen)

    timeless(scene())


def test_what_was_trimmed_is_a_gap_of_exactly_that() -> None:
    async def scene() -> None:
        server = Server()
        async with server.hub() as hub:
            server.line.end()
            for number in range(1, 1_701):
                server.alice(f"{number}", is_pushed=False)
            server.first = 501
            seen = await until(hub, Message, 1_200)
            assert [event for event in seen if isinstance(event, Gap)] == [Gap(ROOM, 0, 500)]
            assert texts(seen)[0] == "501"

    timeless(scene())


def test_another_epoch_is_told_as_a_gap() -> None:
    async def scene() -> None:
        server = Server()
        async with server.hub() as hub:
            server.alice("one")
            await until(hub, Message)
            server.epoch = "k2"
            server.line.end()
            seen = await until(hub, Gap)
            assert Resumed(ROOM, False, 0) in seen
            server.alice("two")
            assert texts(await until(hub, Message)) == ["two"]

    timeless(scene())


def test_a_hole_in_what_is_pushed_is_filled_from_the_log() -> None:
    async def scene() -> None:
        server = Server()
        async with server.hub() as hub:
            server.alice("lost on the way", is_pushed=False)
            server.alice("here")
            assert texts(await until(hub, Message, 2)) == ["lost on the way", "here"]
            assert len(server.connections) == 1

    timeless(scene())


def test_a_reset_is_answered_by_joining_again_from_the_same_place() -> None:
    async def scene() -> None:
        server = Server()
        async with server.hub() as hub:
            server.alice("one")
            await until(hub, Message)
            server.alice("two", is_pushed=False)
            server.line.say({"t": "reset", "room": ROOM})
            server.line.say({"t": "reset", "room": ROOM})
            seen = await until(hub, Message)
            server.alice("three")
            assert texts(seen + await until(hub, Message)) == ["two", "three"]

    timeless(scene())


def test_who_takes_nothing_for_long_is_cut_off_and_given_everything_afterwards() -> None:
    async def scene() -> None:
        server = Server()
        async with server.hub() as hub:
            for number in range(4 * ROOM_EVENTS):
                server.alice(f"{number}")
            await asyncio.sleep(1)
            assert len(hub.inboxes.of(ROOM)) == ROOM_EVENTS
            server.line.end()
            await asyncio.sleep(30)
            assert len(hub.inboxes.of(ROOM)) == ROOM_EVENTS
            seen = await until(hub, Message, 4 * ROOM_EVENTS)
            assert texts(seen) == [f"{number}" for number in range(4 * ROOM_EVENTS)]

    timeless(scene())


def test_what_is_ephemeral_is_dropped_before_anything_that_counts() -> None:
    async def scene() -> None:
        server = Server()
        async with server.hub() as hub:
            messages = ROOM_EVENTS // 2 + 50
            for number in range(messages):
                server.line.say({"t": "typing", "room": ROOM, "who": [ALICE]})
                server.alice(f"{number}")
            await asyncio.sleep(1)
            seen = await until(hub, Message, messages)
            assert len([event for event in seen if isinstance(event, Typing)]) == ROOM_EVENTS // 4
            assert [frame["t"] for frame in server.line.sent] == ["hello", "join"]

    timeless(scene())


def test_a_send_whose_own_queue_is_full_returns() -> None:
    async def scene() -> None:
        server = Server()
        async with server.hub() as hub:
            for number in range(2 * ROOM_EVENTS):
                server.alice(f"{number}")
            await asyncio.sleep(1)
            server.line.end()
            await asyncio.sleep(5)
            message = await hub.send(ROOM, "from a full house")
            assert message.seq == 2 * ROOM_EVENTS + 1

    timeless(scene())


def test_an_answer_to_an_ask_is_read_although_the_queue_is_full() -> None:
    async def scene() -> None:
        server = Server()
        async with server.hub() as hub:
            answer = await hub.request_floor(ROOM)
            for number in range(2 * ROOM_EVENTS):
                server.alice(f"{number}")
            await asyncio.sleep(1)
            server.line.end()
            server.append("floor", ALICE, action="give", subject=ME, is_pushed=False)
            async with asyncio.timeout(5):
                assert isinstance(await answer, FloorGranted)

    timeless(scene())


def test_what_a_resume_repeats_is_told_once() -> None:
    async def scene() -> None:
        server = Server()
        generous = server.joined
        async with server.hub() as hub:
            server.alice("one")
            await until(hub, Message)
            server.words["join"] = lambda line, frame: {**generous(line, frame), "entries": list(server.log)}
            server.line.end()
            server.alice("two", is_pushed=False)
            seen = await until(hub, Message)
            assert texts(seen) == ["two"] and Resumed(ROOM, True, 1) in seen

    timeless(scene())


def test_frames_fields_and_kinds_of_a_later_server_are_ignored() -> None:
    async def scene() -> None:
        server = Server()
        async with server.hub() as hub:
            server.line.say({"t": "weather", "room": ROOM, "sunny": True})
            server.line.say({"t": "weather"})
            server.line.say({"t": "ack", "ref": 4_000})
            server.append("poll", ALICE, choices=["a", "b"])
            server.append("floor", ALICE, action="lend", subject=ALICE)
            server.append("message", ALICE, id="x", text="known", thread=7)
            assert texts(await until(hub, Message)) == ["known"]

    timeless(scene())


def test_a_removed_message_says_nothing_and_its_removal_does() -> None:
    async def scene() -> None:
        server = Server()
        server.append("removed", ALICE)
        server.append("removal", ALICE, target=1)
        async with server.hub(backlog=2) as hub:
            seen = await until(hub, MessageRemoved)
            assert texts(seen) == []

    timeless(scene())


@pytest.mark.parametrize("ignore_self", [True, False])
def test_own_messages_are_told_to_who_asks_for_them(ignore_self: bool) -> None:
    async def scene() -> list[str]:
        server = Server()
        async with server.hub(ignore_self=ignore_self) as hub:
            await hub.send(ROOM, "mine")
            server.alice("hers")
            return texts(await until(hub, Message, 1 if ignore_self else 2))

    assert timeless(scene()) == (["hers"] if ignore_self else ["mine", "hers"])


def test_rights_that_change_are_told_and_known() -> None:
    async def scene() -> None:
        server = Server()
        async with server.hub() as hub:
            card = {"t": "rights", "room": ROOM, "role": "speaker", "rights": {"publish": False}}
            server.line.say(card)
            server.line.say(card)
            seen = await until(hub, RightsChanged)
            assert hub.rights(ROOM) == {"publish": False}
            server.alice("and on")
            seen += await until(hub, Message)
            assert [type(event) for event in seen].count(RightsChanged) == 1

    timeless(scene())


def test_who_is_put_out_is_told_and_does_not_come_back() -> None:
    async def scene() -> None:
        server = Server()
        async with server.hub() as hub:
            server.line.say({"t": "left", "room": ROOM, "reason": "banned"})
            seen = await until(hub, LeftRoom)
            assert seen[-1] == LeftRoom(ROOM, "banned")
            server.line.end()
            await asyncio.sleep(5)
            assert [frame["t"] for frame in server.line.sent] == ["hello"]

    timeless(scene())


def test_a_room_that_was_left_tells_nothing_more_and_can_be_joined_again() -> None:
    async def scene() -> None:
        server = Server()
        async with server.hub() as hub:
            await hub.leave(ROOM)
            server.alice("behind closed doors")
            await hub.join(ROOM)
            server.alice("welcome back")
            assert texts(await until(hub, Message)) == ["welcome back"]

    timeless(scene())


def test_an_event_is_not_lost_with_the_patience_of_who_waits_for_it() -> None:
    async def scene() -> list[str]:
        server = Server()
        async with server.hub() as hub:
            events = hub.__aiter__()
            await anext(events)  # Ready
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await anext(events)
            server.alice("late")
            return texts(await until(hub, Message))

    assert timeless(scene()) == ["late"]
