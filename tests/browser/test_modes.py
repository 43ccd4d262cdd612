"""Who may speak: the switch of a mode as everybody sees it, and the way to the floor."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.visitor import Visitors

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_switch_while_somebody_types_keeps_the_draft_and_says_who_and_why(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")
    amina = await visitors.arrives("Amina", "participant")
    await amina.composer.press_sequentially("Half a thou")

    await moderator.switches("announcement", "The talk starts")

    await expect(amina.panel).to_contain_text("Announcement room: only speakers publish.")
    await expect(amina.panel).to_contain_text("Set by Max")
    await expect(amina.panel).to_contain_text("The talk starts")
    await expect(amina.panel).to_contain_text("Your draft is kept (11 characters).")
    await expect(amina.page.locator(".act")).to_contain_text("Max switched the room to announcement")
    await expect(amina.composer).to_be_hidden()

    await moderator.switches("agora", "The talk is over")

    await expect(amina.composer).to_have_value("Half a thou")
    await expect(amina.composer).to_be_focused()


async def test_the_mode_is_shown_by_icon_and_word_to_everybody(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")
    zoe = await visitors.arrives("Zoé")
    badge = zoe.page.locator(".mode-badge")
    await expect(badge).to_have_text("Agora")

    await moderator.switches("announcement", "News")

    await expect(badge).to_have_text("Announcement")
    await expect(badge.locator("svg")).to_be_visible()
    await expect(zoe.page.locator(f"[data-room='{visitors.room}'] .room-mode")).to_have_text("Announcement")


async def test_a_switch_without_a_reason_is_not_sent(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")

    await moderator.page.locator(".switch").click()
    await moderator.page.locator("#mode-reason").fill("   ")
    await moderator.page.locator(".mode-dialog button[type=submit]").click()

    await expect(moderator.page.locator(".mode-dialog .fault")).to_have_text(
        "Say why: everybody will read it."
    )
    await moderator.page.keyboard.press("Escape")
    await expect(moderator.page.locator(".mode-badge")).to_have_text("Agora")


async def test_a_participant_has_no_switch(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")

    await expect(amina.composer).to_be_visible()
    await expect(amina.page.locator(".switch")).to_be_hidden()


async def test_a_raised_hand_gets_the_floor_speaks_and_gives_it_back(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")
    amina = await visitors.arrives("Amina", "participant")
    await amina.composer.fill("My question")
    await moderator.switches("announcement", "Questions one by one")

    await moderator.page.get_by_role("tab", name="Moderation").click()
    await amina.page.get_by_label("What about? (optional)").fill("The budget")
    await amina.page.get_by_role("button", name="Ask to speak").click()
    await expect(amina.panel).to_contain_text("you are 1st in line")
    hand = moderator.hands
    await expect(hand).to_contain_text("Amina asks to speak")
    await expect(hand).to_contain_text("The budget")
    await hand.get_by_role("button", name="Give the floor to Amina").click()

    await expect(amina.page.locator(".floor-held")).to_contain_text("You have the floor.")
    await expect(amina.composer).to_have_value("My question")
    await amina.composer.press("Enter")
    await moderator.sees("My question")
    await amina.page.get_by_role("button", name="Give it back").click()

    await expect(amina.panel).to_be_visible()
    await expect(moderator.hands).to_have_count(0)


async def test_a_hand_can_be_put_down_and_another_refused_with_a_reason(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")
    await moderator.page.get_by_role("tab", name="Moderation").click()
    amina = await visitors.arrives("Amina", "participant")
    zoe = await visitors.arrives("Zoé")
    await moderator.switches("announcement", "Questions one by one")

    await amina.page.get_by_role("button", name="Ask to speak").click()
    await expect(moderator.hands).to_have_count(1)
    await zoe.page.get_by_role("button", name="Ask to speak").click()
    await expect(zoe.panel).to_contain_text("you are 2nd in line")
    await amina.page.get_by_role("button", name="Withdraw").click()
    await expect(zoe.panel).to_contain_text("you are 1st in line")
    await moderator.page.get_by_role("button", name="Refuse the floor to Zoé").click()
    await moderator.page.locator("#refuse-reason").fill("After the break")
    await moderator.submits()

    await expect(zoe.panel).to_contain_text("Max did not give you the floor")
    await expect(zoe.panel).to_contain_text("After the break")
    await expect(zoe.panel).to_contain_text(re.compile(r"You can ask again in \d+ seconds\."))
    await expect(zoe.page.get_by_role("button", name="Ask to speak")).to_have_count(0)


async def test_a_message_that_the_switch_overtakes_is_refused_with_the_reason(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")
    amina = await visitors.arrives("Amina", "participant")
    await amina.context.set_offline(True)
    await expect(amina.page.locator(".banner")).to_contain_text("You are offline")

    await amina.says("Too late")
    await moderator.switches("announcement", "The talk starts")
    await amina.context.set_offline(False)

    outcome = amina.page.locator(".outcome")
    await expect(outcome).to_contain_text("Max gave as reason: The talk starts.")
    await outcome.get_by_role("button", name="Copy to draft").click()
    await expect(amina.panel).to_contain_text("Your draft is kept (8 characters).")
    await expect(amina.page.locator(".message")).to_have_count(0)


async def test_a_question_that_was_refused_is_one_again_as_a_draft(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")
    amina = await visitors.arrives("Amina", "participant")
    question = amina.page.locator(".composer .question")
    await question.click()
    await amina.context.set_offline(True)
    await expect(amina.page.locator(".banner")).to_contain_text("You are offline")
    await amina.says("Why now?")
    await moderator.switches("announcement", "The talk starts")
    await amina.context.set_offline(False)
    await amina.page.locator(".outcome").get_by_role("button", name="Copy to draft").click()

    await moderator.switches("agora", "The talk is over")

    await expect(amina.composer).to_have_value("Why now?")
    await expect(question).to_have_attribute("aria-pressed", "true")


async def test_an_announcement_is_answered_in_its_discussion_room(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")
    amina = await visitors.arrives("Amina", "participant")
    await moderator.page.get_by_role("tab", name="Moderation").click()
    await moderator.page.get_by_role("button", name="Change…").click()
    await moderator.dialog.get_by_label("Discussion room").select_option("place/agora")
    await moderator.submits()
    await moderator.switches("announcement", "News")
    await moderator.says("The hall is closed on Friday")
    await amina.sees("The hall is closed on Friday")

    await amina.page.locator(".message").hover()
    await amina.page.locator(".message").get_by_role("button", name="Reply").click()
    await expect(amina.page.locator("h1")).to_have_text("Agora")
    await expect(amina.page.locator(".task")).to_contain_text("The hall is closed on Friday")
    await amina.says("All of Friday?")

    await expect(amina.page.locator(".message", has_text="All of Friday?")).to_contain_text("announcement")
    await expect(amina.page.locator(".task")).to_be_hidden()


async def test_a_switch_between_two_messages_sends_the_first_and_gives_the_second_back(
    visitors: Visitors,
) -> None:
    moderator = await visitors.arrives("Max", "moderator")
    amina = await visitors.arrives("Amina", "participant")
    await amina.says("In time")
    await moderator.sees("In time")
    await amina.composer.fill("Too late")

    await moderator.switches("announcement", "The talk starts")

    await expect(amina.panel).to_contain_text("Your draft is kept (8 characters).")
    await amina.page.get_by_role("button", name="Ask to speak").click()
    await expect(amina.panel).to_contain_text("you are 1st in line")
    await moderator.switches("agora", "The talk is over")
    await expect(amina.composer).to_have_value("Too late")
    await amina.composer.press("Enter")
    await moderator.sees("In time", "Too late")


async def test_the_language_can_be_switched_while_one_waits_in_line(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")
    amina = await visitors.arrives("Amina", "participant")
    await amina.composer.fill("My thought")
    await moderator.switches("announcement", "The talk starts")
    await amina.page.get_by_role("button", name="Ask to speak").click()
    await expect(amina.panel).to_contain_text("you are 1st in line")

    await amina.page.get_by_role("button", name="Français").click()

    await expect(amina.panel).to_contain_text("vous êtes en 1re position dans la file")
    await expect(amina.panel).to_contain_text("Brouillon gardé (10 caractères).")
