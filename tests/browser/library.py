"""Knows how to run the page's client library by itself; refuses to know what it should do."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from playwright.async_api import Page

SCRIPTED_SOCKET: Final = Path(__file__).with_name("scripted_socket.js")


async def run(page: Page, module: str, body: str) -> Any:
    """What `body` returns; the exports of the library's `module` are its `lib`."""
    return await page.evaluate(f"async () => {{ const lib = await import('/js/hubbub/{module}'); {body} }}")
