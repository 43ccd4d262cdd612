"""Fixtures of the room log: a hub of its own for every test, in stores of both engines."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest

from hubbub.roomlog import client
from hubbub.roomlog.log import Retention, RoomLog
from tests.integration.roomlog.place import Place
from tests.support.stores import Store


@pytest.fixture
async def asking(store: Store) -> AsyncIterator[client.Store]:
    """The connections of a node to the store; closed with the test."""
    connections = client.Store(store.url)
    yield connections
    await connections.aclose()


@pytest.fixture
def log(asking: client.Store) -> RoomLog:
    """The room log of a node named `n-1`, in a store that may lose its tail."""
    return RoomLog(asking, "n-1", is_lossless=False, retain=Retention())


@pytest.fixture
async def place(log: RoomLog) -> Place:
    """A fresh hub with an open room `agora` and an announcement room `news`."""
    place = Place(log, f"h{uuid.uuid4().hex[:12]}")
    return await place.made((place.agora, "agora"), (place.news, "announcement"))
