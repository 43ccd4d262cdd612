"""The Autobahn cases against our frame layer: parsing, reassembly, UTF-8, pings and closes.

The server under test is the gateway's own connection; only what a message means is replaced: it comes
back as it is. What is not passed strictly stands in docs/conformance.md, and here, so that both are kept.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import kosoku

from hubbub.gateway.connection import GatewayProtocol
from hubbub.gateway.door import PATH, Door
from hubbub.gateway.framing import framed
from hubbub.gateway.wheel import Wheel
from hubbub.hosts import Sites
from hubbub.protocol.session import IGNORE, Session, Step
from hubbub.roomlog.clock import StoreClock

AT_ONCE = 4
"""Cases under way at the same time: most of them only wait for a close."""

RUN_SECONDS = 100
"""For one group of cases; the longest takes a fifth of it."""

BIG_MESSAGE_BYTES = 16 << 20
"""What the cases 9.* send, instead of the 64 KiB that a client of ours may."""


class EchoSession(Session):
    """A session in which every message comes back instead of being a command."""

    __slots__ = ("connection",)

    connection: "EchoConnection"

    def receive(self, payload: bytes, is_binary: bool, now: float) -> Step:
        self.connection.write(framed(payload, is_binary))
        return IGNORE

    def next_deadline(self, *_: Any) -> float:
        return float("inf")


class EchoConnection(GatewayProtocol):
    """The gateway's connection, with that session."""

    __slots__ = ()

    def _shake_hands(self, request: Any) -> None:
        super()._shake_hands(request)
        session = EchoSession(self.codec, 0.0)
        session.connection = self
        self._session = session


class FakeNode:
    """What a connection asks of its node before anybody has said hello."""

    def __init__(self, port: int) -> None:
        self.door = Door(Sites("127.0.0.1", port), ())
        self.clock = StoreClock()
        self.wheel: Wheel[GatewayProtocol] = Wheel()
        self.commands = SimpleNamespace()

    def met(self, connection: GatewayProtocol, address: str) -> bool:
        return True

    def lost(self, connection: GatewayProtocol, address: str | None) -> None:
        self.wheel.remove(connection)


@asynccontextmanager
async def echo_server() -> AsyncIterator[str]:
    """Its URL, while it runs."""
    nodes: dict[str, Any] = {}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: EchoConnection(None, None, nodes), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    nodes["node"] = FakeNode(port)
    async with server:
        yield f"ws://127.0.0.1:{port}{PATH}"


async def results_of(*cases: str) -> dict[str, Any]:
    """The result of every case by its id; a case that fails is a result too."""
    async with echo_server() as url, asyncio.timeout(RUN_SECONDS):
        try:
            results = await kosoku.run_fuzzingclient(url, list(cases), concurrency=AT_ONCE)
        except kosoku.FailureError as failure:
            results = failure.results
    return {result.case_id: result for result in results}
