"""The client against a scripted other end: what it asks for, what it keeps, what it tells."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from tests.browser.library import run, scene

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_message_carries_what_it_answers_and_that_it_asks(scripted: Page) -> None:
    sent, kept = await scene(
        scripted,
        """const about = {room: "place/news", seq: 4};
        const outgoing = client.publish(room, "Why?", {replyTo: 3, question: true, about});
        const sent = await socket.asked("publish");
        return [sent, outgoing];""",
    )

    assert {name: sent[name] for name in ("text", "reply_to", "question", "about")} == {
        "text": "Why?",
        "reply_to": 3,
        "question": True,
        "about": {"room": "place/news", "seq": 4},
    }
    assert (kept["id"], kept["replyTo"], kept["status"]) == (sent["id"], 3, "sending")


async def test_typing_is_told_once_in_a_while_and_never_later(scripted: Page) -> None:
    told = await scene(
        scripted,
        """for (let key = 0; key < 20; key += 1) client.typing(room);
        const told = socket.sent.filter((frame) => frame.t === "typing").length;
        socket.drop();
        client.typing(room);
        return told;""",
    )

    assert told == 1


async def test_those_who_type_are_known_until_they_have_written(scripted: Page) -> None:
    names = await scene(
        scripted,
        """const names = [];
        room.addEventListener("typing", () => names.push(room.typists.map((one) => one.name)));
        const who = [{id: "u:1", name: "Amina"}, {id: "u:2", name: "Zoé"}];
        socket.tell({t: "typing", room: room.address, who});
        socket.tell({t: "entry", room: room.address, epoch: "e", e: message(1)});
        return names;""",
    )

    assert names == [["Zoé"], []]


async def test_who_asks_for_all_pages_and_is_kept_up_by_presence(scripted: Page) -> None:
    asked, seen = await scene(
        scripted,
        """const all = client.who(room);
        await socket.answer("who", {t: "who", count: 3, who: [{id: "a"}, {id: "b"}], more: "b"});
        const {ref, after} = await socket.asked("who");
        socket.tell({t: "who", ref, room: room.address, count: 3, who: [{id: "c"}], more: false});
        const seen = [(await all).people.map((one) => one.id)];
        socket.tell({t: "presence", room: room.address, count: 3, joined: [{id: "d"}], left: [{id: "a"}]});
        seen.push([...room.people.keys()]);
        socket.tell({t: "presence", room: room.address, count: 120});
        seen.push([...room.people.keys()], room.present);
        return [after, seen];""",
    )

    assert asked == "b"
    assert seen == [["a", "b", "c"], ["b", "c", "d"], [], 120]


async def test_reading_is_told_forward_only_and_at_most_once_a_second(scripted: Page) -> None:
    told = await run(
        scripted,
        "index.js",
        """const {client, room, socket} = await scene(lib);
        client.hub.change({room: room.address, state: room.state});
        for (let seq = 1; seq <= 9; seq += 1) {
            socket.tell({t: "entry", room: room.address, epoch: "e", e: message(seq)});
        }
        const unread = [];
        for (const seq of [4, 3, 6, 8]) {
            client.sawUpTo(room, seq);
            unread.push(client.hub.cards.get(room.address).messages);
        }
        client.leave(room.address);
        return [socket.sent.filter((frame) => frame.t === "seen").map((frame) => frame.seq), unread];""",
    )

    assert told == [[4, 8], [5, 5, 3, 1]]


async def test_pages_are_loaded_back_to_an_entry_and_folded_as_they_are(scripted: Page) -> None:
    found = await run(
        scripted,
        "index.js",
        """const {client, room, socket} = await scene(lib, {}, {seq: 203, entries: [message(203)]});
        const back = client.loadBack(room, 50);
        for (const first of [103, 3]) {
            const {ref, before} = await socket.asked("history");
            const entries = Array.from({length: before - first}, (_, at) => message(first + at));
            socket.tell({t: "history", ref, epoch: "e", as_of: 203, first: 1, entries, more: true});
        }
        return [await back, room.entryAt(50).text, room.entries.length, room.hasEarlier];""",
    )

    assert found == [True, "50", 201, True]


async def test_what_was_read_before_is_known_while_one_is_in_a_room(scripted: Page) -> None:
    seen = await run(
        scripted,
        "index.js",
        """const {client, room, socket} = await scene(lib, {}, {seq: 9, entries: [message(9)]});
        const card = {room: "place/other", state: room.state, seq: 7, present: 1, messages: 3, seen: 4};
        client.hub.cards.set(card.room, card);
        const other = client.open(card.room);
        await socket.join({seq: 7, entries: [message(7)]});
        await turns();
        client.sawUpTo(other, 7);
        const during = other.seenAtEntry;
        client.leave(card.room);
        client.open(card.room);
        return [room.seenAtEntry ?? null, during, other.seenAtEntry];""",
    )

    assert seen == [None, 4, 7]


async def test_a_measured_connection_says_what_it_cost(scripted: Page) -> None:
    stats = await scene(
        scripted,
        """socket.drop(4008);
        return client.stats;""",
    )

    assert (stats["connects"], stats["framesOut"], stats["framesIn"], stats["lastClose"]) == (1, 3, 3, 4008)
    assert stats["bytesIn"] > stats["bytesOut"] > 0
    assert abs(stats["offsetMs"]) < 60_000
