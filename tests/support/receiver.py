"""Knows how to take deliveries of webhooks as a stranger's server does; refuses to know what is in them."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class Taken:
    """One request as it came; `body` is its text."""

    headers: dict[str, str]
    body: str

    @property
    def fields(self) -> dict[str, Any]:
        """The body, decoded."""
        decoded: dict[str, Any] = json.loads(self.body)
        return decoded

    @property
    def texts(self) -> list[str | None]:
        """The texts of its entries."""
        return [entry.get("text") for entry in self.fields["entries"]]

    @property
    def seqs(self) -> list[int]:
        return [entry["seq"] for entry in self.fields["entries"]]


@dataclass
class Receiver:
    """A server on loopback; answers with the next of `statuses`, 204 when there are no more.

    A status of 0 is no answer at all: the request hangs until the receiver ends.
    """

    statuses: deque[int] = field(default_factory=deque)
    taken: list[Taken] = field(default_factory=list)
    accepted: list[Taken] = field(default_factory=list)
    reply: bytes = b""
    url: str = ""
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        """Takes one request."""
        taken = Taken(dict(request.headers), await request.text())
        self.taken.append(taken)
        status = self.statuses.popleft() if self.statuses else 204
        if status == 0:
            await self.ended.wait()
        if 200 <= status < 300:
            self.accepted.append(taken)
        headers = {"Location": self.url} if 300 <= status < 400 else {}
        return web.Response(status=status or 500, headers=headers, body=self.reply or None)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Run a receiver for the length of the block."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/in", receiver.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    _, port = runner.addresses[0][:2]
    receiver.url = f"http://127.0.0.1:{port}/in"
    try:
        yield receiver
    finally:
        receiver.ended.set()
        await runner.cleanup()
