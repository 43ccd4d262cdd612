"""How a connection begins: subprotocols, kinds of messages, origins and hosts (protocol, section 2)."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import pytest

from tests.integration.gateway.scene import Scene
from tests.support.client import Client, CodecName, UpgradeRefused, open_client
from tests.support.server import Node

REQUEST = (
    "GET {path} HTTP/1.1\r\n{host}Upgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
)


async def head_of_answer(node: Node, *, path: str = "/ws", host: str | None = None, more: str = "") -> str:
    """Send one upgrade request as it is and return the head of the answer."""
    own = f"127.0.0.1:{node.port}"
    host = f"Host: {own}\r\n" if host is None else host
    reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
    try:
        writer.write(REQUEST.format(path=path, host=host, more=more).encode("latin-1"))
        async with asyncio.timeout(10):
            return (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    finally:
        writer.close()


def status_of(head: str) -> int:
    return int(head.split(" ")[1])


async def is_greeted(client: Client) -> bool:
    reply = await client.hello(name="amina")
    return bool(reply["t"] == "welcome")


@pytest.mark.parametrize(
    ("offered", "picked"),
    [
        (["hubbub.v1.msgpack", "hubbub.v1.json"], "hubbub.v1.msgpack"),
        (["hubbub.v1.json", "hubbub.v1.msgpack"], "hubbub.v1.json"),
        (["hubbub.v9.json", "hubbub.v1.msgpack"], "hubbub.v1.msgpack"),
    ],
)
async def test_the_first_subprotocol_offered_that_is_known_is_picked(
    one_scene: Scene, offered: list[str], picked: str
) -> None:
    codec: CodecName = "msgpack" if picked.endswith("msgpack") else "json"
    client = await one_scene.stranger(codec=codec, subprotocols=offered)
    assert client._wire.subprotocol == picked
    assert await is_greeted(client)


async def test_a_client_that_offers_no_subprotocol_speaks_json(one_scene: Scene) -> None:
    client = await one_scene.stranger(codec="json", subprotocols=[])
    assert client._wire.subprotocol is None
    assert await is_greeted(client)


async def test_only_unknown_subprotocols_are_refused_with_the_known_ones(one_scene: Scene) -> None:
    with pytest.raises(UpgradeRefused) as refused:
        await one_scene.stranger(subprotocols=["hubbub.v9.json", "mqtt"])
    assert refused.value.status == 400
    assert b"hubbub.v1.msgpack" in refused.value.body and b"hubbub.v1.json" in refused.value.body


@pytest.mark.parametrize("codec", ["json", "msgpack"])
async def test_a_message_of_the_wrong_kind_closes_with_1003(one_scene: Scene, codec: str) -> None:
    client = await one_scene.stranger(codec="json" if codec == "json" else "msgpack")
    client.send_message(b"{}", is_binary=codec == "json")
    assert await client.close_code() == 1003


async def test_there_are_no_websockets_beside_their_path(one_scene: Scene) -> None:
    assert status_of(await head_of_answer(one_scene.node, path="/ws/other")) == 404


async def test_deflate_is_offered_in_vain(one_scene: Scene) -> None:
    head = await head_of_answer(one_scene.node, more="Sec-WebSocket-Extensions: permessage-deflate\r\n")
    assert status_of(head) == 101
    assert "sec-websocket-extensions" not in head


@pytest.mark.parametrize(
    "origin",
    [
        "http://127.0.0.1:{port}",
        "http://localhost:{port}",
        "http://[::1]:{port}",
        "https://chat.example.org",
    ],
)
async def test_a_page_of_an_own_origin_connects(one_scene: Scene, origin: str) -> None:
    client = await one_scene.stranger(origin=origin.format(port=one_scene.node.port))
    assert await is_greeted(client)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.example",
        "http://localhost",
        "http://127.0.0.1",
        "http://127.0.0.1:{other}",
        "https://127.0.0.1:{port}",
        "ws://127.0.0.1:{port}",
        "file://",
        "http://127.0.0.1:{port}.evil.example",
        "http://evil.example#127.0.0.1:{port}",
        "http://127.0.0.1:{port}/",
        "http://127.0.0.1:{port}@evil.example",
        "http://user@127.0.0.1:{port}",
        "http://127.0.0.2:{port}",
        "http://2130706433:{port}",
        "http://127.1:{port}",
        "http://localhost.evil.example:{port}",
        "http://evil-localhost:{port}",
        "http://sub.localhost:{port}",
        "http://localhost.:{port}",
        "http://[::]:{port}",
        "http://0.0.0.0:{port}",
        "https://chat.example.org.evil.example",
        "https://evil-chat.example.org",
        "https://sub.chat.example.org",
        "http://chat.example.org",
        "https://chat.example.org:8443",
        "https://example.org",
        "https://chat.example.org, http://127.0.0.1:{port}",
        "http://127.0.0.1:{port} http://evil.example",
    ],
)
async def test_a_page_of_a_foreign_origin_is_refused_before_the_upgrade(
    embedded_node: Node, origin: str
) -> None:
    port = embedded_node.port
    line = f"Origin: {origin.format(port=port, other=port + 1)}\r\n"
    assert status_of(await head_of_answer(embedded_node, more=line)) == 403


async def test_two_origins_are_one_too_many(one_scene: Scene) -> None:
    own = f"Origin: http://127.0.0.1:{one_scene.node.port}\r\n"
    assert (
        status_of(await head_of_answer(one_scene.node, more=own + "Origin: http://evil.example\r\n")) == 403
    )


async def test_scripts_without_an_origin_connect(one_scene: Scene) -> None:
    assert status_of(await head_of_answer(one_scene.node)) == 101


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost.evil.example:{port}",
        "127.0.0.1:{port}.evil.example",
    ],
)
async def test_a_request_for_a_foreign_host_is_refused(one_scene: Scene, host: str) -> None:
    foreign = host.format(port=one_scene.node.port)
    assert status_of(await head_of_answer(one_scene.node, host=f"Host: {foreign}\r\n")) == 403
    answer = await one_scene.http("GET", "/api/hubs", headers={"Host": foreign})
    assert answer.status_code == 403


@pytest.mark.parametrize("host", ["localhost:{port}", "127.0.0.1:{port}", "[::1]:{port}", "LOCALHOST:{port}"])
async def test_a_request_for_an_own_host_is_answered(one_scene: Scene, host: str) -> None:
    own = f"Host: {host.format(port=one_scene.node.port)}\r\n"
    assert status_of(await head_of_answer(one_scene.node, host=own)) == 101


async def test_a_token_in_the_address_is_not_looked_at(one_scene: Scene) -> None:
    address = urlsplit(one_scene.node.url)._replace(query="token=nonsense").geturl()
    client = await open_client(address)
    one_scene.clients.append(client)
    assert await is_greeted(client)
    assert "nonsense" not in one_scene.node.output
