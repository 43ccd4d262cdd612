"""A page that lives through what happens to it: nothing is lost, nothing twice, and the reader is told."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import SERVE_OPTIONS
from tests.browser.visitor import Visitor, Visitors
from tests.support.client import Client, connected
from tests.support.server import Node, running_node
from tests.support.tokens import token
from tests.support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

AGORA: Final = "place/agora"
BACK_MS: Final = 30_000  # the longest that the page waits between two attempts, and as much again to connect
RESUMED: Final = 1_000  # entries that a resume catches up at most
ROWS: Final = (
    400  # in the document at once, whatever the room has seen: a window of 300 and what surrounds it
)


async def publish_many(client: Client, room: str, count: int, first: int = 0) -> None:
    """Publish so many messages, a hundred on the way at a time."""
    for start in range(first, first + count, 100):
        many = [
            client.send({"t": "publish", "room": room, "text": f"message {number}"})
            for number in range(start, min(start + 100, first + count))
        ]
        for ref in many:
            assert (await client.answer(ref))["t"] == "ack"


async def is_back(visitor: Visitor) -> None:
    """Wait until the page says nothing of its connection any more, or only what it caught up."""
    await expect(visitor.page.locator(".banner.is-bad")).to_be_hidden(timeout=BACK_MS)


async def shows(visitor: Visitor, visibility: str) -> None:
    """Tell the page that its tab is `hidden` or `visible`, as a browser would."""
    await visitor.page.evaluate(
        """(visibility) => {
            Object.defineProperty(document, "visibilityState", { value: visibility, configurable: true });
            Object.defineProperty(document, "hidden", { value: visibility === "hidden", configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        visibility,
    )


async def test_a_server_killed_between_two_keystrokes_loses_no_message_and_no_draft(
    browser: Browser, tmp_path: Path
) -> None:
    async with (
        running_node(tmp_path, *SERVE_OPTIONS) as node,
        Visitors(browser, node, AGORA) as people,
    ):
        amina = await people.arrives("Amina", "participant")
        zoe = await people.arrives("Zoé")
        said = [f"message {number}" for number in range(12)]
        for text in said[:6]:
            await amina.says(text)
        node.kill()  # with some of them on their way, and an ack or two that nobody will read
        for text in said[6:]:
            await amina.says(text)
        await amina.composer.press_sequentially("half a sen")
        await node.restart()
        await amina.composer.press_sequentially("tence")

        await is_back(amina)
        await is_back(zoe)
        await amina.sees(*said)
        await zoe.sees(*said)
        await expect(amina.composer).to_have_value("half a sentence")
        await expect(amina.composer).to_be_focused()
        async with connected(node.url, token=token("reader")) as reader:
            log = (await reader.join(AGORA, limit=300))["entries"]
            assert [entry["text"] for entry in log] == said


async def test_a_restart_is_said_to_be_one_and_costs_nothing(browser: Browser, tmp_path: Path) -> None:
    async with (
        running_node(tmp_path, *SERVE_OPTIONS, "--drain-seconds", "1") as node,
        Visitors(browser, node, AGORA) as people,
    ):
        amina = await people.arrives("Amina", "participant")
        await amina.says("before")
        await amina.sees("before")
        node.terminate()
        await expect(amina.page.locator(".banner")).to_contain_text("The server restarts")
        await amina.says("meanwhile")
        assert await node.ended() == 0
        await node.restart()

        await is_back(amina)
        await amina.sees("before", "meanwhile")


async def test_what_is_sent_offline_leaves_when_the_network_is_back(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    zoe = await visitors.arrives("Zoé")
    await amina.context.set_offline(True)
    await expect(amina.page.locator(".banner")).to_contain_text("offline")
    await amina.says("one")
    await amina.says("two")
    await zoe.says("in between")
    await zoe.sees("in between")
    await amina.context.set_offline(False)

    await zoe.sees("in between", "one", "two")
    await amina.sees("in between", "one", "two")


async def test_whoever_missed_more_than_can_be_caught_up_is_told_so(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await amina.says("before")
    await amina.sees("before")
    await amina.context.set_offline(True)
    await expect(amina.page.locator(".banner")).to_contain_text("offline")
    async with connected(visitors.site.url, token=token("zoe"), rooms=(visitors.room,)) as zoe:
        await publish_many(zoe, visitors.room, RESUMED + 1)
    await amina.context.set_offline(False)

    await expect(amina.page.locator(".banner")).to_contain_text("not everything could be caught up")
    await expect(amina.text(f"message {RESUMED}")).to_be_visible()
    await expect(amina.text("before")).to_have_count(0)
    await amina.says("after")
    await expect(amina.text("after")).to_be_visible()


async def test_whoever_missed_as_much_as_can_be_caught_up_has_all_of_it(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await amina.says("before")
    await amina.sees("before")
    await amina.context.set_offline(True)
    await expect(amina.page.locator(".banner")).to_contain_text("offline")
    async with connected(visitors.site.url, token=token("zoe"), rooms=(visitors.room,)) as zoe:
        await publish_many(zoe, visitors.room, RESUMED)
    await amina.context.set_offline(False)

    await expect(amina.page.locator(".banner")).to_contain_text("1,000 missed messages")
    await expect(amina.text(f"message {RESUMED - 1}")).to_be_visible()


async def test_two_tabs_of_one_person_are_one_person_with_two_tabs(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    other = await second_tab(amina)
    await amina.says("from the first")
    await other.sees("from the first")
    await other.says("from the second")

    await amina.sees("from the first", "from the second")
    await other.sees("from the first", "from the second")
    for tab in (amina, other):
        await expect(tab.page.locator(".present").first).to_contain_text("1 ")


async def second_tab(visitor: Visitor) -> Visitor:
    """Another tab of the same browser, by the same link."""
    page: Page = await visitor.context.new_page()
    kept = await visitor.page.evaluate("({...sessionStorage})")
    room = await visitor.page.evaluate("localStorage.getItem('hubbub.room.place')")
    await page.add_init_script(f"localStorage.setItem('hubbub.room.place', {room!r})")
    signed = next(value for value in kept.values() if value.startswith("eyJ"))
    await page.goto(f"{visitor.page.url.partition('#')[0]}#token={signed}")
    await expect(page.locator("#composer")).to_be_visible()
    return Visitor(page, visitor.context, visitor.complaints)


async def test_a_tab_that_slept_has_not_read_what_came_and_shows_it_on_waking(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    zoe = await visitors.arrives("Zoé")
    await shows(amina, "hidden")
    await zoe.says("while you slept")
    await zoe.sees("while you slept")
    assert await unread(visitors, "participant-Amina") == 1
    await shows(amina, "visible")

    await amina.sees("while you slept")

    async def has_read_it() -> bool:
        return await unread(visitors, "participant-Amina") == 0

    await until("it counts as read", has_read_it)


async def unread(visitors: Visitors, subject: str) -> int:
    """The messages of the room that somebody has not read, as the server counts them."""
    rooms = (await visitors.site.http("GET", "/api/hubs/place/rooms", token=token(subject))).json()["rooms"]
    return next(int(room["messages"]) for room in rooms if room["room"] == visitors.room)


async def test_a_page_that_was_left_and_came_back_to_is_up_to_date(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    zoe = await visitors.arrives("Zoé")
    await amina.composer.fill("a draft")
    await amina.page.goto(f"{visitors.site.http_url}/?hub=nowhere")
    await zoe.says("meanwhile")
    await zoe.sees("meanwhile")
    await amina.page.go_back()

    await amina.sees("meanwhile")
    await expect(amina.composer).to_have_value("a draft")
    await zoe.says("and now")
    await amina.sees("meanwhile", "and now")


async def test_a_reload_keeps_what_has_not_left_yet(browser: Browser, tmp_path: Path) -> None:
    async with (
        running_node(tmp_path / "one", *SERVE_OPTIONS) as node,
        Visitors(browser, node, AGORA) as people,
    ):
        amina = await people.arrives("Amina", "participant")
        await freeze(node, amina)
        await amina.page.reload()

        await amina.sees("not gone yet")
        async with connected(node.url, token=token("reader")) as reader:
            log = (await reader.join(AGORA))["entries"]
            assert [entry["text"] for entry in log] == ["not gone yet"]


async def freeze(node: Node, visitor: Visitor) -> None:
    """A message is written while the server does not answer; it may have it, or not, by the next start."""
    node.kill()
    await visitor.says("not gone yet")
    await expect(visitor.page.locator(".is-sending")).to_have_count(1)
    await node.restart()


async def test_ten_thousand_messages_leave_the_page_light_and_usable(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    async with connected(visitors.site.url, token=token("zoe"), rooms=(visitors.room,)) as zoe:
        zoe.on_push = lambda push: None
        await publish_many(zoe, visitors.room, 10_000)

    await expect(amina.text("message 9999")).to_be_visible()
    assert await amina.page.locator(".message").count() <= ROWS
    await amina.says("still here")
    await expect(amina.text("still here")).to_be_visible()
    late = await visitors.arrives("Zoé")
    await expect(late.text("still here")).to_be_visible()
