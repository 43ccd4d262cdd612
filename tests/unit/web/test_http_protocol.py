"""The door: what a stranger may hold open, over real sockets and a real server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from hubbub.hosts import AddressCounter
from hubbub.web.http_protocol import BODY_BYTES, HEAD_BYTES, BoundedHttpProtocol

REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
OK = b"HTTP/1.1 200 OK\r\n"


class ImpatientProtocol(BoundedHttpProtocol):
    """The deadlines of the real one, but short."""

    head_seconds = 0.3
    body_seconds = 0.3
    stall_seconds = 0.3


class Application:
    """Answers when it is let; on /endless it never stops writing."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.has_ended = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
            return
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while scope["path"] == "/endless" and (await self._is_there(receive)):
            await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
        await send({"type": "http.response.body", "body": scope["path"].encode()})
        self.has_ended.set()

    async def _is_there(self, receive: Receive) -> bool:
        try:
            async with asyncio.timeout(0.001):
                return bool((await receive())["type"] != "http.disconnect")
        except TimeoutError:
            return True

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        scope["state"]["address_counter"] = self.counter
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    counter: AddressCounter | None = None


class EchoGateway(asyncio.Protocol):
    """Stands where the gateway stands: answers the first read by 101, and echoes all others."""

    made = 0

    def __init__(self, config: Any, server_state: Any, app_state: dict[str, Any]) -> None:
        self.transport: asyncio.Transport | None = None
        type(self).made += 1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        assert self.transport is not None
        is_request = data.startswith(b"GET ")
        self.transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\n\r\n" if is_request else b"<" + data + b">"
        )


class Door:
    """A running server, and how to knock at it."""

    def __init__(self, port: int) -> None:
        self.port = port

    @asynccontextmanager
    async def connection(
        self, **options: Any
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, **options)
        try:
            yield reader, writer
        finally:
            writer.close()

    async def answer(self, request: bytes) -> bytes:
        """All that comes back until the server closes; what is cut off counts as well."""
        async with self.connection() as (reader, writer):
            writer.write(request)
            async with asyncio.timeout(20):
                return await everything(reader)


async def everything(reader: asyncio.StreamReader) -> bytes:
    received = bytearray()
    try:
        while piece := await reader.read(65_536):
            received += piece
    except ConnectionError:
        pass
    return bytes(received)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def opened(
    app: Application, protocol: type[BoundedHttpProtocol] = BoundedHttpProtocol
) -> AsyncIterator[Door]:
    config = uvicorn.Config(
        app,
        "127.0.0.1",
        0,
        http=protocol,
        ws=EchoGateway,
        lifespan="on",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve())
        await until(lambda: server.started)
        try:
            yield Door(server.servers[0].sockets[0].getsockname()[1])
        finally:
            app.may_answer.set()
            server.should_exit = True
            await serving


@pytest.fixture
def app() -> Application:
    return Application()


# -- Deadlines -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("beginning", [b"", b"G", b"\r\n", REQUEST[:-2], UPGRADE[:-1]])
async def test_head_that_does_not_end_is_not_waited_for(app: Application, beginning: bytes) -> None:
    async with opened(app, ImpatientProtocol) as door:
        assert (await door.answer(beginning)).startswith(b"HTTP/1.1 408 ")


async def test_saying_a_little_now_and_then_gains_no_time(app: Application) -> None:
    async with opened(app, ImpatientProtocol) as door, door.connection() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\n")
        while not (reader.at_eof() or writer.is_closing()):
            writer.write(b"X: y\r\n")
            try:
                async with asyncio.timeout(0.02):
                    await everything(reader)
            except TimeoutError:
                continue


@pytest.mark.parametrize("unfinished", [REQUEST + b"GET /", POST + b"x"])
async def test_what_follows_a_head_has_a_deadline_too(app: Application, unfinished: bytes) -> None:
    async with opened(app, ImpatientProtocol) as door:
        app.may_answer.clear()  # an answer would end the connection, if later
        assert await door.answer(unfinished) == b""


async def test_request_that_is_complete_has_all_the_time_it_takes_to_answer(app: Application) -> None:
    async with opened(app, ImpatientProtocol) as door, door.connection() as (reader, writer):
        app.may_answer.clear()
        writer.write(REQUEST)
        await door.answer(b"")  # comes back when a deadline that began later is over
        app.may_answer.set()
        assert (await reader.readline()) == OK


async def test_connection_that_was_handed_over_has_no_deadline_of_the_door(app: Application) -> None:
    async with opened(app, ImpatientProtocol) as door, door.connection() as (reader, writer):
        writer.write(UPGRADE)
        await reader.readuntil(b"\r\n\r\n")
        await door.answer(b"")
        writer.write(b"still here")
        assert await reader.readexactly(12) == b"<still here>"


async def test_reader_that_takes_nothing_is_cut_off(app: Application) -> None:
    async with opened(app, ImpatientProtocol) as door, door.connection(limit=1024) as (_, writer):
        cast(asyncio.Transport, writer.transport).pause_reading()
        writer.write(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
        async with asyncio.timeout(20):
            await app.has_ended.wait()


# -- Sizes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * HEAD_BYTES,
        b"GET / HTTP/1.1\r\nX: " + b"a" * HEAD_BYTES,
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * HEAD_BYTES,
        b"\r\n" * HEAD_BYTES,
    ],
)
async def test_head_over_16_kib_is_refused(app: Application, head: bytes) -> None:
    async with opened(app) as door:
        answer = await door.answer(head)
        assert answer.startswith(b"HTTP/1.1 431 ") or answer == b""  # b"": what was unread cut it off


async def test_head_of_just_under_16_kib_is_served(app: Application) -> None:
    async with opened(app) as door:
        filler = b"a" * (HEAD_BYTES - 100)
        request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: " + filler + b"\r\n\r\n"
        assert (await door.answer(request)).startswith(OK)


async def test_many_small_requests_are_no_big_head(app: Application) -> None:
    async with opened(app) as door, door.connection() as (reader, writer):
        for _ in range(2 * HEAD_BYTES // len(REQUEST)):
            writer.write(REQUEST)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(OK)
            assert await reader.readuntil(b"0\r\n\r\n") == b"1\r\n/\r\n0\r\n\r\n"


async def test_body_that_never_ends_is_cut_off(app: Application) -> None:
    async with opened(app) as door, door.connection() as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n")
        sent = 0
        while not reader.at_eof() and reader.exception() is None and sent < 100 * BODY_BYTES:
            writer.write(b"x" * 65_536)
            sent += 65_536
            try:
                await writer.drain()
                async with asyncio.timeout(0.001):
                    await everything(reader)
            except TimeoutError:
                continue
            except ConnectionError:
                break
        assert sent < 100 * BODY_BYTES


@pytest.mark.parametrize(
    "request_", [b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
)
async def test_what_is_no_http_is_refused(app: Application, request_: bytes) -> None:
    async with opened(app) as door:
        assert (await door.answer(request_)).startswith(b"HTTP/1.1 400 ")


# -- Upgrades ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first_bytes", [b"hello", b"x" * 100_000])
async def test_bytes_behind_an_upgrade_request_are_the_gateways(app: Application, first_bytes: bytes) -> None:
    async with opened(app) as door, door.connection() as (reader, writer):
        writer.write(UPGRADE + first_bytes)
        await reader.readuntil(b"\r\n\r\n")
        echoed = b""
        while len(echoed.replace(b"<", b"").replace(b">", b"")) < len(first_bytes):
            echoed += await reader.read(65_536)
        assert echoed.replace(b"<", b"").replace(b">", b"") == first_bytes


async def test_upgrade_request_may_come_in_pieces(app: Application) -> None:
    async with opened(app) as door, door.connection() as (reader, writer):
        for byte in UPGRADE:
            writer.write(bytes([byte]))
            await writer.drain()
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        writer.write(b"x")
        assert await reader.readexactly(3) == b"<x>"


async def test_upgrade_to_something_else_is_a_request_like_any_other(app: Application) -> None:
    async with opened(app) as door:
        h2c = b"GET /first HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
        second = b"GET /second HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        answer = await door.answer(h2c + second)
        assert answer.count(OK) == 2 and b"/first" in answer and b"/second" in answer


async def test_upgrade_behind_a_request_that_is_not_answered_yet_is_refused(app: Application) -> None:
    made = EchoGateway.made
    async with opened(app) as door:
        app.may_answer.clear()
        answer = await door.answer(REQUEST + UPGRADE)
        assert b"101" not in answer and EchoGateway.made == made


async def test_pipelined_requests_are_answered_in_order(app: Application) -> None:
    async with opened(app) as door:
        paths = [b"/path-%d" % number for number in range(5)]
        requests = [b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n" for path in paths[:-1]]
        last = b"GET " + paths[-1] + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        answer = await door.answer(b"".join(requests) + last)
        places = [answer.index(path) for path in paths]
        assert places == sorted(places)


# -- Connections of one address ------------------------------------------------------------------------


async def test_address_has_no_more_connections_than_its_limit(app: Application) -> None:
    app.counter = counter = AddressCounter(2)
    async with opened(app) as door:
        async with door.connection(), door.connection():
            await until(lambda: counter.open_connections("127.0.0.1") == 2)
            answer = await door.answer(b"")
            assert answer.startswith(b"HTTP/1.1 429 ") and b"retry-after: 60" in answer
        await until(lambda: counter.open_connections("127.0.0.1") == 0)
        assert (await door.answer(REQUEST.replace(b"Host: a", b"Connection: close"))).startswith(OK)


async def test_connection_that_is_handed_over_is_the_gateways_to_count(app: Application) -> None:
    app.counter = counter = AddressCounter(1)
    async with opened(app) as door, door.connection() as (reader, writer):
        writer.write(UPGRADE)
        await reader.readuntil(b"\r\n\r\n")
        assert counter.open_connections("127.0.0.1") == 0
