"""Who is here and who may speak, as each of them is told."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.visitor import Visitors
from tests.support.client import connected
from tests.support.tokens import token

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_people_are_grouped_by_role_and_marked_as_what_they_are(visitors: Visitors) -> None:
    await visitors.arrives("Max", "moderator")
    await visitors.arrives("Zoé")
    bot = token("echo", name="Écho", kind="bot", roles={"place": "participant"})
    async with connected(visitors.site.url, token=bot, rooms=(visitors.room,)):
        amina = await visitors.arrives("Amina", "participant")
        groups = amina.page.locator(".groups section")

        await expect(groups).to_have_count(2)
        await expect(groups.first.locator("h4")).to_have_text("Moderators")
        await expect(groups.first.locator(".name")).to_have_text(["Max"])
        await expect(groups.last.locator(".person-name")).to_have_text(["Aminayou", "Échobot", "Zoéguest"])
        await expect(amina.page.locator(".people h3").last).to_have_text("4 here now")


async def test_in_an_announcement_room_only_moderators_see_who_listens(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")
    amina = await visitors.arrives("Amina", "participant")
    await expect(amina.page.locator(".groups .name")).to_have_text(["Max", "Amina"])

    await moderator.switches("announcement", "News")

    await expect(amina.page.locator(".people")).to_contain_text(
        "In announcement mode only moderators see who is here"
    )
    await expect(amina.page.locator(".groups .name")).to_have_count(0)
    await expect(amina.page.locator(".people h3").last).to_have_text("2 here now")
    await expect(moderator.page.locator(".groups .name")).to_have_text(["Max", "Amina"])


async def test_somebody_who_reloads_the_page_does_not_blink_in_the_list(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    zoe = await visitors.arrives("Zoé")
    line = amina.page.locator(".groups .person", has_text="Zoé")
    await expect(line).to_be_visible()
    await line.evaluate("(line) => { line.dataset.mark = 'the same'; }")

    await zoe.page.reload()
    await expect(zoe.page.locator(".present")).to_be_visible()
    await zoe.says("Back")
    await amina.sees("Back")

    await expect(line).to_have_attribute("data-mark", "the same")


async def test_somebody_who_left_for_good_goes_from_the_list(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    zoe = await visitors.arrives("Zoé")
    await expect(amina.page.locator(".groups .name")).to_have_text(["Amina", "Zoé"])

    await zoe.page.close()

    await expect(amina.page.locator(".groups .name")).to_have_text(["Amina"])


async def test_a_participant_can_do_nothing_to_others(visitors: Visitors) -> None:
    await visitors.arrives("Max", "moderator")
    amina = await visitors.arrives("Amina", "participant")
    await expect(amina.page.locator(".groups .name")).to_have_text(["Max", "Amina"])

    await expect(amina.page.get_by_role("tab")).to_have_count(0)
    await expect(amina.page.locator(".aside").get_by_role("button")).to_have_count(0)


async def test_a_moderator_cannot_act_on_another_moderator(visitors: Visitors) -> None:
    moderator = await visitors.arrives("Max", "moderator")
    await visitors.arrives("Mia", "moderator")
    await visitors.arrives("Amina", "participant")
    await expect(moderator.page.locator(".groups .name")).to_have_text(["Max", "Mia", "Amina"])

    await expect(moderator.page.get_by_role("button", name="Moderate")).to_have_count(1)


async def test_a_room_one_comes_back_to_has_its_people(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await expect(amina.page.locator(".groups .name")).to_have_text(["Amina"])

    await amina.page.locator("[data-room='place/agora']").click()
    await expect(amina.page.locator("h1")).to_have_text("Agora")
    await amina.page.locator(f"[data-room='{visitors.room}']").click()

    await expect(amina.page.locator(".groups .name")).to_have_text(["Amina"])
