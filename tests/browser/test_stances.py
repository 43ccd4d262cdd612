"""Where one stands in a room, by its state, rights and log alone."""

from __future__ import annotations

from typing import Any, Final

import pytest
from playwright.async_api import Browser

from tests.support.server import Node

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

NOW_MS: Final = 1_000_000
LISTENS: Final = {"publish": False, "reply": False, "react": True, "floor": True, "moderate": False}
TALK: Final = {"mode": "announcement", "mode_since": NOW_MS - 500_000}

HELD: Final = {"asked": [], "given": [{"id": "me", "at": 1}]}


async def stance(browser: Browser, site: Node, state: Any, rights: Any, *entries: Any) -> dict[str, Any]:
    """The stance of `me` in a room like this."""
    context = await browser.new_context()
    try:
        page = await context.new_page()
        await page.goto(f"{site.http_url}/")
        found: dict[str, Any] = await page.evaluate(
            """async ([room, now]) => (await import("/js/ui/stance.js")).stanceOf(room, "me", now)""",
            [{"state": state, "rights": rights, "entries": list(entries)}, NOW_MS],
        )
        return found
    finally:
        await context.close()


def floor(action: str, at: int, by: str = "max") -> dict[str, Any]:
    """An entry about my wish to speak."""
    return {"kind": "floor", "action": action, "at": at, "by": {"id": by}, "subject": {"id": "me"}}


@pytest.mark.parametrize(
    ("state", "rights", "expected"),
    [
        (None, None, "loading"),
        (TALK, None, "closed"),
        ({"mode": "agora"}, {**LISTENS, "publish": True, "floor": False}, "writes"),
        (TALK, {**LISTENS, "publish": True, "floor": False}, "writes"),
        ({**TALK, "floor": HELD}, {**LISTENS, "publish": True}, "speaks"),
        (TALK, {**LISTENS, "react": False, "floor": False}, "muted"),
        ({"mode": "later"}, LISTENS, "unknown"),
        (TALK, {**LISTENS, "floor": False}, "read_only"),
        (TALK, LISTENS, "asks"),
    ],
)  # fmt: skip
async def test_each_state_has_its_stance(
    browser: Browser, site: Node, state: Any, rights: Any, expected: str
) -> None:
    assert (await stance(browser, site, state, rights))["kind"] == expected


async def test_the_place_in_line_counts_those_who_asked_before(browser: Browser, site: Node) -> None:
    asked = [{"id": "zoe", "at": 1}, {"id": "me", "at": 2}]

    found = await stance(browser, site, {**TALK, "floor": {"asked": asked, "given": []}}, LISTENS)

    assert found == {"kind": "asked", "rank": 2, "at": 2}


async def test_after_a_refusal_one_may_ask_again_after_a_minute(browser: Browser, site: Node) -> None:
    refused = floor("refuse", NOW_MS - 20_000)

    found = await stance(browser, site, TALK, LISTENS, floor("ask", NOW_MS - 30_000, by="me"), refused)

    assert found == {"kind": "cools", "until": NOW_MS + 40_000, "answer": refused}


async def test_a_refusal_of_a_minute_ago_is_still_told_but_holds_nobody_back(
    browser: Browser, site: Node
) -> None:
    refused = floor("refuse", NOW_MS - 60_000)

    assert await stance(browser, site, TALK, LISTENS, refused) == {"kind": "asks", "answer": refused}


async def test_what_one_withdrew_oneself_and_what_an_earlier_mode_brought_is_not_told(
    browser: Browser, site: Node
) -> None:
    withdrawn = floor("withdraw", NOW_MS - 70_000, by="me")
    long_ago = floor("take", NOW_MS - 600_000)

    assert await stance(browser, site, TALK, LISTENS, withdrawn) == {"kind": "asks", "answer": None}
    assert await stance(browser, site, TALK, LISTENS, long_ago) == {"kind": "asks", "answer": None}
