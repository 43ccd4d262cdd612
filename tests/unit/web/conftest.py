"""The application over a fake node, and a client that is signed in."""

from asyncio import AbstractEventLoop
from collections.abc import AsyncIterator, Callable, Mapping

import httpx2
import pytest
import uvloop
from starlette.applications import Starlette

from hubbub.hooks.incoming import HookBook
from hubbub.settings import Settings
from hubbub.tokens import Tokens, mint
from hubbub.web.app import create_app
from tests.unit.hooks.fake_store import FakeStore
from tests.unit.web.fake_node import FakeNode

SECRET = b"a secret of at least 32 bytes, which only the tests know"


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], AbstractEventLoop]]:
    """The loop that the server runs on: its transports are not asyncio's own."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
def node() -> FakeNode:
    return FakeNode()


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(SECRET, None, admits_guests=True)


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def book(store: FakeStore) -> HookBook:
    return HookBook(store)


@pytest.fixture
def app(node: FakeNode, tokens: Tokens, book: HookBook) -> Starlette:
    return create_app(node, tokens, Settings(host="127.0.0.1", port=8000), book)


@pytest.fixture
async def stranger(app: Starlette) -> AsyncIterator[httpx2.AsyncClient]:
    """Without a token."""
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        yield client


@pytest.fixture
async def client(stranger: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """Signed in as u:42, a moderator of the hub `place`."""
    token = mint(SECRET, "u:42", "Amina", roles={"place": "moderator"})
    stranger.headers["Authorization"] = f"Bearer {token}"
    return stranger
