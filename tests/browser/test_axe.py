"""Accessibility, as far as a program can tell: axe finds nothing serious in the states that people meet."""

from __future__ import annotations

from typing import Any, Final

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.browser.visitor import Visitor, Visitors
from tests.support.client import connected
from tests.support.tokens import token

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LOOKS: Final = [("en-GB", "light"), ("en-GB", "dark"), ("fr-FR", "light"), ("fr-FR", "dark")]
WIDE: Final = {"width": 1280, "height": 800}
NARROW: Final = {"width": 320, "height": 640}
SERIOUS: Final = ("serious", "critical")
# All levels that a site has to reach, and what axe's authors hold to be good practice.
RULES: Final = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


async def has_no_serious_fault(visitor: Visitor, state: str) -> None:
    """Axe finds nothing serious or critical on the page as it is now."""
    # A colour on its way to another has any contrast.
    await visitor.page.evaluate(
        "Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})))"
    )
    found: dict[str, Any] = (await Axe().run(visitor.page, options=RULES)).response
    faults = [
        f"{fault['id']} ({fault['impact']}): {node['target']} {node['failureSummary']}"
        for fault in found["violations"]
        if fault["impact"] in SERIOUS
        for node in fault["nodes"]
    ]
    assert not faults, f"{state}:\n" + "\n".join(faults)


async def furnish(visitors: Visitors) -> None:
    """A room with a little of everything, in announcement mode."""
    keeper_token = token("keeper", name="Keeper", roles={"place": "moderator"})
    async with (
        connected(visitors.site.url, token=keeper_token, rooms=(visitors.room,)) as keeper,
        connected(visitors.site.url, token=token("zoe", name="Zoé"), rooms=(visitors.room,)) as zoe,
    ):
        room = visitors.room
        seq = (await zoe.publish(room, "Is it open? See https://example.org/", question=True))["seq"]
        await keeper.publish(room, "It is.", reply_to=seq)
        await keeper.ask({"t": "react", "room": room, "target": seq, "emoji": "👍", "on": True})
        gone = (await zoe.publish(room, "wrong room"))["seq"]
        await keeper.ask({"t": "remove", "room": room, "target": gone, "reason": "off topic"})
        await zoe.ask({"t": "edit", "room": room, "target": seq, "text": "Is it open today?"})
        await keeper.ask({"t": "settings", "room": room, "topic": "All that is open"})
        await keeper.switch(room, "announcement", "The talk begins")
        await zoe.ask({"t": "floor", "room": room, "action": "ask", "reason": "A question"})


@pytest.mark.parametrize(("locale", "scheme"), LOOKS)
async def test_the_entrance(visitors: Visitors, locale: str, scheme: str) -> None:
    guest = await visitors.opens(locale=locale, color_scheme=scheme, viewport=WIDE)
    await expect(guest.page.locator("#name")).to_be_visible()

    await has_no_serious_fault(guest, "entrance")


@pytest.mark.parametrize(("locale", "scheme"), LOOKS)
async def test_an_announcement_room_and_an_agora_for_those_who_listen(
    visitors: Visitors, locale: str, scheme: str
) -> None:
    await furnish(visitors)
    look = {"locale": locale, "color_scheme": scheme, "viewport": WIDE}
    amina = await visitors.arrives("Amina", "participant", **look)
    await expect(amina.panel).to_be_visible()
    await has_no_serious_fault(amina, "announcement, the panel")
    await amina.page.locator(".ask").click()
    await expect(amina.page.locator(".floor-asked")).to_be_visible()
    await has_no_serious_fault(amina, "announcement, asked to speak")

    keeper_token = token("keeper", name="Keeper", roles={"place": "moderator"})
    async with connected(visitors.site.url, token=keeper_token, rooms=(visitors.room,)) as keeper:
        await keeper.switch(visitors.room, "agora", "Questions")
    await expect(amina.composer).to_be_visible()
    await amina.page.locator(".message").first.hover()
    await has_no_serious_fault(amina, "agora, a message under the pointer")


@pytest.mark.parametrize(("locale", "scheme"), LOOKS)
async def test_what_a_moderator_works_with(visitors: Visitors, locale: str, scheme: str) -> None:
    await furnish(visitors)
    look = {"locale": locale, "color_scheme": scheme, "viewport": WIDE}
    max_ = await visitors.arrives("Max", "moderator", **look)
    await has_no_serious_fault(max_, "people")
    await max_.page.locator("#tab-moderation").click()
    await expect(max_.hands.first).to_be_visible()
    await has_no_serious_fault(max_, "moderation")
    for number in range(await max_.page.locator(".moderation section > button").count()):
        await max_.page.locator(".moderation section > button").nth(number).click()
        await expect(max_.page.locator("dialog[open]")).to_be_visible()
        await has_no_serious_fault(max_, f"dialog {number} of the moderation")
        await max_.page.keyboard.press("Escape")
        await expect(max_.page.locator("dialog[open]")).to_have_count(0)
    await max_.hands.first.locator("button").last.click()
    await expect(max_.dialog).to_be_visible()
    await has_no_serious_fault(max_, "refusing the floor")


@pytest.mark.parametrize(("locale", "scheme"), LOOKS)
async def test_help_settings_and_the_switcher(visitors: Visitors, locale: str, scheme: str) -> None:
    amina = await visitors.arrives("Amina", "participant", locale=locale, color_scheme=scheme, viewport=WIDE)
    await amina.page.locator("body").click(position={"x": 640, "y": 1})
    for opened_by in ("?", "Control+k", "Alt+Shift+I"):
        await amina.page.locator("h1").click()
        await amina.page.keyboard.press(opened_by)
        await has_no_serious_fault(amina, f"after {opened_by}")
        await amina.page.keyboard.press("Escape")


@pytest.mark.parametrize(("locale", "scheme"), LOOKS)
async def test_a_narrow_screen(visitors: Visitors, locale: str, scheme: str) -> None:
    await furnish(visitors)
    look = {"locale": locale, "color_scheme": scheme, "viewport": NARROW}
    amina = await visitors.arrives("Amina", "participant", **look)
    await expect(amina.panel).to_be_visible()
    await has_no_serious_fault(amina, "narrow, announcement")
    max_ = await visitors.arrives("Max", "moderator", **look)
    await has_no_serious_fault(max_, "narrow, moderator")
