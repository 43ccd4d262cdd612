"""Knows how to run the page's client library by itself; refuses to know what it should do."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from playwright.async_api import Page

SCRIPTED_SOCKET: Final = Path(__file__).with_name("scripted_socket.js")


async def run(page: Page, module: str, body: str, given: Any = None) -> Any:
    """What `body` returns; the exports of the library's `module` are its `lib`, and `given` is what it is."""
    code = f"async (given) => {{ const lib = await import('/js/hubbub/{module}'); {body} }}"
    return await page.evaluate(code, given)


async def scene(page: Page, body: str, options: str = "{}", joined: str = "{}") -> Any:
    """What `body` returns, with a `client` in a `room` over a scripted `socket`, and what was `heard`.

    `options` are those of the client, `joined` the fields of the reply to its join.
    """
    stage = f"const {{client, room, socket, heard}} = await scene(lib, {options}, {joined});"
    return await run(page, "index.js", f"{stage} {body}")
