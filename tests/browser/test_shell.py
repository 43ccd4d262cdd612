"""The frame of the page: addresses, drawers, what is loaded and when, what the tab says."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Route, expect

from hubbub.web.kept import Kept
from tests.browser.visitor import Visitors
from tests.support.tokens import token

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "client_demo"
VISIT_BYTES: Final = 136_000  # of a first visit, compressed, comments and all
NARROW: Final = {"width": 320, "height": 640}
IN_A_BROWSER: Final = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
COMMUNIQUES: Final = "[data-room='place/communiques']"

# Notifications that were shown, and a page that nobody looks at.
NOTED: Final = """
window.Notification = class { constructor(title) { document.body.dataset.shown = title; } close() {} };
Notification.permission = "default";
Notification.requestPermission = async () => (window.asked = true, Notification.permission = "granted");
true;
"""


def test_the_page_names_every_module_it_is_made_of() -> None:
    outcome = subprocess.run([ROOT / "scripts" / "preloads", "--check"], check=False)

    assert outcome.returncode == 0, "./scripts/preloads writes the list"


def test_a_first_visit_is_small() -> None:
    index = (PAGE / "index.html").read_text("utf-8")
    parts = set(re.findall(r'(?:href|src)="([^"]+)"', index)) | {"index.html", "i18n/fr.json"}

    assert sum(len(Kept.of((PAGE / part).read_bytes(), "").compressed) for part in parts) <= VISIT_BYTES


class TestInABrowser:
    """What takes a screen to see."""

    pytestmark = IN_A_BROWSER

    async def test_the_url_says_where_one_is_and_back_goes_back(self, visitors: Visitors) -> None:
        amina = await visitors.arrives("Amina", "participant")
        await amina.page.locator(COMMUNIQUES).click()
        await expect(amina.page).to_have_url(f"{visitors.site.http_url}/#place/communiques")

        await amina.page.go_back()

        await expect(amina.page).to_have_url(f"{visitors.site.http_url}/#{visitors.room}")
        await expect(amina.page.locator(f"[data-room='{visitors.room}']")).to_have_attribute(
            "aria-current", "page"
        )

    async def test_a_link_to_an_entry_opens_its_room_there(self, visitors: Visitors) -> None:
        amina = await visitors.arrives("Amina", "participant")
        await amina.says("the one that is meant")
        await amina.says("\n".join(f"line {number}" for number in range(80)))
        await expect(amina.texts).to_have_count(2)
        await amina.page.locator(COMMUNIQUES).click()
        await expect(amina.page.locator("h1")).to_have_text("Communiqués")

        await amina.page.evaluate(f"location.hash = '#{visitors.room}/1'")

        await expect(amina.text("the one that is meant")).to_be_in_viewport()

    async def test_a_room_that_is_not_there_is_said_to_be_so_beside_those_that_are(
        self, visitors: Visitors
    ) -> None:
        amina = await visitors.opens(f"#token={token('amina', name='Amina')}")
        await expect(amina.page.locator(".present")).to_be_visible()

        await amina.page.evaluate("location.hash = '#place/nowhere'")

        await expect(amina.page.get_by_role("alert")).to_contain_text("There is no such hub or room")
        await expect(amina.composer).to_be_hidden()
        await amina.page.locator(COMMUNIQUES).click()
        await expect(amina.page.locator("h1")).to_have_text("Communiqués")

    async def test_a_room_that_is_made_appears_in_the_list(self, visitors: Visitors) -> None:
        amina = await visitors.arrives("Amina", "participant")

        made = await visitors.site.make_room(f"{visitors.room}-2")

        await expect(amina.page.locator(f"[data-room='{made}']")).to_be_visible()

    async def test_the_drawer_of_rooms_takes_the_focus_and_gives_it_back(self, visitors: Visitors) -> None:
        amina = await visitors.arrives("Amina", "participant", viewport=NARROW)
        menu = amina.page.get_by_role("button", name="Rooms")
        await menu.click()
        await expect(amina.page.locator(".rooms")).to_be_focused()
        await expect(amina.page.locator(".stage")).to_have_attribute("inert", "")

        await amina.page.keyboard.press("Escape")

        await expect(menu).to_be_focused()
        await expect(amina.page.locator(".rooms")).to_be_hidden()
        await expect(amina.page.locator(".stage[inert]")).to_have_count(0)

    async def test_another_language_takes_no_new_connection_no_draft_and_no_focus(
        self, visitors: Visitors
    ) -> None:
        amina = await visitors.arrives("Amina", "participant")
        sockets: list[str] = []
        amina.page.on("websocket", lambda socket: sockets.append(socket.url))
        await amina.composer.fill("a draft")
        await amina.composer.evaluate("(field) => field.setSelectionRange(2, 4)")
        await amina.page.get_by_role("button", name="Settings").click()

        await amina.page.get_by_role("radio", name="Français").check()

        await expect(amina.page.get_by_role("dialog")).to_have_accessible_name("Réglages")
        await expect(amina.page.get_by_role("radio", name="Français")).to_be_focused()
        await amina.page.get_by_role("button", name="Fermer").click()
        await expect(amina.composer).to_have_value("a draft")
        await amina.says("toujours là")
        await amina.sees("toujours là")
        assert not sockets

    async def test_theme_and_language_are_chosen_before_any_module_runs(self, visitors: Visitors) -> None:
        amina = await visitors.arrives("Amina", "participant", locale="fr-FR")
        await amina.page.evaluate("localStorage.setItem('hubbub.theme', 'dark')")
        await amina.page.route(
            "**/js/ui/main.js", lambda route: route.fulfill(body="", content_type="text/javascript")
        )

        await amina.page.reload()

        root = amina.page.locator("html")
        await expect(root).to_have_attribute("data-theme", "dark")
        await expect(root).to_have_attribute("lang", "fr")
        await expect(amina.page.locator("link[rel=preload][href='i18n/fr.json']")).to_have_count(1)

    async def test_nothing_is_drawn_before_there_are_words_for_it(self, visitors: Visitors) -> None:
        held: list[Route] = []

        async def hold(route: Route) -> None:
            held.append(route)

        amina = await visitors.arrives("Amina", "participant")
        await amina.page.route("**/i18n/*.json", hold)
        async with amina.page.expect_websocket():  # it connects meanwhile
            await amina.page.reload(wait_until="domcontentloaded")
        assert await amina.page.evaluate("document.body.innerText.trim()") == ""

        for route in held:
            await route.continue_()

        await expect(amina.composer).to_be_visible()

    async def test_the_tab_tells_what_is_unread_by_its_title_and_its_icon(self, visitors: Visitors) -> None:
        amina = await visitors.arrives("Amina", "participant")
        zoe = await visitors.arrives("Zoé")
        icon = amina.page.locator("link[rel=icon]")
        await amina.page.locator(COMMUNIQUES).click()

        await zoe.says("over here")
        await expect(icon).to_have_attribute("href", "favicon-unread.svg")
        await amina.page.locator(f"[data-room='{visitors.room}']").click()

        await amina.sees("over here")
        await expect(amina.page.locator(f"[data-room='{visitors.room}'] .unread")).to_have_count(0)

    async def test_somebody_who_looks_elsewhere_is_told_of_a_mention_if_they_asked_for_it(
        self, visitors: Visitors
    ) -> None:
        amina = await visitors.arrives("Amina", "participant")
        zoe = await visitors.arrives("Zoé")
        await amina.page.evaluate(NOTED)
        assert not await amina.page.evaluate("window.asked")
        await amina.page.get_by_role("button", name="Settings").click()
        await amina.page.get_by_role("checkbox", name="Notifications").check()
        await amina.page.keyboard.press("Escape")
        await amina.page.evaluate("Object.defineProperty(document, 'hidden', { value: true })")

        await zoe.says("nothing for her")
        await zoe.says("@Amina, look")

        await expect(amina.page.locator("body")).to_have_attribute(
            "data-shown", re.compile("^Zoé mentions you")
        )

    async def test_the_connection_is_shown_in_figures_to_who_asks(self, visitors: Visitors) -> None:
        amina = await visitors.arrives("Amina", "participant")

        await amina.page.get_by_role("button", name="Show the connection in figures").click()

        figures = amina.page.locator(".figures")
        await expect(figures).to_contain_text("connected")
        await expect(figures).to_contain_text("msgpack")
