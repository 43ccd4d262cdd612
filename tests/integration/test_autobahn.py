"""The Autobahn cases against our WebSocket layer: parsing, reassembly, UTF-8, pings and closes.

The layer under test is the gateway's own; only what a message means is replaced: it comes back as it is.
What is not passed strictly stands in docs/conformance.md and here, so that neither can change unseen.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import kosoku
import pytest

from hubbub.domain import limits
from hubbub.gateway.framing import framed
from hubbub.gateway.upgrade import Request
from hubbub.gateway.websocket import WebSocketLayer
from hubbub.gateway.wheel import Wheel
from hubbub.protocol.codecs import Codec
from tests.support.waiting import until

AT_ONCE = 4
"""Cases under way at the same time: most of them only wait."""

RUN_SECONDS = 100
"""For one run; it takes a tenth of that."""

BIG_MESSAGE_BYTES = 16 << 20
"""The largest message of the cases 9.*; a client of ours may send 64 KiB."""

BIG_MESSAGE_FRAGMENTS = 1 << 16
"""Into which 9.3.1 and 9.4.1 cut 4 MiB; a client of ours may send 64."""

SMALL = ("1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*")
BIG = ("9.*", "7.1.6", "10.*")

CHECKS_WHOLE_MESSAGES = {"6.4.1", "6.4.2", "6.4.3", "6.4.4"}
NOTHING_IS_REQUIRED = {"7.1.6", "7.13.1", "7.13.2"}

DOCUMENT = Path(__file__).parents[2] / "docs" / "conformance.md"


class EchoConnection(WebSocketLayer):
    """The gateway's WebSocket layer; every message comes back."""

    __slots__ = ("_open", "_wheel")

    def __init__(self, max_bytes: int, wheel: "Wheel[EchoConnection]", open: "set[EchoConnection]") -> None:
        super().__init__(max_bytes)
        self._wheel = wheel
        self._open = open

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.discard(self)

    def refusal(self, request: Request) -> tuple[HTTPStatus, str] | None:
        return None

    def opened(self, request: Request, codec: Codec) -> None:
        """Nobody has to say hello here."""

    def message(self, payload: bytes, is_text: bool) -> None:
        self.write(framed(payload, not is_text))

    def must_wait(self) -> bool:
        return self.closing_at is None and not self.is_writable

    def due_at(self, at: float) -> None:
        self._wheel.put(self, at)

    def look(self, now: float) -> float | None:
        return self.abort_if_overdue(now) if self.closing_at is not None else None

    def pause_writing(self) -> None:
        self.is_writable = False
        self.mind_reading()

    def resume_writing(self) -> None:
        self.is_writable = self.closing_at is None
        self.go_on()


@asynccontextmanager
async def echo_server(max_bytes: int) -> AsyncIterator[str]:
    """Its URL, while it runs."""
    wheel: Wheel[EchoConnection] = Wheel()
    open: set[EchoConnection] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: EchoConnection(max_bytes, wheel, open), "127.0.0.1", 0)
    async with server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws"
        wheel.turn(time.monotonic() + limits.CLOSE_SECONDS + 1)  # whoever does not say goodbye is dropped
        await until("every connection is gone", lambda: not open)


async def results_of(cases: tuple[str, ...], max_bytes: int = limits.FRAME_BYTES) -> dict[str, Any]:
    """The result of every case by its id; a case that fails is a result like others."""
    async with echo_server(max_bytes) as url, asyncio.timeout(RUN_SECONDS):
        try:
            results = await kosoku.run_fuzzingclient(url, list(cases), concurrency=AT_ONCE)
        except kosoku.FailureError as failure:
            results = failure.results
    return {result.case_id: result for result in results}


def verdicts_but_ok(results: dict[str, Any]) -> dict[str, set[str]]:
    """The cases by verdict, without those that pass strictly and close as they should."""
    cases_by_verdict: dict[str, set[str]] = {}
    for case, result in results.items():
        verdict = result.behavior.value
        if (verdict, result.behavior_close.value) != ("OK", "OK"):
            cases_by_verdict.setdefault(verdict, set()).add(case)
    return cases_by_verdict


async def test_the_autobahn_cases_have_the_documented_verdicts() -> None:
    results = await results_of(SMALL)
    assert len(results) == 247
    verdicts = verdicts_but_ok(results)
    assert verdicts == {"INFORMATIONAL": NOTHING_IS_REQUIRED, "NON-STRICT": CHECKS_WHOLE_MESSAGES}


async def test_big_messages_pass_where_the_limits_let_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FRAGMENTS", BIG_MESSAGE_FRAGMENTS + 1)
    results = await results_of(BIG, BIG_MESSAGE_BYTES)
    assert len(results) == 56
    assert verdicts_but_ok(results) == {"INFORMATIONAL": {"7.1.6"}}


async def test_big_messages_are_refused_with_1009_by_the_limits_as_they_are() -> None:
    results = await results_of(("9.1.1", "9.1.2", "9.2.6"))
    assert [result.remote_close_code for result in results.values()] == [1000, 1009, 1009]


@pytest.mark.parametrize("case", sorted(CHECKS_WHOLE_MESSAGES | NOTHING_IS_REQUIRED))
def test_what_is_not_passed_strictly_is_documented(case: str) -> None:
    assert f"`{case}`" in DOCUMENT.read_text()
