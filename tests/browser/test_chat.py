"""People write to each other: what they see, and that nothing they write is anything but text."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.visitor import Visitors

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_two_people_read_each_other_live(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    zoe = await visitors.arrives("Zoé")

    await amina.says("Is anybody here?")
    await zoe.sees("Is anybody here?")
    await zoe.says("I am.")

    await amina.sees("Is anybody here?", "I am.")
    await expect(amina.page.locator(".message .name")).to_have_text(["Amina", "Zoé"])
    await expect(amina.page.locator(".present")).to_have_text("2 present")


async def test_a_message_keeps_its_line_from_writing_to_the_log(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await amina.says("first")
    await amina.sees("first")
    # Every line that is ever added or taken out, beside the one the message starts as.
    await amina.page.evaluate(
        """() => {
            window.changed = [];
            const note = (list) => list.forEach((node) => window.changed.push(node.dataset?.key ?? "other"));
            const noteBoth = (one) => (note(one.addedNodes), note(one.removedNodes));
            new MutationObserver((all) => all.forEach(noteBoth))
                .observe(document.querySelector("[role=log] > ol"), { childList: true });
        }"""
    )

    await amina.says("second")
    await amina.sees("first", "second")
    await amina.says("third")
    await amina.sees("first", "second", "third")

    changed = await amina.page.evaluate("window.changed")
    assert len(changed) == len(set(changed)) == 2


async def test_enter_sends_and_shift_enter_makes_a_new_line(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")

    await amina.composer.press_sequentially("one")
    await amina.composer.press("Shift+Enter")
    await amina.composer.press_sequentially("two")
    await amina.composer.press("Enter")

    await amina.sees("one\ntwo")
    await expect(amina.composer).to_have_value("")


async def test_enter_in_the_middle_of_a_composition_sends_nothing(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant")
    await amina.composer.fill("日本")

    await amina.composer.evaluate(
        "(field) => field.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true}))"
    )
    await expect(amina.composer).to_have_value("日本")
    await amina.composer.press("Enter")

    await amina.sees("日本")


async def test_markup_in_a_message_and_in_a_name_is_shown_as_text(visitors: Visitors) -> None:
    markup = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    amina = await visitors.arrives("Amina", "participant")
    mallory = await visitors.arrives("<b onclick=alert(3)>Mallory</b>")

    await mallory.says(markup)

    await amina.sees(markup)
    await expect(amina.page.locator(".message .name")).to_have_text("<b onclick=alert(3)>Mallory</b>")
    await expect(amina.page.locator("img, script:not([src])")).to_have_count(0)


async def test_reading_above_is_not_disturbed_and_news_are_counted(visitors: Visitors) -> None:
    amina = await visitors.arrives("Amina", "participant", viewport={"width": 800, "height": 400})
    zoe = await visitors.arrives("Zoé")
    await zoe.says("\n".join(f"line {number}" for number in range(60)))
    await expect(amina.texts).to_have_count(1)
    box = amina.page.locator(".scroll")
    await box.evaluate("(box) => { box.scrollTop = 0; }")
    await expect(amina.page.locator(".line-day")).to_be_in_viewport()

    await zoe.says("news")
    pill = amina.page.locator(".pill")
    await expect(pill).to_have_text("1 new message")
    assert await box.evaluate("(box) => box.scrollTop") == 0
    await pill.click()

    await expect(amina.text("news")).to_be_in_viewport()
    await expect(pill).to_be_hidden()
