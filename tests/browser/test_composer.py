"""Writing: drafts, answers, changes, questions, names, and what is said about the text on the way."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.visitor import Visitors
from tests.support.tokens import token

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_text_over_the_limit_is_counted_in_code_points_and_stays(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    note = amina.page.locator("#composer-note")

    await amina.composer.fill("𝒳" * 3_999)
    await expect(note).to_have_text("1 character left.")
    await amina.composer.fill("𝒳" * 4_001)
    await amina.composer.press("Enter")

    await expect(note).to_have_text("1 character too many.")
    await expect(amina.composer).to_have_value("𝒳" * 4_001)
    await expect(amina.page.locator(".message")).to_have_count(0)


async def test_a_draft_survives_another_room_and_a_reload(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await amina.composer.fill("Half a thought")
    await amina.page.get_by_role("button", name="Mark as a question").click()

    await amina.page.locator("[data-room='place/agora']").click()
    await expect(amina.composer).to_have_value("")
    await amina.page.locator(f"[data-room='{visitors.room}']").click()
    await expect(amina.composer).to_have_value("Half a thought")
    await amina.page.reload()

    await expect(amina.composer).to_have_value("Half a thought")
    await expect(amina.page.locator(".question")).to_have_attribute("aria-pressed", "true")


async def test_a_question_is_sent_as_one_and_the_next_message_is_none(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")

    await amina.page.get_by_role("button", name="Mark as a question").click()
    await amina.says("When does it start?")
    await amina.sees("When does it start?")
    await amina.says("Thanks")
    await amina.sees("When does it start?", "Thanks")

    reply = await visitors.site.http(
        "GET", f"/api/rooms/{visitors.room}/entries", token=token("reader", roles={"place": "participant"})
    )
    assert [entry.get("question") for entry in reply.json()["entries"]] == [True, None]


async def test_up_in_the_empty_field_changes_the_last_message_and_keeps_the_draft(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    zoe = await visitors.arrives("Zoé")
    await amina.says("frist")
    await amina.sees("frist")

    await amina.composer.press("ArrowUp")
    await expect(amina.composer).to_have_value("frist")
    await expect(amina.page.locator(".task")).to_contain_text("Editing your message.")
    await amina.composer.press("Escape")
    await expect(amina.composer).to_have_value("")
    await amina.composer.press("ArrowUp")
    await amina.composer.fill("first")
    await amina.composer.press("Enter")

    await expect(zoe.texts).to_contain_text(["first"])
    await expect(amina.composer).to_have_value("")
    await expect(amina.page.locator(".task")).to_be_hidden()


async def test_names_are_offered_behind_an_at_sign_and_taken_by_keyboard(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    zoe = await visitors.arrives("Zoé Martin")
    await expect(amina.page.locator(".person")).to_contain_text(["Zoé Martin"])
    names = amina.page.get_by_role("listbox", name="People you can name")

    await amina.composer.press_sequentially("Hello @zoe")
    await expect(names.get_by_role("option")).to_have_text(["ZZoé Martin"])
    await expect(amina.composer).to_have_attribute("aria-activedescendant", "mention-0")
    await amina.composer.press("Enter")
    await expect(amina.composer).to_have_value("Hello @Zoé Martin ")
    await expect(names).to_be_hidden()
    await amina.composer.press("Enter")

    await zoe.sees("Hello @Zoé Martin")


async def test_escape_puts_the_names_away_and_enter_sends_again(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await visitors.arrives("Zoé")
    await expect(amina.page.locator(".person")).to_contain_text(["Zoé"])

    await amina.composer.press_sequentially("@zo")
    await expect(amina.page.get_by_role("option")).to_have_count(1)
    await amina.composer.press("Escape")
    await expect(amina.page.get_by_role("option")).to_have_count(0)
    await amina.composer.press("Enter")

    await amina.sees("@zo")


async def test_who_is_writing_is_shown_to_the_others_without_moving_anything(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    zoe = await visitors.arrives("Zoé")
    line = zoe.page.locator(".typing")
    before = await zoe.composer.bounding_box()

    await amina.composer.press_sequentially("Hello")

    await expect(line).to_have_text("Amina is typing…")
    assert await zoe.composer.bounding_box() == before
    await amina.composer.press("Enter")
    await zoe.sees("Hello")
    await expect(line).to_have_text("")


async def test_a_page_without_a_connection_says_when_the_text_will_go(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")

    await amina.context.set_offline(True)

    await expect(amina.page.locator("#composer-note")).to_contain_text("Not connected:")
    await expect(amina.composer).to_be_enabled()
    await amina.says("Later")
    await amina.context.set_offline(False)
    await amina.sees("Later")


async def test_slow_mode_counts_the_time_to_the_next_message_for_all_but_moderators(
    visitors: Visitors,
) -> None:
    moderator = await visitors.arrives("Max", "moderator")
    amina = await visitors.arrives("Amina", "participant")
    await moderator.page.get_by_role("tab", name="Moderation").click()
    await moderator.page.get_by_role("button", name="Change…").click()
    await moderator.dialog.get_by_label("Slow mode").select_option("60000")
    await moderator.submits()
    note = amina.page.locator("#composer-note")
    await expect(note).to_have_text("Slow mode: 1 minute between two messages of one person.")

    await amina.says("One")

    await expect(note).to_contain_text("next message in")
    await expect(moderator.page.locator("#composer-note")).to_contain_text("Enter sends")


async def test_on_a_touch_screen_enter_makes_a_line_and_the_button_sends(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant", has_touch=True, is_mobile=True)

    await amina.composer.press_sequentially("one")
    await amina.composer.press("Enter")
    await amina.composer.press_sequentially("two")
    await amina.page.get_by_role("button", name="Send", exact=True).tap()

    await amina.sees("one\ntwo")
