"""Everything that matters can be done with a keyboard, on a narrow screen, and at twice the size."""

from __future__ import annotations

from typing import Any, Final

import pytest
from playwright.async_api import Locator, expect

from tests.browser.visitor import Visitor, Visitors

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# Of the Tab key from one end of the page to the other, besides rooms: more, and nobody would get there.
STOPS: Final = 60
IS_FOCUSED: Final = "(nodes) => nodes.some((node) => node === document.activeElement)"


async def goes_to(visitor: Visitor, control: Locator, key: str = "Tab") -> None:
    """Press a key until a control has the focus, as somebody without a mouse does."""
    await expect(control.first).to_be_visible()
    rooms = await visitor.page.locator("[data-room]").count()  # those of other tests among them
    for _ in range(STOPS + rooms):
        if await control.evaluate_all(IS_FOCUSED):
            return
        await visitor.page.keyboard.press(key)
    raise AssertionError(f"{STOPS + rooms} times {key} did not lead to {control}")


async def presses(visitor: Visitor, name: str, key: str = "Enter") -> None:
    """Go to the button of this name and press it."""
    await goes_to(visitor, visitor.page.get_by_role("button", name=name, exact=True))
    await visitor.page.keyboard.press(key)


async def test_a_guest_enters_reads_writes_and_reacts(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await amina.says("Who has a key?")
    zoe = await visitors.opens()
    await goes_to(zoe, zoe.page.locator("#name"))
    await zoe.page.keyboard.type("Zoé")
    await zoe.page.keyboard.press("Enter")
    await expect(zoe.text("Who has a key?")).to_be_visible()

    await goes_to(zoe, zoe.composer)
    await zoe.page.keyboard.type("I have one.")
    await zoe.page.keyboard.press("Enter")
    await amina.sees("Who has a key?", "I have one.")
    message = zoe.page.locator(".line > [tabindex]", has_text="Who has a key?")
    await goes_to(zoe, zoe.page.locator(".line > [tabindex='0']"), "Shift+Tab")
    await goes_to(zoe, message, "ArrowUp")
    await zoe.page.keyboard.press("Enter")
    await goes_to(zoe, zoe.page.get_by_role("button", name="React with 👍"), "ArrowRight")
    await zoe.page.keyboard.press("Enter")

    await expect(amina.page.locator(".reactions li")).to_contain_text("1")


async def test_a_hand_is_raised_and_the_floor_given_and_used(visitors: Visitors) -> None:
    max_ = await visitors.arrives("Max", "moderator")
    amina = await visitors.arrives("Amina", "participant")
    await presses(max_, "Switch mode")
    await goes_to(max_, max_.page.locator(".mode-dialog input[name=mode]"))
    await goes_to(max_, max_.page.locator("#mode-reason"))
    await max_.page.keyboard.type("The talk begins")
    await goes_to(max_, max_.page.locator(".mode-dialog button[type=submit]"))
    await max_.page.keyboard.press("Enter")
    await expect(amina.panel).to_contain_text("The talk begins")

    await presses(amina, "Ask to speak")
    await goes_to(max_, max_.page.get_by_role("tab", name="People"))
    await max_.page.keyboard.press("ArrowRight")
    await presses(max_, "Give the floor to Amina")
    await expect(amina.composer).to_be_visible()
    await goes_to(amina, amina.composer)
    await amina.page.keyboard.type("Thank you.")
    await amina.page.keyboard.press("Enter")

    await max_.sees("Thank you.")


@pytest.mark.parametrize(
    ("width", "height", "scale"),
    [(320, 640, 1), (640, 400, 2), (320, 256, 4)],
    ids=["320 px", "200 % of 1280 px", "400 % of 1280 px"],
)
async def test_nothing_is_wider_than_a_narrow_or_enlarged_screen(
    visitors: Visitors, width: int, height: int, scale: int
) -> None:
    look: dict[str, Any] = {
        "locale": "fr-FR",
        "viewport": {"width": width, "height": height},
        "device_scale_factor": scale,
    }
    entrance = await visitors.opens(**look)
    await expect(entrance.page.locator("#name")).to_be_visible()
    assert not await entrance.overflows()

    max_ = await visitors.arrives("Maximilienne-Alexandrine", "moderator", **look)
    amina = await visitors.arrives("Amina Wilhelmina", "participant", **look)
    await max_.says("Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz " * 3)
    await max_.switches("announcement", "La réunion commence, merci de garder vos questions pour la fin")
    await expect(amina.panel).to_be_visible()
    for visitor in (max_, amina):
        assert not await visitor.overflows()
        await expect(visitor.page.locator("h1")).to_be_in_viewport()
        await expect(visitor.page.locator(".mode-badge").first).to_be_in_viewport()
