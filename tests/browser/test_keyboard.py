"""The page without a mouse: what the help promises, and keys that are left alone while somebody writes."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.async_api import expect

from tests.browser.visitor import Visitors

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HELP: Final = "Keyboard shortcuts"


async def test_a_question_mark_opens_the_help_and_escape_closes_it(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await amina.composer.blur()

    await amina.page.keyboard.press("?")
    dialog = amina.page.get_by_role("dialog", name=HELP)
    await expect(dialog).to_contain_text("Go to a room by its title")
    await amina.page.keyboard.press("Escape")

    await expect(dialog).to_have_count(0)


async def test_keys_that_write_are_left_to_who_writes(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")

    await amina.composer.press_sequentially("what? and/or")

    await expect(amina.composer).to_have_value("what? and/or")
    await expect(amina.page.get_by_role("dialog")).to_have_count(0)
    await amina.composer.press("Control+/")
    await expect(amina.page.get_by_role("dialog", name=HELP)).to_be_visible()


async def test_single_keys_do_nothing_for_who_does_not_want_them(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await amina.page.get_by_role("button", name="Settings").click()
    await amina.page.get_by_role("checkbox", name="Single-key shortcuts").uncheck()
    await amina.page.keyboard.press("Escape")

    await amina.page.keyboard.press("?")
    await amina.page.keyboard.press("Control+k")

    await expect(amina.page.get_by_role("dialog")).to_have_accessible_name("Go to a room")


async def test_some_letters_and_enter_go_to_a_room(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")

    await amina.page.keyboard.press("Control+k")
    field = amina.page.get_by_role("combobox")
    await expect(field).to_be_focused()
    await field.press_sequentially("communiques")  # without its accent
    await expect(amina.page.get_by_role("option")).to_have_count(1)
    await field.press("Enter")

    await expect(amina.page.locator("h1")).to_have_text("Communiqués")
    await expect(amina.page.get_by_role("dialog")).to_have_count(0)


async def test_arrows_choose_among_the_rooms_that_fit(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await amina.page.keyboard.press("Control+k")
    options = amina.page.get_by_role("option")
    await expect(options.first).to_have_attribute("aria-selected", "true")

    await amina.page.keyboard.press("ArrowDown")
    await expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    await amina.page.keyboard.press("ArrowUp")
    await amina.page.keyboard.press("ArrowUp")

    await expect(options.last).to_have_attribute("aria-selected", "true")


async def test_alt_and_arrows_walk_through_the_rooms(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    current = amina.page.locator(".room[aria-current]")
    here = visitors.room

    await amina.page.keyboard.press("Alt+ArrowDown")
    await expect(current).not_to_have_attribute("data-room", here)
    await amina.page.keyboard.press("Alt+ArrowUp")

    await expect(current).to_have_attribute("data-room", here)


async def test_alt_shift_and_arrows_go_to_what_is_unread(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    zoe = await visitors.arrives("Zoé")
    await amina.page.locator("[data-room='place/communiques']").click()
    await zoe.says("unread")
    await expect(amina.page.locator(f"[data-room='{visitors.room}'] .unread")).to_be_visible()

    for _ in range(await amina.page.locator(".room.is-unread").count()):
        if await amina.page.locator("h1").inner_text() == visitors.room:
            break
        await amina.page.keyboard.press("Alt+Shift+ArrowDown")

    await expect(amina.page.locator(f"[data-room='{visitors.room}'] .unread")).to_have_count(0)


async def test_f6_goes_from_part_to_part(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await amina.says("something to stand on")
    await amina.sees("something to stand on")
    await amina.page.locator(".room[aria-current]").focus()

    await amina.page.keyboard.press("F6")
    await expect(amina.page.locator(".timeline :focus")).to_have_count(1)
    await amina.page.keyboard.press("F6")
    await expect(amina.composer).to_be_focused()
    await amina.page.keyboard.press("Shift+F6")
    await amina.page.keyboard.press("Shift+F6")

    await expect(amina.page.locator(".room[aria-current]")).to_be_focused()


async def test_a_dialog_gives_the_focus_back(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await amina.composer.focus()

    await amina.page.keyboard.press("Alt+Shift+I")
    await expect(amina.page.get_by_role("dialog", name="Connection in figures")).to_be_visible()
    await amina.page.keyboard.press("Escape")

    await expect(amina.composer).to_be_focused()


async def test_the_first_tab_stop_leads_to_where_one_writes(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")

    await amina.page.keyboard.press("Tab")
    skip = amina.page.get_by_role("button", name="Skip to writing")
    await expect(skip).to_be_focused()
    await skip.press("Enter")

    await expect(amina.composer).to_be_focused()
