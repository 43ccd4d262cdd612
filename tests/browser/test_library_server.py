"""The client library against a real server: both sides mean the same by their frames."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.browser.library import run
from tests.support.server import Node
from tests.support.tokens import token

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# People in the room under test, each with a client; `until` waits for a condition.
STAGE = """
    const {tokens, room: address} = given;
    const url = `ws://${location.host}/ws`;
    const enter = async (name, options = {}) => {
        const client = new lib.Client({url, hub: "place", credentials: {token: tokens[name]}, ...options});
        const room = client.open(address);
        client.start();
        await until(() => room.isJoined && client.hub.isFilled);
        return [client, room];
    };
    const until = async (holds) => {
        for (let beat = 0; beat < 1_500; beat += 1) {
            if (holds()) return;
            await new Promise((resolve) => setTimeout(resolve, 10));
        }
        throw new Error(`never: ${holds}`);
    };
    const texts = (room) => room.entries.filter((one) => one.kind === "message").map((one) => one.text);
"""


class Stage:
    """A page from which people enter a room of the test's own."""

    def __init__(self, page: Page, room: str) -> None:
        self._page = page
        self._room = room

    async def plays(self, body: str) -> Any:
        """What `body` returns; `enter(name)` gives the client and the room of Amina, Zoé or Max, an owner."""
        tokens = {
            "Amina": token("library-amina", name="Amina"),
            "Zoé": token("library-zoe", name="Zoé"),
            "Max": token("library-max", name="Max", roles={"place": "owner"}),
        }
        given = {"tokens": tokens, "room": self._room}
        return await run(self._page, "index.js", STAGE + body, given)


@pytest_asyncio.fixture(loop_scope="session")
async def stage(browser: Browser, site: Node, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    room = await site.make_room(f"place/{request.node.name.removeprefix('test_').replace('_', '-')[:60]}")
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{site.http_url}/")
    yield Stage(page, room)
    await context.close()


async def test_messagepack_is_spoken_and_json_where_nothing_else_is(stage: Stage) -> None:
    codecs, read = await stage.plays(
        """const [amina, room] = await enter("Amina");
        const Native = WebSocket;
        globalThis.WebSocket = class extends Native {
            constructor(url, offered) { super(url, offered.slice(1)); }
        };
        const [zoe, other] = await enter("Zoé");
        amina.publish(room, "« Été » 👍🏽", {question: true});
        await until(() => texts(room).length === 1 && texts(other).length === 1);
        return [[amina.stats.codec, zoe.stats.codec], [room.entries, other.entries]];"""
    )

    assert codecs == ["hubbub.v1.msgpack", "hubbub.v1.json"]
    assert read[0] == read[1]
    assert read[0][-1]["text"] == "« Été » 👍🏽"


async def test_one_who_was_away_gets_what_was_missed_once(stage: Stage) -> None:
    back, seen = await stage.plays(
        """const [amina, room] = await enter("Amina");
        const [zoe, other] = await enter("Zoé");
        amina.publish(room, "before");
        await until(() => texts(room).length === 1);
        const back = new Promise((resolve) => amina.addEventListener("back", ({detail}) => resolve(detail)));
        amina.goOffline();
        for (const text of ["one", "two"]) zoe.publish(other, text);
        amina.publish(room, "written without a network");
        await until(() => texts(other).length === 3);
        amina.wake();
        const {missed, isWhole} = await back;
        await until(() => texts(room).length === 4 && room.outbox.all.length === 0);
        return [[missed, isWhole], texts(room)];"""
    )

    assert back == [2, True]
    assert seen == ["before", "one", "two", "written without a network"]


async def test_a_message_that_a_reload_interrupted_is_in_the_log_once(stage: Stage) -> None:
    seen = await stage.plays(
        """const [before, room] = await enter("Amina", {storage: sessionStorage});
        before.publish(room, "said once");
        before.publish(room, "said later");
        before.goOffline(); // the first one is on its way, its ack will find nobody
        const [after, again] = await enter("Amina", {storage: sessionStorage});
        await until(() => texts(again).length === 2 && again.outbox.all.length === 0);
        return texts(again);"""
    )

    assert seen == ["said once", "said later"]


async def test_people_are_known_by_name_as_they_come_type_and_go(stage: Stage) -> None:
    came, typed, left, roles = await stage.plays(
        """const [max, room] = await enter("Max");
        await max.who(room);
        const names = () => [...room.people.values()].map((one) => `${one.name} ${one.role}`).sort();
        const [zoe, other] = await enter("Zoé");
        await until(() => room.people.size === 2);
        const came = names();
        zoe.typing(other);
        await until(() => room.typists.length === 1);
        const typed = room.typists.map((one) => one.name);
        zoe.end();
        await until(() => room.people.size === 1);
        await max.act(room, {t: "grant", subject: "library-amina", role: "speaker", reason: "Writes well"});
        const roles = (await max.people("roles")).map((one) => one.role);
        return [came, typed, [names(), room.typists.length], roles];"""
    )

    assert came == ["Max owner", "Zoé participant"]
    assert typed == ["Zoé"]
    assert left == [["Max owner"], 0]
    assert "speaker" in roles


async def test_what_has_been_read_is_known_to_the_next_visit(stage: Stage) -> None:
    seen, unread = await stage.plays(
        """const [amina, room] = await enter("Amina");
        const [zoe, other] = await enter("Zoé");
        for (const text of ["one", "two", "three"]) zoe.publish(other, text);
        await until(() => texts(room).length === 3);
        const seq = room.entries.find((one) => one.text === "two").seq;
        amina.sawUpTo(room, seq);
        amina.end();
        const [next] = await enter("Amina");
        await until(() => next.hub.cards.get(address).messages === 1);
        return [next.rooms.get(address).seenAtEntry === seq, next.hub.cards.get(address).messages];"""
    )

    assert seen is True
    assert unread == 1


async def test_one_can_go_back_to_any_message(stage: Stage) -> None:
    found = await stage.plays(
        """const [amina, room] = await enter("Amina");
        for (let number = 1; number <= 40; number += 1) amina.publish(room, `message ${number}`);
        await until(() => texts(room).length === 40);
        for (let number = 41; number <= 80; number += 1) amina.publish(room, `message ${number}`);
        await until(() => texts(room).length === 80);
        const first = room.entries.find((one) => one.text === "message 1").seq;
        const [zoe, other] = await enter("Zoé");
        const before = texts(other).length;
        const isThere = await zoe.loadBack(other, first);
        const isBeyond = await zoe.loadBack(other, 9_999);
        return [before, isThere, other.entryAt(first).text, texts(other).length, isBeyond];"""
    )

    assert found == [50, True, "message 1", 80, False]
