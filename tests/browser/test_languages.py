"""French and English, wide and narrow, light and dark."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import expect

from tests.browser.visitor import Visitors

PAGE: Final = Path(__file__).parents[2] / "client_demo"
NARROW: Final = {"width": 320, "height": 640}

in_a_browser = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def words(language: str) -> dict[str, Any]:
    """The phrases of a language by key; one with plurals is a mapping."""
    read: dict[str, Any] = json.loads((PAGE / "i18n" / f"{language}.json").read_text("utf-8"))
    return read


def texts(phrase: str | dict[str, str]) -> list[str]:
    """All forms of a phrase."""
    return [phrase] if isinstance(phrase, str) else list(phrase.values())


def test_both_languages_have_the_same_keys_plurals_and_placeholders() -> None:
    english, french = words("en"), words("fr")

    assert list(english) == list(french)
    for key, phrase in english.items():
        assert type(phrase) is type(french[key]), key
        placeholders = [set(re.findall(r"\{\w+\}", "".join(texts(one)))) for one in (phrase, french[key])]
        assert placeholders[0] == placeholders[1], key


def test_every_phrase_that_the_page_asks_for_is_there() -> None:
    asked = {
        key
        for module in (PAGE / "js" / "ui").glob("*.js")
        for key in re.findall(r"""\b(?:t|say|has)\("([a-z_.]+)"[,)]""", module.read_text("utf-8"))
    }

    assert asked
    assert asked <= set(words("en"))


def test_french_has_its_own_spaces_and_apostrophes() -> None:
    faults = [
        text
        for phrase in words("fr").values()
        for text in texts(phrase)
        if re.search(r"(?:^|[^\u00a0]):|(?:^|[^\u202f])[;!?]|'|\"", text)
    ]

    assert not faults


@pytest.mark.parametrize("module", sorted(PAGE.rglob("*.js")), ids=lambda path: path.name)
def test_a_module_of_the_page_is_short_and_says_what_it_is(module: Path) -> None:
    text = module.read_text("utf-8")

    assert text.startswith("/**")
    assert len(text.splitlines()) <= 400
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text)


class TestInABrowser:
    """What takes a screen to see."""

    pytestmark = in_a_browser

    async def test_the_browsers_language_is_spoken_and_can_be_switched(self, visitors: Visitors) -> None:
        amina = await visitors.arrives("Amina", "participant", locale="fr-FR")
        await amina.composer.fill("un brouillon")
        await expect(amina.page.locator("html")).to_have_attribute("lang", "fr")
        await expect(amina.page.get_by_role("button", name="Envoyer")).to_be_visible()

        await amina.page.get_by_role("button", name="English").click()

        await expect(amina.page.locator("html")).to_have_attribute("lang", "en")
        await expect(amina.page.get_by_role("button", name="Send", exact=True)).to_be_visible()
        await expect(amina.composer).to_have_value("un brouillon")

    async def test_french_fits_320_pixels_without_scrolling_sideways(self, visitors: Visitors) -> None:
        moderator = await visitors.arrives("Moderator Max", "moderator", locale="fr-FR", viewport=NARROW)
        amina = await visitors.arrives("Amina", "participant", locale="fr-FR", viewport=NARROW)
        entrance = await visitors.opens(locale="fr-FR", viewport=NARROW)
        await expect(entrance.page.locator("#name")).to_be_visible()
        assert not await entrance.overflows()
        await amina.says("Anticonstitutionnellement" * 8)
        assert not await amina.overflows()

        await moderator.switches("announcement", "Présentation")
        await amina.page.get_by_role("button", name="Demander la parole").click()
        await expect(moderator.page.locator(".hands li")).to_have_count(1)
        assert not await amina.overflows()
        assert not await moderator.overflows()
        await moderator.page.locator(".switch").click()
        dialog = moderator.page.locator(".mode-dialog")
        assert await dialog.evaluate("(box) => box.scrollWidth <= box.clientWidth")
        await moderator.page.keyboard.press("Escape")
        await moderator.page.locator(".menu").click()
        await expect(moderator.page.locator(".room").first).to_be_visible()
        assert not await moderator.overflows()

    async def test_what_a_newcomer_needs_is_in_view_at_320_pixels(self, visitors: Visitors) -> None:
        moderator = await visitors.arrives("Max", "moderator")
        await moderator.switches("announcement", "The talk starts")
        zoe = await visitors.arrives("Zoé", viewport=NARROW)

        for where in (".hub-name", "h1", ".present", ".mode-badge", ".why", ".ask"):
            await expect(zoe.page.locator(where)).to_be_in_viewport(ratio=1)

    async def test_dark_and_light_follow_the_system_and_a_choice(self, visitors: Visitors) -> None:
        amina = await visitors.arrives("Amina", "participant", color_scheme="dark")
        ground = "() => getComputedStyle(document.body).backgroundColor"
        dark = await amina.page.evaluate(ground)

        await amina.page.get_by_role("button", name="Settings").click()
        await amina.page.get_by_role("radio", name="Light").check()
        light = await amina.page.evaluate(ground)
        await amina.page.get_by_role("radio", name="As the system").check()

        assert light != dark
        assert await amina.page.evaluate(ground) == dark
