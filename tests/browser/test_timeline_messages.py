"""One message in the timeline: its states, its links, what it answers, and what one can do with it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from tests.browser.visitor import Visitor, Visitors
from tests.support.client import Client, connected
from tests.support.tokens import token

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def keeper(visitors: Visitors) -> AsyncIterator[Client]:
    """A moderator who uses the wire."""
    signed = token("keeper", name="Max", roles={"place": "moderator"})
    async with connected(visitors.site.url, token=signed, rooms=(visitors.room,)) as client:
        yield client


async def published(keeper: Client, room: str, text: str, **more: Any) -> int:
    """Publish a message; returns its `seq`."""
    return int((await keeper.publish(room, text, **more))["seq"])


def row(visitor: Visitor, text: str) -> Locator:
    """The message with a text."""
    return visitor.page.locator(".message").filter(has=visitor.page.get_by_text(text, exact=True))


async def opens_menu(visitor: Visitor, text: str) -> Locator:
    """Open the menu of a message with the mouse; returns the menu."""
    await row(visitor, text).hover()
    await row(visitor, text).get_by_role("button", name="More actions").click()
    menu = visitor.page.get_by_role("menu")
    await expect(menu).to_be_visible()
    return menu


async def test_a_message_keeps_its_element_from_sending_to_the_log(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    # The element a message is first shown in, and every element it is ever shown in.
    await amina.page.evaluate(
        """() => {
            window.rows = new Set();
            const note = () => document.querySelectorAll(".message").forEach((row) => window.rows.add(row));
            const all = { childList: true, subtree: true, attributes: true };
            new MutationObserver(note).observe(document.querySelector("[role=log] > ol"), all);
        }"""
    )

    await amina.says("one element")
    await amina.sees("one element")

    assert await amina.page.evaluate("window.rows.size") == 1
    assert await amina.page.evaluate("window.rows.has(document.querySelector('.message'))")


async def test_web_addresses_are_links_that_take_nothing_along(visitors: Visitors, keeper: Client) -> None:
    amina = await visitors.arrives("Amina", "participant")

    await published(keeper, visitors.room, "See (https://example.org/a_(b)?c=1#d), or http://example.org.")

    links = amina.page.locator(".text a")
    await expect(links).to_have_text(["https://example.org/a_(b)?c=1#d", "http://example.org"])
    for link in await links.all():
        await expect(link).to_have_attribute("rel", "noopener noreferrer nofollow ugc")
        await expect(link).to_have_attribute("target", "_blank")


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "https://bank.example@evil.example/",
        "https://user:secret@evil.example/",
        "data:text/html,x",
        "https://",
        "HTTP s://example.org",
    ],
)
async def test_what_only_looks_like_an_address_is_no_link(
    visitors: Visitors, keeper: Client, text: str
) -> None:
    amina = await visitors.arrives("Amina", "participant")

    await published(keeper, visitors.room, text)

    await amina.sees(text)
    await expect(amina.page.locator(".text a")).to_have_count(0)


async def test_a_link_shows_the_host_it_really_leads_to(visitors: Visitors, keeper: Client) -> None:
    amina = await visitors.arrives("Amina", "participant")

    await published(keeper, visitors.room, "https://аpple.example/ and https://apple.example/")

    await expect(amina.page.locator(".text")).to_have_text(
        "https://аpple.example/ [xn--pple-43d.example] and https://apple.example/"
    )


async def test_the_readers_name_stands_out_where_it_is_called(visitors: Visitors, keeper: Client) -> None:
    amina = await visitors.arrives("Amina", "participant")

    await published(keeper, visitors.room, "@amina, look. Not @Aminata, nor me@amina.")

    await expect(amina.page.locator("mark.mention")).to_have_text(["@amina"])
    await expect(amina.page.locator(".message")).to_have_class(re.compile("is-mention"))


async def test_a_long_text_is_folded_until_somebody_wants_it(visitors: Visitors, keeper: Client) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await published(keeper, visitors.room, "\n".join(f"line {number}" for number in range(100)))
    text = amina.page.locator(".text")
    await expect(text).to_be_visible()
    folded = await text.evaluate("(text) => text.clientHeight")

    await amina.page.get_by_role("button", name="Show more").click()

    await expect(amina.page.get_by_role("button", name="Show less")).to_have_attribute(
        "aria-expanded", "true"
    )
    assert await text.evaluate("(text) => text.clientHeight") > 4 * folded


async def test_an_answer_quotes_and_leads_to_what_it_answers_even_far_above(
    visitors: Visitors, keeper: Client
) -> None:
    first = await published(keeper, visitors.room, "Who comes on Thursday?")
    for number in range(130):
        keeper.send({"t": "publish", "room": visitors.room, "text": f"between {number}"})
    await published(keeper, visitors.room, "I do.", reply_to=first)
    amina = await visitors.arrives("Amina", "participant")
    quote = row(amina, "I do.").locator(".quote")
    await expect(quote).to_contain_text("An earlier message")

    await quote.click()

    await expect(amina.text("Who comes on Thursday?")).to_be_in_viewport()
    await expect(amina.page.locator(".message:focus .text")).to_have_text("Who comes on Thursday?")
    await expect(amina.page.locator(".is-found")).to_have_count(1)
    await amina.page.keyboard.press("End")
    await expect(quote).to_contain_text("Max Who comes on Thursday?")


async def test_a_quote_of_a_removed_message_says_so(visitors: Visitors, keeper: Client) -> None:
    amina = await visitors.arrives("Amina", "participant")
    first = await published(keeper, visitors.room, "Nonsense")
    await published(keeper, visitors.room, "Why do you say that?", reply_to=first)
    quote = row(amina, "Why do you say that?").locator(".quote")
    await expect(quote).to_contain_text("Nonsense")

    await keeper.ask({"t": "remove", "room": visitors.room, "target": first, "reason": "Nonsense"})

    await expect(quote).to_contain_text("A message that was removed")


async def test_a_question_is_marked_as_one(visitors: Visitors, keeper: Client) -> None:
    amina = await visitors.arrives("Amina", "participant")

    await published(keeper, visitors.room, "Why?", question=True)

    await expect(row(amina, "Why?").locator(".question")).to_have_text("Question")


async def test_a_reaction_is_there_at_once_and_taken_back_with_a_second_press(
    visitors: Visitors, keeper: Client
) -> None:
    amina = await visitors.arrives("Amina", "participant")
    seq = await published(keeper, visitors.room, "Hello")
    await keeper.ask({"t": "react", "room": visitors.room, "target": seq, "emoji": "👍", "on": True})
    chip = row(amina, "Hello").locator(".reactions button")
    await expect(chip).to_have_accessible_name("1 person reacted with 👍")

    await chip.click()
    await expect(chip).to_have_accessible_name("2 people reacted with 👍, you too")
    await expect(chip).to_have_attribute("aria-pressed", "true")
    await expect(chip).not_to_have_class(re.compile("is-pending"))
    await chip.click()

    await expect(chip).to_have_accessible_name("1 person reacted with 👍")
    await expect(chip).to_have_attribute("aria-pressed", "false")
    await expect(chip).to_be_focused()


async def test_a_reaction_that_is_refused_goes_again_and_says_why(visitors: Visitors, keeper: Client) -> None:
    amina = await visitors.arrives("Amina", "participant")
    seq = await published(keeper, visitors.room, "Hello")
    await expect(row(amina, "Hello")).to_be_visible()
    # 20 different ones are the most; the 21st is refused.
    for number in range(20):
        emoji = chr(0x1F600 + number)
        await keeper.ask({"t": "react", "room": visitors.room, "target": seq, "emoji": emoji, "on": True})
    await expect(amina.page.locator(".reactions li")).to_have_count(20)

    await row(amina, "Hello").hover()
    await row(amina, "Hello").get_by_role("button", name="React with 👍").click()

    await expect(amina.page.locator(".notice")).to_contain_text("Too long, or too large")
    await expect(amina.page.locator(".reactions li")).to_have_count(20)


async def test_the_author_removes_a_message_after_being_asked(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    zoe = await visitors.arrives("Zoé")
    await amina.says("Oops")
    await zoe.sees("Oops")

    menu = await opens_menu(amina, "Oops")
    await menu.get_by_role("menuitem", name="Remove").click()
    await amina.page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()

    for one in (amina, zoe):
        await expect(one.page.locator(".message .gone")).to_contain_text("Amina removed this message")
        await expect(one.page.locator(".act")).to_have_count(0)


async def test_a_removal_that_is_not_confirmed_removes_nothing(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await amina.says("Oops")
    await amina.sees("Oops")

    menu = await opens_menu(amina, "Oops")
    await menu.get_by_role("menuitem", name="Remove").click()
    await amina.page.keyboard.press("Escape")

    await expect(amina.page.get_by_role("dialog")).to_have_count(0)
    await amina.sees("Oops")


async def test_the_menu_offers_what_one_may_do(visitors: Visitors, keeper: Client) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await amina.says("mine")
    await published(keeper, visitors.room, "theirs")

    menu = await opens_menu(amina, "theirs")
    items = menu.get_by_role("menuitem")
    await expect(items).to_have_text(["Reply", "Copy the text", "Copy the link"])
    await amina.page.keyboard.press("Escape")
    await expect(menu).to_be_hidden()
    await opens_menu(amina, "mine")
    await expect(items).to_have_text(["Reply", "Copy the text", "Copy the link", "Edit", "Remove"])


async def test_the_menu_works_by_touch(visitors: Visitors, keeper: Client) -> None:
    zoe = await visitors.arrives(
        "Zoé", viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True, locale="fr-FR"
    )
    await published(keeper, visitors.room, "Bonjour")

    await row(zoe, "Bonjour").get_by_role("button", name="Autres actions").tap()
    await zoe.page.get_by_role("menuitemcheckbox", name="Réagir par ❤️").tap()

    await expect(row(zoe, "Bonjour").locator(".reactions button")).to_have_accessible_name(
        "Vous avez réagi par ❤️"
    )
    assert not await zoe.overflows()


async def test_showing_the_actions_moves_nothing(visitors: Visitors, keeper: Client) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await published(keeper, visitors.room, "one")
    await published(keeper, visitors.room, "two")
    await amina.sees("one", "two")
    before = await row(amina, "two").bounding_box()

    await row(amina, "one").hover()
    await expect(row(amina, "one").locator(".actions")).to_be_visible()

    assert await row(amina, "two").bounding_box() == before


async def test_a_link_to_a_message_can_be_copied(visitors: Visitors, keeper: Client) -> None:
    amina = await visitors.arrives("Amina", "participant", permissions=["clipboard-read", "clipboard-write"])
    seq = await published(keeper, visitors.room, "Here")

    menu = await opens_menu(amina, "Here")
    await menu.get_by_role("menuitem", name="Copy the link").click()

    await expect(amina.page.get_by_text("The link is copied.")).to_have_count(1)
    copied = await amina.page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{visitors.site.http_url}/#{visitors.room}/{seq}"


async def test_roles_and_bots_are_marked(visitors: Visitors, keeper: Client) -> None:
    amina = await visitors.arrives("Amina", "moderator")
    await amina.says("I keep order here")

    await expect(row(amina, "I keep order here").locator(".badge")).to_have_text(["moderator"])


async def test_a_message_that_is_redrawn_keeps_the_focus_within_it(
    visitors: Visitors, keeper: Client
) -> None:
    amina = await visitors.arrives("Amina", "participant")
    seq = await published(keeper, visitors.room, "https://example.org")
    link = amina.page.locator(".text a")
    await link.focus()

    await keeper.ask({"t": "react", "room": visitors.room, "target": seq, "emoji": "👍", "on": True})
    await expect(amina.page.locator(".reactions button")).to_have_count(1)
    await published(keeper, visitors.room, "more")
    await expect(amina.text("more")).to_be_visible()

    await expect(link).to_be_focused()


async def test_replying_from_a_message_quotes_it(visitors: Visitors, keeper: Client) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await published(keeper, visitors.room, "Who comes?")

    await row(amina, "Who comes?").hover()
    await row(amina, "Who comes?").get_by_role("button", name="Reply").click()
    await expect(amina.composer).to_be_focused()
    await amina.says("I do.")

    await amina.sees("Who comes?", "I do.")
    await expect(amina.page.locator(".quote")).to_contain_text("Max Who comes?")


async def test_an_own_message_is_edited_from_its_menu(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await amina.says("frist")
    await amina.sees("frist")

    menu = await opens_menu(amina, "frist")
    await menu.get_by_role("menuitem", name="Edit").click()
    await expect(amina.composer).to_have_value("frist")
    await amina.says("first")

    await expect(amina.texts).to_have_text(re.compile(r"^first \(edited \d\d:\d\d\)$"))


async def test_an_answer_to_an_announcement_leads_to_it(visitors: Visitors) -> None:
    site = visitors.site
    announcements = await site.make_room(
        f"{visitors.room}-a"[:69], mode="announcement", discussion=visitors.room
    )
    signed = token("keeper", name="Max", roles={"place": "moderator"})
    async with connected(site.url, token=signed, rooms=(announcements, visitors.room)) as keeper:
        seq = await published(keeper, announcements, "The hall opens at nine")
        await published(keeper, visitors.room, "At last", about={"room": announcements, "seq": seq})
    amina = await visitors.arrives("Amina", "participant")

    await row(amina, "At last").get_by_role("button", name="About an announcement").click()

    await expect(amina.page.locator(".message:focus .text")).to_have_text("The hall opens at nine")
