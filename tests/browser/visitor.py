"""Knows how people use the page: open it, write, switch a mode; refuses to know what should come of it."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Final

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.support.server import Node
from tests.support.tokens import token

# What Chromium writes when a server is gone, which tests mean to happen.
EXPECTED_COMPLAINTS: Final = (
    "WebSocket connection to",
    "ERR_CONNECTION_REFUSED",
    "ERR_CONNECTION_RESET",
    "ERR_INTERNET_DISCONNECTED",
)
ROLES: Final = {"participant", "moderator"}

# Violations of the policy are told to the page, whatever the console shows of them.
WATCH_POLICY: Final = """
addEventListener("securitypolicyviolation", (event) => console.error("policy: " + event.violatedDirective));
"""


class Visitor:
    """Somebody with the page open in a browser of their own."""

    def __init__(self, page: Page, context: BrowserContext, complaints: list[str]) -> None:
        self.page = page
        self.context = context
        self.complaints = complaints

    @property
    def composer(self) -> Locator:
        """Where one writes."""
        return self.page.locator("#composer")

    @property
    def panel(self) -> Locator:
        """What stands for the composer where one may not write."""
        return self.page.locator(".locked")

    @property
    def texts(self) -> Locator:
        """The texts of the messages in the timeline."""
        return self.page.locator(".message .text")

    def text(self, text: str) -> Locator:
        """The messages with exactly this text."""
        return self.page.locator(".message .text").get_by_text(text, exact=True)

    async def says(self, text: str) -> None:
        """Write a message and send it with the keyboard."""
        await self.composer.fill(text)
        await self.composer.press("Enter")

    async def switches(self, mode: str, reason: str) -> None:
        """Switch the room's mode, through the dialog."""
        await self.page.locator(".switch").click()
        await self.page.locator(f".mode-dialog input[value={mode}]").check()
        await self.page.locator("#mode-reason").fill(reason)
        await self.page.locator(".mode-dialog button[type=submit]").click()
        await expect(self.page.locator(".mode-dialog")).to_have_count(0)

    @property
    def hands(self) -> Locator:
        """The raised hands and the given floors, in the third pane."""
        return self.page.locator(".hands li")

    @property
    def dialog(self) -> Locator:
        """The dialog of a public act."""
        return self.page.locator(".act-dialog")

    async def submits(self) -> None:
        """Carry out the act of the open dialog, which closes."""
        await self.dialog.locator("button[type=submit]").click()
        await expect(self.dialog).to_have_count(0)

    async def sees(self, *texts: str) -> None:
        """Wait until the timeline holds exactly these messages, in this order, all of them sent."""
        await expect(self.texts).to_have_text(list(texts))
        await expect(self.page.locator(".is-sending, .is-sent, .outcome")).to_have_count(0)

    async def overflows(self) -> bool:
        """Whether the page is wider than the screen."""
        wide: bool = await self.page.evaluate(
            "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        return wide


class Visitors:
    """Makes visitors of one room; at the end no page may have complained."""

    def __init__(self, browser: Browser, site: Node, room: str) -> None:
        self.site = site
        self.room = room
        self._browser = browser
        self._all: list[Visitor] = []

    async def __aenter__(self) -> Visitors:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        complaints = [complaint for visitor in self._all for complaint in visitor.complaints]
        await asyncio.gather(*(visitor.context.close() for visitor in self._all))
        if fault is None:
            assert not complaints, complaints

    async def arrives(self, name: str, role: str | None = None, **options: Any) -> Visitor:
        """Somebody opens the room: by a link for `role`, or as a guest; waits until they may read it."""
        visitor = await self.opens(self._fragment(name, role), **options)
        if role is None:
            await visitor.page.locator("#name").fill(name)
            await visitor.page.locator("#name").press("Enter")
        await expect(visitor.page.locator(".present")).to_be_visible()
        return visitor

    async def opens(self, fragment: str = "", **options: Any) -> Visitor:
        """Somebody opens the page, with or without a fragment, and does nothing."""
        context = await self._browser.new_context(**{"locale": "en-GB", **options})
        page = await context.new_page()
        await page.add_init_script(WATCH_POLICY)
        # The room that was open on an earlier visit.
        await page.add_init_script(f"localStorage.setItem('hubbub.room.place', '{self.room}')")
        visitor = Visitor(page, context, [])
        page.on("console", lambda message: _hear(visitor, message))
        page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        page.on("dialog", lambda dialog: visitor.complaints.append(f"dialog: {dialog.message}"))
        self._all.append(visitor)
        await page.goto(f"{self.site.http_url}/{fragment}")
        return visitor

    def _fragment(self, name: str, role: str | None) -> str:
        if role is None:
            return ""
        assert role in ROLES
        return f"#token={token(f'{role}-{name}', name=name, roles={'place': role})}"


def _hear(visitor: Visitor, message: ConsoleMessage) -> None:
    is_expected = any(part in message.text for part in EXPECTED_COMPLAINTS)
    if message.type in ("error", "warning") and not is_expected:
        visitor.complaints.append(message.text)
