"""The numbers of a node are for this machine and for whom the operator names."""

import httpx2
import pytest
from starlette.applications import Starlette

from hubbub.domain.refusals import Code
from hubbub.hooks.incoming import HookBook
from hubbub.settings import read_settings
from hubbub.tokens import Tokens
from hubbub.web.app import create_app
from tests.unit.web.fake_node import FakeNode


async def status(app: Starlette, peer: str, **headers: str) -> int:
    transport = httpx2.ASGITransport(app, client=(peer, 4711))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return (await client.get("/metrics", headers=named)).status_code


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1"])
async def test_this_machine_may_read_the_numbers(app: Starlette, peer: str) -> None:
    assert await status(app, peer) == 200


@pytest.mark.parametrize("peer", ["192.0.2.7", "10.0.0.1", "2001:db8::1", "unknown"])
async def test_nobody_else_may(app: Starlette, peer: str) -> None:
    assert await status(app, peer) == 403


@pytest.mark.parametrize("header", ["x_forwarded_for", "forwarded", "via"])
async def test_what_a_proxy_of_this_machine_passes_on_is_not_of_this_machine(
    app: Starlette, header: str
) -> None:
    assert await status(app, "127.0.0.1", **{header: "127.0.0.1"}) == 403


async def test_networks_that_are_named_may(node: FakeNode, tokens: Tokens, book: HookBook) -> None:
    app = create_app(node, tokens, read_settings(metrics_from="10.0.0.0/8"), book)
    assert await status(app, "10.1.2.3") == 200
    assert await status(app, "11.1.2.3") == 403


async def test_a_refusal_over_http_is_counted(stranger: httpx2.AsyncClient, node: FakeNode) -> None:
    await stranger.post("/api/guest", json={})
    assert node.codes == [Code.BAD_REQUEST]
