"""One connection to something that answers: which answers are worth another try, and which are none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from hubbub import ProtocolError
from hubbub.sdk.hub import socket_url
from hubbub.sdk.line import NO_CODE, SUBPROTOCOL, Lost, dial


@asynccontextmanager
async def answering(conversation: Any, **how: Any) -> AsyncIterator[str]:
    """A WebSocket server on a free port, and its address."""
    subprotocols = how.pop("subprotocols", [SUBPROTOCOL])
    async with serve(conversation, "127.0.0.1", 0, subprotocols=subprotocols, **how) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/ws"


async def silent(connection: ServerConnection) -> None:
    await connection.wait_closed()


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_an_upgrade_that_may_work_later_is_tried_again(status: int) -> None:
    async with answering(silent, process_request=lambda it, _: it.respond(HTTPStatus(status), "")) as url:
        with pytest.raises(Lost, match=str(status)):
            await dial(url)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 200])
async def test_an_upgrade_that_never_works_ends_the_program(status: int) -> None:
    async with answering(silent, process_request=lambda it, _: it.respond(HTTPStatus(status), "")) as url:
        with pytest.raises(ProtocolError) as refused:
            await dial(url)
        assert refused.value.code == "upgrade_refused"


async def test_a_server_that_speaks_another_protocol_ends_the_program() -> None:
    async with answering(silent, subprotocols=None) as url:
        with pytest.raises(ProtocolError) as refused:
            await dial(url)
        assert refused.value.code == "unknown_subprotocol"


async def test_nobody_there_is_worth_another_try() -> None:
    async with answering(silent) as url:
        pass
    with pytest.raises(Lost):
        await dial(url)


@pytest.mark.parametrize("code", [1012, 4500])
async def test_a_close_is_told_with_its_code_and_reason(code: int) -> None:
    async def closing(connection: ServerConnection) -> None:
        await connection.close(code, "because")

    async with answering(closing) as url:
        line = await dial(url)
        with pytest.raises(Lost) as lost:
            await line.receive()
        assert (lost.value.code, lost.value.reason) == (code, "because")
        with pytest.raises(Lost):
            await line.send({"t": "pong"})


async def test_a_connection_that_breaks_has_no_code() -> None:
    async def breaking(connection: ServerConnection) -> None:
        connection.transport.abort()

    async with answering(breaking) as url:
        line = await dial(url)
        with pytest.raises(Lost) as lost:
            await line.receive()
        assert lost.value.code == NO_CODE


@pytest.mark.parametrize(
    "payload", [b"\xc1", msgspec.msgpack.encode([1]), msgspec.msgpack.encode({"t": 1}), "{}"]
)
async def test_what_is_no_frame_ends_the_program(payload: bytes | str) -> None:
    async def babbling(connection: ServerConnection) -> None:
        await connection.send(payload)
        await connection.wait_closed()

    async with answering(babbling) as url:
        line = await dial(url)
        with pytest.raises(ProtocolError) as broken:
            await line.receive()
        assert broken.value.code == "broken_frame"
        await line.close()


async def test_a_frame_is_one_message_of_messagepack_and_the_close_is_in_order() -> None:
    heard: asyncio.Queue[object] = asyncio.Queue()

    async def listening(connection: ServerConnection) -> None:
        heard.put_nowait(connection.subprotocol)
        async for message in connection:
            heard.put_nowait(message)
        heard.put_nowait(connection.close_code)

    async with answering(listening) as url:
        line = await dial(url)
        await line.send({"t": "typing", "room": "place/agora"})
        await line.close()
        assert await heard.get() == Subprotocol("hubbub.v1.msgpack")
        sent = await heard.get()
        assert isinstance(sent, bytes) and msgspec.msgpack.decode(sent) == {
            "t": "typing",
            "room": "place/agora",
        }
        assert await heard.get() == 1000


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:8000", "ws://127.0.0.1:8000/ws"),
        ("https://chat.example/", "wss://chat.example/ws"),
        ("https://example.org/chat", "wss://example.org/chat/ws"),
        ("wss://chat.example/ws", "wss://chat.example/ws"),
    ],
)
def test_the_address_of_a_server_leads_to_its_websocket(url: str, address: str) -> None:
    assert socket_url(url) == address


@pytest.mark.parametrize("url", ["chat.example", "ftp://chat.example", "http://", ""])
def test_what_is_no_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(ProtocolError):
        socket_url(url)
