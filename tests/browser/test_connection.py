"""What a page does when the server is gone, and how somebody's token comes to it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, WebSocketRoute, expect

from tests.browser.conftest import SERVE_OPTIONS
from tests.browser.visitor import Visitors
from tests.support.server import running_node
from tests.support.tokens import token

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BACK_MS = 30_000  # the longest that the page waits between two attempts, and as much again to connect


async def test_a_killed_server_costs_nothing_and_doubles_nothing(browser: Browser, tmp_path: Path) -> None:
    async with (
        running_node(tmp_path, *SERVE_OPTIONS) as node,
        Visitors(browser, node, "place/agora") as people,
    ):
        amina = await people.arrives("Amina", "participant")
        zoe = await people.arrives("Zoé")
        await amina.says("before")
        await zoe.sees("before")

        node.kill()
        await expect(amina.page.locator(".banner")).to_be_visible()
        await amina.says("during, first")
        await amina.says("during, second")
        await expect(amina.page.locator(".is-sending")).to_have_count(2)
        await node.restart()

        await expect(amina.page.locator(".banner")).to_be_hidden(timeout=BACK_MS)
        await expect(zoe.page.locator(".banner")).to_be_hidden(timeout=BACK_MS)
        await zoe.says("after")
        await amina.sees("before", "during, first", "during, second", "after")
        await zoe.sees("before", "during, first", "during, second", "after")


async def test_a_page_that_was_offline_loads_what_it_missed(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    zoe = await visitors.arrives("Zoé")
    await zoe.says("one")
    await amina.sees("one")

    await amina.context.set_offline(True)
    await expect(amina.page.locator(".banner")).to_contain_text("You are offline")
    await zoe.says("two")
    await zoe.says("three")
    await zoe.sees("one", "two", "three")
    await amina.context.set_offline(False)

    await expect(amina.page.locator(".banner-text")).to_have_text("Back: 2 missed messages loaded.")
    await amina.sees("one", "two", "three")


async def test_a_message_that_could_not_be_sent_survives_a_reload(visitors: Visitors) -> None:
    way = _Way()
    amina = await visitors.opens()
    await amina.page.route_web_socket("**/ws", way.take)
    await amina.page.reload()
    await amina.page.locator("#name").fill("Amina")
    await amina.page.locator("#name").press("Enter")
    await amina.says("before")
    await amina.sees("before")

    await way.shut()
    await amina.says("during")
    await expect(amina.page.locator(".is-sending")).to_have_count(1)
    await amina.page.reload()
    way.open()

    await amina.sees("before", "during")


async def test_the_token_leaves_the_url_and_stays_in_the_tab(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")

    assert amina.page.url == f"{visitors.site.http_url}/#{visitors.room}"
    assert "eyJ" not in await amina.page.evaluate("JSON.stringify(history.state) + location.href")

    await amina.page.reload()
    await expect(amina.page.locator(".me")).to_have_text("Amina")
    assert await amina.page.evaluate("Object.values(localStorage).every((kept) => !kept.includes('eyJ'))")


async def test_a_guest_is_the_same_person_after_a_reload(visitors: Visitors) -> None:
    zoe = await visitors.arrives("Zoé")
    await zoe.says("mine")
    await zoe.sees("mine")

    await zoe.page.reload()

    await zoe.sees("mine")
    await zoe.says("still mine")
    await zoe.sees("mine", "still mine")
    await expect(zoe.page.locator(".line-message:not(.is-together)")).to_have_count(1)


async def test_a_bad_token_leads_to_the_entrance_with_a_word_about_it(visitors: Visitors) -> None:
    forged = token("mallory", secret="another-secret-that-is-long-enough-to-sign")
    mallory = await visitors.opens(f"#token={forged}")

    await expect(mallory.page.locator(".entrance .fault")).to_contain_text("Your link is no longer valid.")
    assert "eyJ" not in mallory.page.url


async def test_who_leaves_is_forgotten(visitors: Visitors) -> None:
    zoe = await visitors.arrives("Zoé")
    await zoe.composer.fill("a draft")

    await zoe.page.get_by_role("button", name="Settings").click()
    await zoe.page.get_by_role("button", name="Leave and forget me here").click()

    await expect(zoe.page.locator("#name")).to_have_value("")
    kept = await zoe.page.evaluate("[...Object.keys(sessionStorage), ...Object.keys(localStorage)]")
    assert kept == []


async def test_a_hub_that_is_not_there_is_said_to_be_so(visitors: Visitors) -> None:
    amina = await visitors.opens(f"?hub=nowhere#token={token('amina', name='Amina')}")

    await expect(amina.page.get_by_role("alert")).to_contain_text("There is no such hub or room")
    assert amina.page.url == f"{visitors.site.http_url}/?hub=nowhere"


async def test_another_room_shows_its_unread_messages_and_opens(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    zoe = await visitors.arrives("Zoé")
    await amina.page.locator("[data-room='place/communiques']").click()
    await expect(amina.page.locator("h1")).to_have_text("Communiqués")

    await zoe.says("over here")
    mine = amina.page.locator(f"[data-room='{visitors.room}']")
    await expect(mine.locator(".unread")).to_have_text("1")
    await expect(amina.page).to_have_title(re.compile(r"^\(\d+\) Communiqués · place · Hubbub$"))
    await mine.click()

    await amina.sees("over here")
    await expect(mine.locator(".unread")).to_have_count(0)


class _Way:
    """The way of a page's sockets to the server, which can be shut."""

    def __init__(self) -> None:
        self._is_open = True
        self._last: WebSocketRoute | None = None

    async def take(self, route: WebSocketRoute) -> None:
        self._last = route
        if self._is_open:
            route.connect_to_server()
        else:
            await route.close()

    async def shut(self) -> None:
        self._is_open = False
        assert self._last is not None
        await self._last.close()

    def open(self) -> None:
        self._is_open = True
