"""What moderators decide, by the third pane and its dialogs, as they and those concerned see it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.visitor import Visitor, Visitors
from tests.support.tokens import token

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def opens_moderation(moderator: Visitor) -> None:
    """Show what there is to decide."""
    await moderator.page.get_by_role("tab", name="Moderation").click()
    await expect(moderator.page.locator(".moderation")).to_be_visible()


async def acts_on(moderator: Visitor, name: str, act: str, reason: str, **choices: str) -> None:
    """Do something to somebody who is present, publicly."""
    await moderator.page.get_by_role("tab", name="People").click()
    await moderator.page.get_by_role("button", name=f"Moderate {name}").click()
    await moderator.dialog.locator(f"input[value={act}]").check()
    for field, value in choices.items():
        await moderator.dialog.locator(f"#act-{field}").select_option(value)
    await moderator.dialog.locator("#act-reason").fill(reason)
    await moderator.submits()


async def entries_of(visitors: Visitors) -> list[dict[str, Any]]:
    """The log of the room, as anybody can read it."""
    reader = token("reader", roles={"place": "participant"})
    reply = await visitors.site.http("GET", f"/api/rooms/{visitors.room}/entries", token=reader)
    found: list[dict[str, Any]] = reply.json()["entries"]
    return found


async def test_a_mute_reaches_somebody_who_is_writing_and_is_lifted_again(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")
    amina = await visitors.arrives("Amina", "participant")
    await amina.composer.press_sequentially("But I")

    await acts_on(moderator, "Amina", "mute", "Let others speak", until="hour")

    await expect(amina.panel).to_contain_text("a moderator muted you")
    await expect(amina.panel).to_contain_text("Decided by Max, for this room: Let others speak Until")
    await expect(amina.panel).to_contain_text("Your draft is kept (5 characters).")
    await expect(amina.page.get_by_role("button", name="Ask to speak")).to_have_count(0)
    await opens_moderation(moderator)
    line = moderator.page.locator(".sanction")
    await expect(line).to_contain_text("Amina is muted in this room.")
    await line.get_by_role("button", name="Let Amina write again").click()
    await moderator.dialog.locator("#lift-reason").fill("It was a misunderstanding")
    await moderator.submits()

    await expect(amina.composer).to_have_value("But I")
    await expect(moderator.page.locator(".sanction")).to_have_count(0)


async def test_somebody_muted_in_the_hub_learns_why_in_every_room(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")
    amina = await visitors.arrives("Amina Hub", "participant")
    await acts_on(moderator, "Amina Hub", "mute", "Advertising", scope="hub", until="quarter")
    await expect(amina.panel).to_contain_text("for the whole hub")

    await amina.page.locator("[data-room='place/agora']").click()

    await expect(amina.panel).to_contain_text("Decided by Max, for the whole hub: Advertising Until")


async def test_somebody_banned_reads_who_decided_it_and_why(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")
    amina = await visitors.arrives("Amina", "participant")

    await acts_on(moderator, "Amina", "ban", "Spam")

    await expect(amina.page.locator(".closed")).to_contain_text("Max gave as reason: Spam.")
    await expect(amina.composer).to_be_hidden()


async def test_a_message_is_removed_with_a_reason_that_everybody_reads(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")
    amina = await visitors.arrives("Amina", "participant")
    zoe = await visitors.arrives("Zoé")
    await zoe.says("Buy this")
    await amina.sees("Buy this")

    await moderator.text("Buy this").hover()
    await moderator.page.locator(".message").get_by_role("button", name="More actions").click()
    await moderator.page.get_by_role("menuitem", name="Remove or sanction…").click()
    await expect(moderator.dialog).to_contain_text("Buy this")
    await moderator.dialog.locator("#act-reason").fill("Advertising")
    await moderator.submits()

    await expect(amina.text("Buy this")).to_have_count(0)
    await expect(amina.page.get_by_text("Advertising").first).to_be_visible()


async def test_nothing_public_is_done_without_a_reason(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")
    await visitors.arrives("Amina", "participant")

    await moderator.page.get_by_role("button", name="Moderate Amina").click()
    await moderator.dialog.locator("button[type=submit]").click()

    await expect(moderator.dialog.locator(".fault")).to_have_text("Say why: everybody will read it.")
    await expect(moderator.dialog.locator("#act-reason")).to_be_focused()
    await moderator.page.keyboard.press("Escape")
    await expect(moderator.page.get_by_role("button", name="Moderate Amina")).to_be_focused()
    assert await entries_of(visitors) == []


async def test_a_switch_can_be_undone_by_a_second_public_switch(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")
    amina = await visitors.arrives("Amina", "participant")
    await amina.composer.press_sequentially("Half a")
    await moderator.switches("announcement", "Wrong room")
    await expect(moderator.page.locator(".toast")).to_contain_text("a second switch that everybody sees")

    await moderator.page.locator(".toast").get_by_role("button", name="Undo").click()

    await expect(amina.composer).to_have_value("Half a")
    await expect(amina.page.locator(".act-mode").last).to_contain_text("it was switched by mistake")
    await expect(moderator.page.locator(".toast")).to_have_count(0)
    assert [entry["mode"] for entry in await entries_of(visitors)] == ["announcement", "agora"]


async def test_a_switch_has_an_end_if_one_is_chosen_and_everybody_sees_it(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")
    amina = await visitors.arrives("Amina", "participant")

    await moderator.page.locator(".switch").click()
    await moderator.page.locator("#mode-reason").fill("The talk")
    await moderator.page.locator("#mode-until").select_option("quarter")
    await expect(moderator.dialog).to_contain_text("Then the room goes back by itself.")
    await moderator.submits()

    await expect(amina.panel).to_contain_text("(in 15 minutes)")


async def test_an_end_in_the_past_is_not_sent(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")

    await moderator.page.locator(".switch").click()
    await moderator.page.locator("#mode-reason").fill("The talk")
    await moderator.page.locator("#mode-until").select_option("own")
    await moderator.dialog.get_by_label("Date and time of the end").fill("2020-01-01T10:00")
    await moderator.dialog.locator("button[type=submit]").click()

    await expect(moderator.dialog.locator(".fault")).to_have_text("Choose a time that is still to come.")


async def test_what_is_so_already_is_told_as_that(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")

    await moderator.page.locator(".switch").click()
    await moderator.page.locator(".mode-dialog input[value=agora]").check()
    await moderator.page.locator("#mode-reason").fill("To be sure")
    await moderator.dialog.locator("button[type=submit]").click()

    await expect(moderator.dialog.locator(".note")).to_have_text("It is so already.")


async def test_title_topic_discussion_and_pace_of_a_room_are_changed_together(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")
    amina = await visitors.arrives("Amina", "participant")
    await opens_moderation(moderator)

    await moderator.page.get_by_role("button", name="Change…").click()
    await moderator.dialog.locator("button[type=submit]").click()
    await expect(moderator.dialog.locator(".fault")).to_have_text("Nothing is different yet.")
    await moderator.dialog.get_by_label("Title").fill("The square")
    await moderator.dialog.get_by_label("Topic").fill("All of it")
    await moderator.dialog.get_by_label("Discussion room").select_option("place/agora")
    await moderator.dialog.get_by_label("Slow mode").select_option("5000")
    await moderator.submits()

    await expect(amina.page.locator("h1")).to_have_text("The square")
    await expect(amina.page.locator(".topic")).to_have_text("All of it")
    [entry] = await entries_of(visitors)
    changed = {name: entry[name] for name in ("title", "topic", "discussion", "slow_ms")}
    assert changed == {
        "title": "The square",
        "topic": "All of it",
        "discussion": "place/agora",
        "slow_ms": 5_000,
    }


async def test_a_granted_role_lets_somebody_speak_at_once_and_is_in_the_list(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")
    speaker = await visitors.arrives("Granted Gwen", "participant")
    await moderator.switches("announcement", "The talk")
    await expect(speaker.panel).to_be_visible()

    await acts_on(moderator, "Granted Gwen", "role", "She gives the talk", role="speaker")

    await expect(speaker.composer).to_be_visible()
    await expect(speaker.page.locator(".my-role")).to_have_text("Your role here: speaker.")
    await expect(speaker.page.locator(".speakers li", has_text="Granted Gwen")).to_contain_text("speaker")
    await acts_on(moderator, "Granted Gwen", "role", "The talk is over", role="participant")
    await expect(speaker.panel).to_be_visible()


async def test_a_moderator_gives_the_floor_unasked_and_takes_it_back(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")
    amina = await visitors.arrives("Amina", "participant")
    await amina.composer.fill("My thought")
    await moderator.switches("announcement", "The talk")
    await acts_on(moderator, "Amina", "floor", "She was there")
    await expect(amina.page.locator(".floor-held")).to_contain_text("You have the floor.")

    await opens_moderation(moderator)
    await moderator.page.get_by_role("button", name="Take the floor back from Amina").click()

    await expect(amina.panel).to_contain_text("Max took the floor back")
    await expect(amina.panel).to_contain_text("Your draft is kept (10 characters).")
