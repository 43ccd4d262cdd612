"""Fixtures of webhooks: a hub in a real store, a receiver, and what a node's couriers use."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from hubbub.hooks.courier import Courier
from hubbub.hooks.outgoing import Webhook, WebhookBook
from hubbub.hooks.posting import Poster
from hubbub.roomlog import client
from hubbub.roomlog.log import Retention, RoomLog
from tests.integration.roomlog.place import Place
from tests.support.receiver import Receiver, receiving
from tests.support.stores import Store


@dataclass
class Clock:
    """A clock that can be turned."""

    ms: int = 1_795_000_000_000

    def now_ms(self) -> int:
        return self.ms


@dataclass
class Bench:
    """What couriers of one node use, and a place to send from."""

    store: client.Store
    log: RoomLog
    book: WebhookBook
    poster: Poster
    turns: asyncio.Semaphore
    place: Place
    clock: Clock
    allow_private: bool = True

    async def webhook(self, url: str, *kinds: str) -> Webhook:
        """A webhook of the agora for what comes from now on."""
        numbers = await self.place.numbers(self.place.agora)
        return await self.book.create(
            self.place.agora, url, "a key of the test", kinds, numbers.epoch, numbers.seq
        )

    async def courier(self, webhook: Webhook, moved: asyncio.Event | None = None) -> Courier:
        """A courier that holds the lease."""
        assert await self.book.take(webhook.id, "holder")
        return Courier(self, webhook, "holder", self.clock.now_ms, moved or asyncio.Event())


@pytest.fixture
async def bench(store: Store) -> AsyncIterator[Bench]:
    """A hub of its own in a store that may lose its tail."""
    connections = client.Store(store.url)
    log = RoomLog(connections, "n-1", is_lossless=False, retain=Retention())
    place = Place(log, f"h{uuid.uuid4().hex[:12]}")
    await place.made((place.agora, "agora"))
    async with Poster(lambda _: True) as poster:
        turns = asyncio.Semaphore(4)
        yield Bench(connections, log, WebhookBook(connections), poster, turns, place, Clock())
    await connections.aclose()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Somebody's server."""
    async with receiving() as running:
        yield running
