"""Fixtures of the wire: two kinds of servers for all tests, and a fresh room for each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from tests.integration.gateway.scene import Scene
from tests.support.client import Client, CodecName, WireFrame
from tests.support.conformity import Documented
from tests.support.server import START_SECONDS, Node, options_for
from tests.support.stores import Store, running_store
from tests.support.tokens import SECRET
from tests.support.waiting import until_now

OWN_ORIGIN = "https://chat.example.org"
"""Allowed on every server besides its own, for the tests of origins."""


DOCUMENTED = Documented()


@pytest.fixture(autouse=True)
def everything_sent_is_as_described(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Holds what these servers send against the documents for programs."""
    faults: list[str] = []
    take, http = Client.take, Scene.http

    def take_checked(client: Client, frame: WireFrame) -> None:
        faults.extend(DOCUMENTED.faults_of_new_look(frame))
        take(client, frame)

    async def http_checked(scene: Scene, method: str, path: str, **more: Any) -> httpx2.Response:
        answer = await http(scene, method, path, **more)
        if answer.headers.get("content-type") == "application/json":
            faults.extend(DOCUMENTED.faults_of_response(method, path, answer.status_code, answer.json()))
        return answer

    monkeypatch.setattr(Client, "take", take_checked)
    monkeypatch.setattr(Scene, "http", http_checked)
    yield
    assert not faults


@contextmanager
def serving(folder: Path, *options: str, count: int = 1) -> Iterator[list[Node]]:
    """Run nodes with the same options for the length of the block."""
    nodes = [Node(folder / f"node-{number}", *options) for number in range(count)]
    try:
        for node in nodes:
            node.launch()
        for node in nodes:
            until_now("the node listens", partial(_listens, node), START_SECONDS)
        yield nodes
    finally:
        for node in nodes:
            node.clean()


def _listens(node: Node) -> bool:
    ended = node._running_process().poll()
    assert ended is None, f"serve ended with {ended}:\n{node.output[-3000:]}"
    try:
        return httpx2.get(f"{node.http_url}/readyz", timeout=5, trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False


@pytest.fixture(scope="session")
def redis_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The system's Redis, syncing every write."""
    with running_store(tmp_path_factory.mktemp("redis"), engine="redis") as store:
        yield store


@pytest.fixture(scope="session")
def two_nodes(redis_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Node]]:
    """Two nodes on one Redis, for all tests: do not kill them."""
    options = (*options_for(redis_store.url, is_lossless=True), "--allowed-origins", OWN_ORIGIN)
    with serving(tmp_path_factory.mktemp("on-redis"), *options, count=2) as nodes:
        yield nodes


@pytest.fixture(scope="session")
def embedded_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node with the store that it brings, for all tests: do not kill it."""
    options = ("--secret", SECRET, "--no-rate-limits", "--demo", "--allowed-origins", OWN_ORIGIN)
    with serving(tmp_path_factory.mktemp("embedded"), *options) as nodes:
        yield nodes[0]


async def _scene(node: Node, codec: CodecName) -> AsyncIterator[Scene]:
    scene = Scene(node, codec, "")
    scene.room = await scene.make_room()
    try:
        yield scene
    finally:
        await scene.close()


@pytest_asyncio.fixture(params=["embedded, JSON", "on Redis, msgpack"])
async def scene(request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    """A fresh room, once on each kind of server and in each codec."""
    if request.param == "embedded, JSON":
        scenes = _scene(request.getfixturevalue("embedded_node"), "json")
    else:
        scenes = _scene(request.getfixturevalue("two_nodes")[0], "msgpack")
    async for scene in scenes:
        yield scene


@pytest_asyncio.fixture
async def one_scene(embedded_node: Node) -> AsyncIterator[Scene]:
    """A fresh room, for what takes long and depends neither on the codec nor on the store."""
    async for scene in _scene(embedded_node, "json"):
        yield scene


@pytest_asyncio.fixture
async def shared_scene(two_nodes: list[Node]) -> AsyncIterator[Scene]:
    """A fresh room on the first of two nodes with one store."""
    async for scene in _scene(two_nodes[0], "json"):
        yield scene


@pytest.fixture(scope="session")
def strict_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node as it is by default, with limits on rates, but without guests."""
    with serving(tmp_path_factory.mktemp("strict"), "--secret", SECRET, "--demo", "--no-guests") as nodes:
        yield nodes[0]
