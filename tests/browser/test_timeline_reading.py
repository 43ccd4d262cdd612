"""The timeline by keyboard, by voice and by search; what it says where something is missing or refused."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.conftest import SERVE_OPTIONS
from tests.browser.visitor import Visitor, Visitors
from tests.support.client import Client, connected
from tests.support.server import running_node
from tests.support.tokens import token

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def keeper(visitors: Visitors) -> AsyncIterator[Client]:
    """A moderator who uses the wire."""
    signed = token("keeper", name="Max", roles={"place": "moderator"})
    async with connected(visitors.site.url, token=signed, rooms=(visitors.room,)) as client:
        yield client


async def publishes(keeper: Client, room: str, *texts: str) -> None:
    """Publish messages, one after the other."""
    for text in texts:
        await keeper.publish(room, text)


async def focused_text(visitor: Visitor, text: str) -> None:
    """Wait until the message with this text has the focus."""
    await expect(visitor.page.locator(".message:focus .text")).to_have_text(text)


async def is_overtaken(author: Visitor, keeper: Client, room: str, text: str) -> None:
    """A message that arrives behind a switch which its author could not know of."""
    await author.context.set_offline(True)
    await author.says(text)
    await expect(author.page.locator(".is-sending")).to_have_count(1)
    await keeper.switch(room, "announcement", "The talk begins")
    await author.context.set_offline(False)
    await expect(author.page.locator(".is-refused")).to_have_count(1)


async def searches(visitor: Visitor, words: str) -> None:
    """Open the search by its key and look for words."""
    await visitor.page.locator(".message").last.focus()
    await visitor.page.keyboard.press("/")
    await visitor.page.get_by_role("searchbox").fill(words)


async def test_the_list_is_one_stop_and_arrows_go_through_it(visitors: Visitors, keeper: Client) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await publishes(keeper, visitors.room, "one", "two", "three")
    await amina.sees("one", "two", "three")
    await expect(amina.page.locator(".line > [tabindex='0']")).to_have_count(1)

    await amina.page.locator(".line > [tabindex='0']").focus()
    await focused_text(amina, "three")
    for key, text in (("ArrowUp", "two"), ("Home", "one"), ("ArrowDown", "two"), ("End", "three")):
        await amina.page.keyboard.press(key)
        await focused_text(amina, text)
    await amina.page.keyboard.press("Tab")

    await expect(amina.page.locator(":focus")).to_have_count(1)
    await expect(amina.page.locator("[role=log] :focus")).to_have_count(0)


async def test_enter_goes_into_a_message_and_escape_back(visitors: Visitors, keeper: Client) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await publishes(keeper, visitors.room, "see https://example.org")
    await amina.sees("see https://example.org")
    await amina.page.locator(".message").focus()

    await amina.page.keyboard.press("Enter")
    await expect(amina.page.locator(".text a")).to_be_focused()
    await amina.page.keyboard.press("ArrowLeft")
    await expect(amina.page.get_by_role("button", name="More actions")).to_be_focused()
    await amina.page.keyboard.press("Enter")
    await expect(amina.page.get_by_role("menuitemcheckbox", name="React with 👍")).to_be_focused()
    await amina.page.keyboard.press("ArrowRight")
    await amina.page.keyboard.press("Enter")

    await expect(amina.page.locator(".reactions button")).to_have_accessible_name("You reacted with ❤️")
    await amina.page.keyboard.press("Escape")
    await focused_text(amina, "see https://example.org")


async def test_one_message_is_read_aloud_and_a_flood_is_only_counted(
    visitors: Visitors, keeper: Client
) -> None:
    amina = await visitors.arrives("Amina", "participant")
    log = amina.page.get_by_role("log")
    await publishes(keeper, visitors.room, "slowly")
    await amina.sees("slowly")
    await expect(log).to_have_attribute("aria-live", "polite")

    for number in range(40):
        keeper.send({"t": "publish", "room": visitors.room, "text": f"flood {number}"})
    await expect(amina.text("flood 39")).to_be_visible()

    await expect(log).to_have_attribute("aria-live", "off")
    # All but the first few, which may have come before it was a flood.
    counted = amina.page.locator("[role=status]").get_by_text(re.compile(r"^(3\d|40) new messages$"))
    await expect(counted).to_have_count(1)
    await expect(log).to_have_attribute("aria-live", "polite")


async def test_what_was_not_sent_is_said_once_as_an_alert(visitors: Visitors, keeper: Client) -> None:
    amina = await visitors.arrives("Amina", "participant")

    await is_overtaken(amina, keeper, visitors.room, "Too late")

    alert = amina.page.get_by_role("alert").get_by_text("Not sent. The room is announcement only.")
    await expect(alert).to_have_count(1)
    await expect(amina.page.locator(".outcome")).to_have_attribute("aria-live", "off")


async def test_search_finds_text_and_author_without_case_and_accents(
    visitors: Visitors, keeper: Client
) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await publishes(keeper, visitors.room, "La réunion de jeudi", "other", "REUNION annulée")
    await amina.sees("La réunion de jeudi", "other", "REUNION annulée")

    await searches(amina, "reunion")
    count = amina.page.locator(".search [role=status]")
    await expect(count).to_have_text("2 of 2 hits")
    await expect(amina.page.locator(".is-found .text")).to_have_text("REUNION annulée")
    await amina.page.keyboard.press("Enter")
    await expect(count).to_have_text("1 of 2 hits")
    await expect(amina.page.locator(".is-found .text")).to_have_text("La réunion de jeudi")
    marked = await amina.page.evaluate("[...CSS.highlights.get('search')].map(String)")
    assert marked == ["réunion", "REUNION"]

    await amina.page.get_by_role("searchbox").fill("max")
    await expect(count).to_have_text("3 of 3 hits")
    await amina.page.keyboard.press("Escape")
    await expect(amina.page.get_by_role("searchbox")).to_be_hidden()
    assert not await amina.page.evaluate("CSS.highlights.has('search')")


async def test_search_that_finds_nothing_offers_to_load_more(visitors: Visitors, keeper: Client) -> None:
    await publishes(keeper, visitors.room, "the needle")
    refs = [
        keeper.send({"t": "publish", "room": visitors.room, "text": f"hay {number}"}) for number in range(200)
    ]
    for ref in refs:
        await keeper.answer(ref)
    amina = await visitors.arrives("Amina", "participant")
    await expect(amina.text("hay 199")).to_be_in_viewport()

    await searches(amina, "needle")
    await expect(amina.page.locator(".search [role=status]")).to_contain_text("Nothing found")
    more = amina.page.get_by_role("button", name="Load more history")
    await more.click()
    await expect(amina.page.locator(".search [role=status]")).to_contain_text("Nothing found in the 1")
    await more.click()

    await expect(amina.text("the needle")).to_be_in_viewport()
    await expect(amina.page.locator(".search [role=status]")).to_have_text("1 of 1 hit")


async def test_a_message_that_a_switch_overtook_says_what_one_can_do(
    visitors: Visitors, keeper: Client
) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await keeper.ask(
        {
            "t": "settings",
            "room": visitors.room,
            "discussion": "place/agora",
            "slow_ms": 0,
            "topic": "Thursday",
        }
    )
    await expect(amina.page.locator(".topic")).to_have_text("Thursday")
    await is_overtaken(amina, keeper, visitors.room, "Too late")

    outcome = amina.page.locator(".outcome")
    await expect(outcome).to_contain_text("The room is announcement only.")
    await expect(outcome).to_contain_text("The talk begins")
    ways = ["Copy to draft", "Ask to speak", "Say it in the discussion room", "Delete"]
    await expect(outcome.get_by_role("button")).to_have_text(ways)
    await outcome.get_by_role("button", name="Ask to speak").click()

    await expect(outcome.get_by_role("button", name="Ask to speak")).to_have_count(0)
    await expect(amina.page.locator(".act").last).to_contain_text("Amina asks to speak.")
    await outcome.get_by_role("button", name="Say it in the discussion room").click()
    await expect(amina.page.locator("h1")).to_have_text("Agora")
    await expect(amina.composer).to_have_value("Too late")


async def test_a_room_that_could_not_be_caught_up_says_where_something_is_missing(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("gap")
    async with running_node(folder, *SERVE_OPTIONS) as site:
        room = await site.make_room("place/gap")
        signed = token("keeper", name="Max", roles={"place": "moderator"})
        async with (
            Visitors(browser, site, room) as visitors,
            connected(site.url, token=signed, rooms=(room,)) as keeper,
        ):
            amina = await visitors.arrives("Amina", "participant")
            await publishes(keeper, room, "before")
            await amina.sees("before")
            await amina.context.set_offline(True)
            refs = [
                keeper.send({"t": "publish", "room": room, "text": f"missed {number}"})
                for number in range(1_100)
            ]
            for ref in refs:
                await keeper.answer(ref)
            await amina.context.set_offline(False)

            gap = amina.page.locator(".line-gap")
            await expect(gap).to_have_count(1)
            await expect(amina.text("missed 1099")).to_be_in_viewport()
            await amina.page.locator(".scroll").evaluate("(box) => { box.scrollTop = 0; }")
            await amina.page.get_by_role("button", name="Load them").click()

            await expect(amina.text("missed 0")).to_be_in_viewport()
            await expect(gap).to_have_count(0)


async def test_every_act_is_a_line_that_says_who_what_until_when_and_why(
    visitors: Visitors, keeper: Client
) -> None:
    # Nobody else's name: a role holds in the whole hub, also for other tests.
    lou = await visitors.arrives("Lou", "participant")
    room = visitors.room
    until = 4_102_444_800_000
    mute = {"t": "sanction", "room": room, "subject": "participant-Lou", "reason": "Shouting"}
    for command in (
        {"t": "mode", "room": room, "mode": "announcement", "reason": "Talk", "until": until},
        {"t": "floor", "room": room, "action": "give", "subject": "participant-Lou"},
        {"t": "settings", "room": room, "title": "Square", "slow_ms": 30_000},
        {**mute, "action": "mute", "scope": "hub", "until": until},
        {**mute, "action": "unmute", "scope": "hub"},
        {"t": "grant", "room": room, "subject": "participant-Lou", "role": "speaker", "reason": "Trust"},
    ):
        reply = await keeper.ask(command)
        assert reply["t"] == "ack", reply

    lines = lou.page.locator(".act")
    for expected in (
        ["Max switched the room to announcement", "Talk", "Until 1 Jan 2100"],
        ["Max gave Lou the floor."],
        ["Max renamed the room: Square.", "30 seconds"],
        ["Max muted Lou in the whole hub.", "Shouting", "Until 1 Jan 2100"],
        ["Max lifted the mute of Lou in the hub."],
        ["Max made Lou a speaker.", "Trust"],
    ):
        line = lines.filter(has_text=expected[0])
        for part in expected:
            await expect(line).to_contain_text(part)
