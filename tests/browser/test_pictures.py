"""Pictures of the page, for those who look at what they build: they are in `build/pictures` afterwards.

`./scripts/pictures` makes them, and renews the ones that the README shows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, expect

from hubbub.demo import MODERATOR, PARTICIPANT
from hubbub.domain.identity import Identity
from tests.browser.conftest import SERVE_OPTIONS
from tests.browser.film import Film
from tests.browser.test_languages import words
from tests.browser.visitor import Visitor, Visitors
from tests.support.client import connected
from tests.support.server import Node, running_node
from tests.support.tokens import token
from tests.support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FOLDER: Final = Path(__file__).parents[2] / "build" / "pictures"
AGORA, COMMUNIQUES, TABLE = "place/agora", "place/communiques", "place/table-ronde"
WIDE: Final = {"width": 1280, "height": 800}
MIDDLE: Final = {"width": 900, "height": 700}
NARROW: Final = {"width": 320, "height": 640}
HALF: Final = {"width": 560, "height": 640}  # two of them beside each other
LOCALES: Final = {"en": "en-GB", "fr": "fr-FR"}
FILM_BYTES: Final = 2_000_000
LOOKS: Final = [
    ("fr", "light", WIDE), ("fr", "dark", NARROW), ("fr", "light", NARROW), ("fr", "dark", MIDDLE),
    ("en", "dark", WIDE), ("en", "light", WIDE), ("en", "light", MIDDLE), ("en", "dark", NARROW),
]  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lively(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Node]:
    """A demo with its company, as a newcomer finds it."""
    async with running_node(tmp_path_factory.mktemp("lively"), *SERVE_OPTIONS, "--bots") as node:
        await until("the bots are there", lambda: len(node._children()) >= 4)
        yield node


def named(visitor: Visitor, language: str, key: str, role: Any = "button", **values: str) -> Locator:
    """The control that is called so in the language of the page."""
    text = str(words(language)[key]).format(**values)
    return visitor.page.get_by_role(role, name=text, exact=True).locator("visible=true").first


@pytest.mark.parametrize(("language", "scheme", "size"), LOOKS)
async def test_pictures_of_the_main_states(
    browser: Browser, lively: Node, language: str, scheme: str, size: dict[str, int]
) -> None:
    look: dict[str, Any] = {"locale": LOCALES[language], "color_scheme": scheme, "viewport": size}

    async def taken(visitor: Visitor, state: str) -> None:
        await settled(visitor)
        name = f"{state}-{language}-{scheme}-{size['width']}.png"
        await visitor.page.screenshot(path=FOLDER / name)
        assert not await visitor.overflows(), name

    async with (
        Visitors(browser, lively, AGORA) as agora,
        Visitors(browser, lively, COMMUNIQUES) as communiques,
        Visitors(browser, lively, TABLE) as table,
    ):
        guest = await agora.opens(**look)
        await expect(guest.page.locator("#name")).to_be_visible()
        await taken(guest, "entrance")
        amina = await agora.opens(link(PARTICIPANT, "participant"), **look)
        await expect(amina.texts.first).to_be_visible()
        await taken(amina, "agora")
        await amina.page.keyboard.press("Control+k")
        await taken(amina, "switcher")
        amina = await communiques.opens(link(PARTICIPANT, "participant"), **look)
        await expect(amina.panel).to_be_visible()
        await taken(amina, "announcement")
        max_ = await table.opens(link(MODERATOR, "moderator"), **look)
        await expect(max_.texts.first).to_be_visible()
        await taken(max_, "moderator")
        if size is WIDE:
            await max_.page.locator("#tab-moderation").click()
            await expect(max_.hands.first).to_be_visible()
            await max_.page.mouse.move(640, 20)
            await taken(max_, "moderation")
        await named(max_, language, "mode.switch").click()
        await taken(max_, "mode-dialog")


def link(identity: Identity, role: str) -> str:
    """The demo's own link for somebody, as the server prints it."""
    return f"#token={token(identity.id, name=identity.name, roles={'place': role})}"


async def settled(visitor: Visitor) -> None:
    """Wait until nothing moves any more and all fonts are there."""
    await visitor.page.evaluate(
        """async () => {
            await document.fonts.ready;
            await Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})));
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        }"""
    )


SCRIPT: Final[dict[str, dict[str, str]]] = {
    "en": {
        "title": "Round table",
        "moderator": "Maxime Leroy, moderator", "participant": "Amina Diallo, participant",
        "first": "Good evening! Julien is about to start.", "second": "Looking forward to it.",
        "draft": "How many months of savings", "rest": " did you have?",
        "reason": "Julien speaks first, then questions", "answer": "Six. Three would have done.",
    },
    "fr": {
        "title": "Table ronde",
        "moderator": "Maxime Leroy, modérateur", "participant": "Amina Diallo, participante",
        "first": "Bonsoir\u202f! Julien va commencer.", "second": "Hâte d’y être.",
        "draft": "Combien de mois de réserve", "rest": " aviez-vous\u202f?",
        "reason": "Julien présente, puis questions", "answer": "Six. Trois auraient suffi.",
    },
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_a_film_of_a_switch_from_the_agora_to_the_floor(
    browser: Browser, site: Node, language: str
) -> None:
    said = SCRIPT[language]
    room = f"place/film-{language}"
    claire = token("claire", name="Claire Fontaine", roles={"place": "owner"})
    made = {"room": room, "title": said["title"], "mode": "agora"}
    assert (await site.http("POST", "/api/hubs/place/rooms", token=claire, json=made)).is_success
    look: dict[str, Any] = {"locale": LOCALES[language], "viewport": HALF}
    async with Visitors(browser, site, room) as people:
        max_ = await people.arrives("Maxime Leroy", "moderator", **look)
        amina = await people.arrives("Amina Diallo", "participant", **look)
        julien = token("julien", name="Julien Nguyen", roles={"place": "speaker"})
        async with connected(site.url, token=julien, rooms=(room,)) as speaker:
            film = Film([(said["moderator"], max_.page), (said["participant"], amina.page)])
            await max_.says(said["first"])
            await amina.says(said["second"])
            await max_.sees(said["first"], said["second"])
            await film_of_a_switch(film, max_, amina, language)
            await speaker.publish(room, said["answer"])
            for visitor in (max_, amina):
                await expect(visitor.text(said["answer"])).to_be_visible()
                await settled(visitor)
            await film.shows(3_500)
    path = FOLDER / f"mode-flip-{language}.gif"
    film.save(path)
    assert path.stat().st_size < FILM_BYTES


async def film_of_a_switch(film: Film, max_: Visitor, amina: Visitor, language: str) -> None:
    """The moderator switches; a participant, in the middle of a sentence, asks for the floor and gets it."""
    said = SCRIPT[language]

    async def pause(shown_ms: int) -> None:
        await asyncio.gather(settled(max_), settled(amina))
        await film.shows(shown_ms)

    await pause(1_000)
    await amina.composer.click()
    await film.types(1, said["draft"])
    await named(max_, language, "mode.switch").click()
    await pause(900)
    await max_.page.locator(".mode-dialog input[value=announcement]").check()
    await max_.page.locator("#mode-reason").click()
    await film.types(0, said["reason"])
    await pause(500)
    await max_.page.locator(".mode-dialog button[type=submit]").click()
    await expect(amina.panel).to_be_visible()
    await pause(2_600)
    await max_.page.locator(".toast button").last.click()  # the offer to undo has been seen
    await named(amina, language, "floor.ask").click()
    give = named(max_, language, "hands.give.label", who="Amina Diallo")
    await expect(give).to_be_visible()
    await pause(2_000)
    await give.click()
    await max_.page.mouse.move(
        HALF["width"] / 2, 20
    )  # away from the messages, which would show what one can do
    await expect(amina.composer).to_be_visible()
    await expect(amina.composer).to_have_value(said["draft"])
    await pause(1_600)
    await amina.composer.click()
    await amina.composer.press("End")
    await film.types(1, said["rest"])
    await amina.composer.press("Enter")
    await expect(max_.text(said["draft"] + said["rest"])).to_be_visible()
    await pause(1_600)
