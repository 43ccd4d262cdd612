"""The list of messages: where it stands, what is new, how far back it goes, and how long lines are shown."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from tests.browser.visitor import Visitor, Visitors
from tests.support.client import Client, connected
from tests.support.tokens import token

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# Waits until no frame is due and nothing moves any more: what a reader sees is settled.
SETTLED = """async () => {
    const box = document.querySelector(".scroll");
    for (let same = 0, last = NaN; same < 5; same = box.scrollTop === last ? same + 1 : 0) {
        last = box.scrollTop;
        await new Promise(requestAnimationFrame);
    }
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def herald(visitors: Visitors) -> AsyncIterator[Client]:
    """Somebody who writes much, by the wire."""
    signed = token("herald", name="Herald", roles={"place": "moderator"})
    async with connected(visitors.site.url, token=signed, rooms=(visitors.room,)) as client:
        yield client


async def write(herald: Client, room: str, count: int, first: int = 0) -> int:
    """Publish `count` numbered messages; returns the `seq` of the last one."""
    refs = [
        herald.send({"t": "publish", "room": room, "text": f"message {number}"})
        for number in range(first, first + count)
    ]
    acks = [await herald.answer(ref) for ref in refs]
    return int(acks[-1]["seq"])


def scroll_box(visitor: Visitor) -> Locator:
    """What is scrolled."""
    return visitor.page.locator(".scroll")


async def to_top(visitor: Visitor) -> None:
    """Scroll as far up as the page goes now."""
    await scroll_box(visitor).evaluate("(box) => { box.scrollTop = 0; }")


async def first_in_sight(visitor: Visitor) -> tuple[str, float]:
    """The first message whose top is in sight, and where on the screen that is."""
    await visitor.page.evaluate(SETTLED)
    found = await visitor.page.evaluate(
        """() => {
            const top = document.querySelector(".scroll").getBoundingClientRect().top;
            const texts = [...document.querySelectorAll(".message .text")];
            const first = texts.find((text) => text.getBoundingClientRect().top >= top);
            return [first.textContent, first.getBoundingClientRect().top];
        }"""
    )
    return str(found[0]), float(found[1])


async def test_a_room_opens_at_its_end(visitors: Visitors, herald: Client) -> None:
    await write(herald, visitors.room, 60)

    zoe = await visitors.arrives("Zoé", viewport={"width": 320, "height": 640})

    await expect(zoe.text("message 59")).to_be_in_viewport()
    await expect(zoe.page.locator(".pill")).to_be_hidden()


async def test_scrolling_up_loads_what_was_before_without_moving_what_is_read(
    visitors: Visitors, herald: Client
) -> None:
    await write(herald, visitors.room, 200)
    zoe = await visitors.arrives("Zoé")
    await expect(zoe.text("message 199")).to_be_in_viewport()
    await scroll_box(zoe).evaluate("(box) => { box.scrollTop = 400; }")
    text, top = await first_in_sight(zoe)

    await expect(zoe.text("message 60")).to_have_count(1)

    assert await first_in_sight(zoe) == (text, pytest.approx(top, abs=1))


async def test_the_beginning_of_a_conversation_says_that_it_is_one(
    visitors: Visitors, herald: Client
) -> None:
    await write(herald, visitors.room, 60)
    zoe = await visitors.arrives("Zoé")
    await expect(zoe.text("message 59")).to_be_in_viewport()

    await to_top(zoe)
    await expect(zoe.text("message 0")).to_have_count(1)
    await to_top(zoe)

    await expect(zoe.page.get_by_text("This is the beginning of the conversation.")).to_be_in_viewport()
    await expect(zoe.page.get_by_role("button", name="Show earlier messages")).to_be_hidden()
    await zoe.sees(*(f"message {number}" for number in range(60)))


async def test_ten_thousand_messages_are_read_from_the_last_to_the_first(
    visitors: Visitors, herald: Client
) -> None:
    for first in range(0, 10_000, 500):
        await write(herald, visitors.room, 500, first)
    zoe = await visitors.arrives("Zoé")
    await expect(zoe.text("message 9999")).to_be_in_viewport()

    # A reader who scrolls up as soon as anything is there to scroll to, and notes how many lines stood there.
    most = await zoe.page.evaluate(
        """async () => {
            const box = document.querySelector(".scroll");
            let most = 0;
            while (![...document.querySelectorAll(".message .text")].some((one) => one.textContent === "message 0")) {
                box.scrollTop = 0;
                most = Math.max(most, document.querySelectorAll(".line").length);
                await new Promise(requestAnimationFrame);
            }
            return most;
        }"""
    )
    assert most <= 320

    await zoe.page.locator(".pill").click()
    await expect(zoe.text("message 9999")).to_be_in_viewport()
    await expect(zoe.page.locator(".pill")).to_be_hidden()


async def test_a_reader_of_old_messages_keeps_them_while_hundreds_come(
    visitors: Visitors, herald: Client
) -> None:
    await write(herald, visitors.room, 100)
    zoe = await visitors.arrives("Zoé")
    await expect(zoe.text("message 99")).to_be_in_viewport()
    await scroll_box(zoe).evaluate("(box) => { box.scrollTop = 300; }")
    text, top = await first_in_sight(zoe)

    await write(herald, visitors.room, 700, first=100)
    await expect(zoe.page.locator(".pill")).to_have_text("700 new messages")

    assert await first_in_sight(zoe) == (text, pytest.approx(top, abs=1))
    await zoe.page.locator(".pill").click()
    await expect(zoe.text("message 799")).to_be_in_viewport()


async def test_the_list_holds_no_more_lines_than_somebody_can_read(
    visitors: Visitors, herald: Client
) -> None:
    zoe = await visitors.arrives("Zoé")

    await write(herald, visitors.room, 1_000)
    await expect(zoe.text("message 999")).to_be_in_viewport()

    assert await zoe.page.locator(".line").count() <= 320


async def test_what_came_since_the_last_visit_begins_with_a_line(visitors: Visitors, herald: Client) -> None:
    await write(herald, visitors.room, 3)
    amina = await visitors.arrives("Amina", "participant")
    await amina.sees("message 0", "message 1", "message 2")
    await expect(amina.page.locator(".line-unread")).to_have_count(0)
    await amina.page.goto(f"{visitors.site.http_url}/favicon.svg")
    await write(herald, visitors.room, 2, first=3)

    await amina.page.goto(f"{visitors.site.http_url}/")
    await expect(amina.texts).to_have_count(5)

    order = ".line-unread, .message .text"
    shown = ["message 0", "message 1", "message 2", "New messages", "message 3", "message 4"]
    await expect(amina.page.locator(order)).to_have_text(shown)
    await amina.says("I have read it")
    await expect(amina.page.locator(order)).to_have_text([*shown, "I have read it"])


async def test_a_long_absence_begins_where_the_reader_left(visitors: Visitors, herald: Client) -> None:
    await write(herald, visitors.room, 10)
    amina = await visitors.arrives("Amina", "participant")
    await expect(amina.text("message 9")).to_be_in_viewport()
    await amina.page.goto(f"{visitors.site.http_url}/favicon.svg")
    await write(herald, visitors.room, 35, first=10)

    await amina.page.goto(f"{visitors.site.http_url}/")

    await expect(amina.page.locator(".line-unread")).to_be_in_viewport()
    await expect(amina.text("message 10")).to_be_in_viewport()
    await expect(amina.page.locator(".pill")).to_have_text("35 new messages")
