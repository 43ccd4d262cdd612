"""What others do to a room and to its messages, as those who have the page open see it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.visitor import Visitors
from tests.support.client import Client, connected
from tests.support.tokens import token

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def keeper(visitors: Visitors) -> AsyncIterator[Client]:
    """A moderator who uses the wire: not everything has a button yet."""
    signed = token("keeper", name="Max", roles={"place": "moderator"})
    async with connected(visitors.site.url, token=signed, rooms=(visitors.room,)) as client:
        yield client


async def test_edits_reactions_and_removals_change_the_line_of_a_message(
    visitors: Visitors, keeper: Client
) -> None:
    amina = await visitors.arrives("Amina", "participant")
    seq = (await keeper.publish(visitors.room, "frist"))["seq"]
    await amina.sees("frist")

    await keeper.ask({"t": "edit", "room": visitors.room, "target": seq, "text": "first"})
    await expect(amina.texts).to_have_text(re.compile(r"^first \(edited \d\d:\d\d\)$"))
    await keeper.ask({"t": "react", "room": visitors.room, "target": seq, "emoji": "👍", "on": True})
    await expect(amina.page.locator(".reactions li")).to_have_text("👍 1")
    await keeper.ask({"t": "remove", "room": visitors.room, "target": seq, "reason": "wrong room"})

    await expect(amina.page.locator(".message .gone")).to_contain_text("Max removed this message")
    await expect(amina.page.locator(".message .gone")).to_contain_text("wrong room")
    await expect(amina.page.locator(".act")).to_contain_text("Max removed a message.")
    await expect(amina.page.locator(".act .reason")).to_have_text("wrong room")


async def test_somebody_who_is_muted_reads_why_and_keeps_the_draft(
    visitors: Visitors, keeper: Client
) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await amina.composer.fill("But I")

    mute = {"t": "sanction", "room": visitors.room, "action": "mute", "subject": "participant-Amina"}
    await keeper.ask({**mute, "reason": "Let others speak"})

    await expect(amina.panel).to_contain_text("a moderator muted you")
    await expect(amina.page.locator(".act")).to_contain_text("Max muted Amina in this room.")
    await expect(amina.page.locator(".act")).to_contain_text("Let others speak")
    await keeper.ask({**mute, "action": "unmute", "reason": "Welcome back"})
    await expect(amina.composer).to_have_value("But I")


async def test_somebody_who_is_banned_is_told_so(visitors: Visitors, keeper: Client) -> None:
    amina = await visitors.arrives("Amina", "participant")

    ban = {"t": "sanction", "room": visitors.room, "action": "ban", "subject": "participant-Amina"}
    await keeper.ask({**ban, "reason": "Spam"})

    await expect(amina.page.locator(".closed")).to_have_text("You are banned here. Max gave as reason: Spam.")
    await expect(amina.panel).to_contain_text("This room is closed to you.")
    await expect(amina.composer).to_be_hidden()


async def test_a_room_that_changes_its_title_and_topic_shows_them(visitors: Visitors, keeper: Client) -> None:
    zoe = await visitors.arrives("Zoé")

    await keeper.ask(
        {"t": "settings", "room": visitors.room, "title": "The <b>square</b>", "topic": "All of it"}
    )

    await expect(zoe.page.locator("h1")).to_have_text("The <b>square</b>")
    await expect(zoe.page.locator(".topic")).to_have_text("All of it")
    await expect(zoe.page.locator(".act")).to_contain_text("Max renamed the room: The <b>square</b>.")
    await expect(zoe.page.locator(".act")).to_contain_text("Max set the topic: All of it.")
