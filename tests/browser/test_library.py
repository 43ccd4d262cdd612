"""The parts of the page's client library that need no server, run where they are meant to run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.browser.library import run
from tests.support.server import Node

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def page(browser: Browser, site: Node) -> AsyncIterator[Page]:
    """A page of the site, from where its modules can be imported."""
    context = await browser.new_context()
    opened = await context.new_page()
    await opened.goto(f"{site.http_url}/")
    yield opened
    await context.close()


async def test_waits_double_up_to_a_ceiling_and_start_over_after_a_good_connection(page: Page) -> None:
    waits = await run(
        page,
        "backoff.js",
        """const backoff = new lib.Backoff(() => 1);
        const waits = Array.from({length: 8}, () => backoff.next(0));
        backoff.connected(1_000);
        waits.push(backoff.next(30_999));  // gone too soon
        backoff.connected(40_000);
        waits.push(backoff.next(70_000));  // a good one
        return waits;""",
    )

    assert waits == [500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000, 20_000, 500]


async def test_waits_are_drawn_from_all_of_their_range(page: Page) -> None:
    assert await run(page, "backoff.js", "return new lib.Backoff(() => 0.25).next(0);") == 125


CODES: Final = [
    (1006, True, 0, "lost"),
    (1011, True, 0, "lost"),
    (1013, True, 10_000, "lost"),
    (4004, True, 60_000, "lost"),
    (4008, True, 0, "lost"),
    (4013, True, 10_000, "lost"),
    (4499, True, 0, "lost"),
    (1012, True, 8_000, "restarting"),
    (1001, True, 8_000, "restarting"),
    (1009, False, 0, "refused"),
    (4500, False, 0, "token"),
    (4501, False, 0, "refused"),
    (4507, False, 0, "banned"),
    (4999, False, 0, "refused"),
]


async def test_a_close_code_says_whether_to_come_back_and_when(page: Page) -> None:
    codes = [code for code, *_ in CODES]

    advice = await run(
        page, "closes.js", f"return {codes}.map((code) => lib.adviceFor(code, null, () => 0.5));"
    )

    told = [(one["comesBack"], one["leastMs"], one["why"]) for one in advice]
    assert told == [tuple(expected) for _, *expected in CODES]


async def test_a_drained_server_says_itself_when_to_come_back(page: Page) -> None:
    advice = await run(page, "closes.js", "return lib.adviceFor(1012, 4321);")

    assert advice == {"comesBack": True, "leastMs": 4321, "why": "restarting"}


async def test_later_entries_fold_onto_a_message_but_not_those_that_are_in_it(page: Page) -> None:
    message = await run(
        page,
        "room.js",
        """const by = {id: "u:1", name: "Amina"};
        const room = new lib.Room("place/agora", () => "u:1");
        const folded = {seq: 1, at: 1, kind: "message", by, text: "new", reactions: {"👍": 1}};
        const early = {seq: 2, at: 2, kind: "reaction", by, target: 1, emoji: "👍", on: true};
        const state = {title: "Agora", mode: "agora"};
        const entries = [folded, early];
        room.enter({recovered: false, epoch: "e", seq: 2, first: 1, entries, state, present: 1});
        room.receive("e", {seq: 3, at: 3, kind: "reaction", by, target: 1, emoji: "👍", on: true});
        room.receive("e", {seq: 4, at: 4, kind: "edit", by, target: 1, text: "newer"});
        return room.entryAt(1);""",
    )

    assert message["text"] == "newer"
    assert message["edited"] == 4
    assert message["reactions"] == {"👍": 2}
    assert message["mine"] == ["👍"]


async def test_an_entry_that_does_not_follow_is_not_taken(page: Page) -> None:
    taken = await run(
        page,
        "room.js",
        """const room = new lib.Room("place/agora", () => "u:1");
        const state = {title: "Agora", mode: "agora"};
        room.enter({recovered: false, epoch: "e", seq: 5, first: 1, entries: [], state, present: 1});
        const entry = (seq) => ({seq, at: seq, kind: "message", by: {id: "u:2"}, text: String(seq)});
        const pushed = [["e", 6], ["e", 6], ["e", 8], ["f", 7]];
        const taken = pushed.map(([epoch, seq]) => room.receive(epoch, entry(seq)));
        return [taken, room.entries.map((one) => one.seq)];""",
    )

    assert taken == [[True, True, False, False], [6]]


async def test_the_outbox_holds_fifty_messages_in_order_until_each_is_settled(page: Page) -> None:
    seen = await run(
        page,
        "outbox.js",
        """const outbox = new lib.Outbox();
        const all = Array.from({length: 50}, (_, at) => outbox.add(String(at)));
        const isFull = outbox.isFull;
        try { outbox.add("one too many"); } catch (fault) { if (!(fault instanceof RangeError)) throw fault; }
        outbox.acked(all[0], 7);
        outbox.refused(all[1], {code: "muted"});
        const next = outbox.next().text;
        outbox.settle(all[0].id);
        outbox.drop(all[1].id);
        return [isFull, next, outbox.isFull, outbox.all.length, new Set(all.map((one) => one.id)).size];""",
    )

    assert seen == [True, "2", False, 48, 50]
