"""Fixtures of a browser: one Chromium and one server for all tests, pages of their own for each.

All of it lives in one event loop, for a browser's objects belong to the loop they were made in.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from itertools import count
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.library import SCRIPTED_SOCKET
from tests.browser.visitor import Visitors
from tests.support.server import Node, running_node
from tests.support.tokens import SECRET

CHROMIUM_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_OPTIONS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
# To see what a test waits for: a deadline only, long enough for a machine that does other things too.
DEADLINE_MS: Final = 15_000
# The private store: what a person gets who starts the server and nothing else.
SERVE_OPTIONS: Final = ("--demo", "--secret", SECRET, "--no-rate-limits")

_room_numbers = count(1)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium, without a window."""
    found = [path for path in map(shutil.which, CHROMIUM_NAMES) if path]
    assert found, "no Chromium is installed"
    expect.set_options(timeout=DEADLINE_MS)
    async with async_playwright() as driver:
        chromium = await driver.chromium.launch(executable_path=found[0], args=list(CHROMIUM_OPTIONS))
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Node]:
    """A server with the demo's hub, for all tests: do not kill it."""
    async with running_node(tmp_path_factory.mktemp("site"), *SERVE_OPTIONS) as node:
        yield node


@pytest_asyncio.fixture(loop_scope="session")
async def scripted(browser: Browser, site: Node) -> AsyncIterator[Page]:
    """A page of the site whose sockets are scripted; nothing may go wrong on it."""
    context = await browser.new_context()
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    await page.add_init_script(path=SCRIPTED_SOCKET)
    await page.goto(f"{site.http_url}/")
    yield page
    await context.close()
    assert not faults


@pytest_asyncio.fixture(loop_scope="session")
async def visitors(browser: Browser, site: Node, request: pytest.FixtureRequest) -> AsyncIterator[Visitors]:
    """People who open the page in a room of the test's own; nothing may go wrong on their pages."""
    room = await site.make_room(f"place/{_room_name(request)}")
    async with Visitors(browser, site, room) as people:
        yield people


def _room_name(request: pytest.FixtureRequest) -> str:
    name: str = request.node.name
    words = "".join(char if char.isalnum() else "-" for char in name.removeprefix("test_").lower())
    return f"{words[:50].rstrip('-')}-{next(_room_numbers)}"
