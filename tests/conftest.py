"""Fixtures that several kinds of tests share: stores of both engines, a node, a fresh room."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from itertools import count
from typing import cast

import pytest
import pytest_asyncio

from tests.support.server import Node, options_for, running_node
from tests.support.stores import ENGINES, Engine, Store, running_store

_room_numbers = count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the long form of the chaos test be asked for."""
    parser.addoption(
        "--chaos-full",
        action="store_true",
        help="kill nodes 20 times, the store 10 times and switch modes 200 times (some minutes)",
    )


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """The engine of the store: the Valkey that Hubbub brings, and the system's Redis."""
    return cast(Engine, request.param)


@pytest.fixture(scope="session")
def store(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store that syncs every write, for all tests: do not kill it, take `running_store` for that."""
    with running_store(tmp_path_factory.mktemp(engine), engine=engine) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server(store: Store, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Node]:
    """A node with the demo's hub `place` on that store, for all tests: do not kill it."""
    folder = tmp_path_factory.mktemp("node")
    async with running_node(folder, *options_for(store.url, is_lossless=True)) as node:
        yield node


@pytest_asyncio.fixture
async def room(server: Node) -> str:
    """The address of a fresh, open room of the hub `place` on `server`."""
    return await server.make_room(f"place/room-{next(_room_numbers)}")
