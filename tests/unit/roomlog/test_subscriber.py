"""The subscriber with an ear that a test plays: confirmations, breaks, and a store that has gone deaf."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import structlog

from hubbub.roomlog import keys
from hubbub.roomlog.client import StoreUnavailable
from hubbub.roomlog.subscriber import CONFIRM_SECONDS, DEAF_SECONDS, PROBE_SECONDS, Subscriber
from tests.unit.roomlog.stepped import SteppedLoop, stepped_loop

CHANNEL = keys.channel("place")


class FakeEar:
    """Confirms what it is asked for, if it may, and hears what a test says."""

    def __init__(self, store: "FakeStore") -> None:
        self._store = store
        self.asked: list[str] = []
        self.let_go: list[str] = []
        self.arrived: asyncio.Queue[tuple[bytes, bytes, bytes] | None] = asyncio.Queue()

    async def subscribe(self, *channels: str) -> None:
        self.asked += channels
        if self._store.confirms:
            for channel in channels:
                self.arrived.put_nowait((b"ssubscribe", channel.encode(), b""))

    async def unsubscribe(self, *channels: str) -> None:
        self.let_go += channels
        for channel in channels:
            self.arrived.put_nowait((b"sunsubscribe", channel.encode(), b""))

    async def hear(self) -> tuple[bytes, bytes, bytes]:
        heard = await self.arrived.get()
        if heard is None:
            raise StoreUnavailable("broken")
        return heard


class FakeStore:
    """Gives an ear each time it is asked for one; probes come back unless it is deaf."""

    def __init__(self) -> None:
        self.ears: list[FakeEar] = []
        self.confirms = True
        self.is_deaf = False

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[FakeEar]:
        self.ears.append(FakeEar(self))
        yield self.ears[-1]

    async def command(self, verb: str, channel: str, payload: bytes) -> int:
        if not self.is_deaf:
            self.say(channel, payload)
        return 1

    def say(self, channel: str, payload: bytes) -> None:
        self.ears[-1].arrived.put_nowait((b"smessage", channel.encode(), payload))


class Listener:
    """Keeps what it is told, in order."""

    def __init__(self) -> None:
        self.told: list[bytes | str] = []

    def heard(self, payload: bytes) -> None:
        if payload == b"garbage":
            raise ValueError("unreadable")
        self.told.append(payload)

    def interrupted(self) -> None:
        self.told.append("interrupted")


class Post:
    """A running subscriber with one listener."""

    def __init__(self, loop: SteppedLoop) -> None:
        self.loop = loop
        self.store = FakeStore()
        self.subscriber = Subscriber(cast(Any, self.store), "n-1")
        self.listener = Listener()
        loop.create_task(self.subscriber.run())
        loop.settle()

    def subscribe(self) -> asyncio.Task[None]:
        task = self.loop.create_task(self.subscriber.subscribe("place", self.listener))
        self.loop.settle()
        return task

    def say(self, payload: bytes) -> None:
        self.loop.do(lambda: self.store.say(CHANNEL, payload))


@pytest.fixture
def post() -> Iterator[Post]:
    with stepped_loop() as loop, structlog.testing.capture_logs():
        yield Post(loop)


def test_a_subscription_is_done_once_the_store_has_confirmed_it(post: Post) -> None:
    post.store.confirms = False
    subscribing = post.subscribe()
    assert not subscribing.done()
    post.loop.do(lambda: post.store.ears[0].arrived.put_nowait((b"ssubscribe", CHANNEL.encode(), b"")))
    assert subscribing.done()


def test_a_subscription_that_is_not_confirmed_in_time_is_unavailable(post: Post) -> None:
    post.store.confirms = False
    subscribing = post.subscribe()
    post.loop.wait(CONFIRM_SECONDS + 0.1)
    assert isinstance(subscribing.exception(), StoreUnavailable)


def test_an_envelope_reaches_the_listener_of_its_channel(post: Post) -> None:
    post.subscribe()
    post.say(b"one")
    assert post.listener.told[-1] == b"one"


def test_after_a_break_the_channel_is_asked_for_again_and_the_listener_told(post: Post) -> None:
    post.subscribe()
    post.listener.told.clear()
    post.loop.do(lambda: post.store.ears[0].arrived.put_nowait(None))
    post.loop.wait(0.2)
    post.say(b"after")
    assert CHANNEL in post.store.ears[1].asked
    assert post.listener.told == ["interrupted", b"after"]


def test_a_subscription_during_a_break_waits_for_the_new_confirmation(post: Post) -> None:
    post.loop.do(lambda: post.store.ears[0].arrived.put_nowait(None))
    subscribing = post.subscribe()
    assert not subscribing.done()
    post.loop.wait(0.2)
    assert subscribing.done()
    assert len(post.store.ears) == 2


def test_a_connection_that_has_gone_deaf_is_given_up(post: Post) -> None:
    post.subscribe()
    post.store.is_deaf = True
    post.loop.wait(2 * PROBE_SECONDS + DEAF_SECONDS)
    assert len(post.store.ears) == 2
    assert post.listener.told.count("interrupted") == 2


def test_a_silent_connection_that_hears_its_probe_is_kept(post: Post) -> None:
    post.subscribe()
    post.loop.wait(3 * (PROBE_SECONDS + DEAF_SECONDS))
    assert len(post.store.ears) == 1


def test_a_channel_that_nobody_wants_is_let_go(post: Post) -> None:
    post.subscribe()
    post.loop.do(lambda: post.subscriber.unsubscribe("place"))
    assert post.store.ears[0].let_go == [CHANNEL]


def test_whoever_wants_a_channel_again_waits_for_a_new_confirmation(post: Post) -> None:
    post.subscribe()
    post.loop.do(lambda: post.subscriber.unsubscribe("place"))
    post.store.confirms = False
    assert not post.subscribe().done()


def test_a_subscription_that_the_store_ends_is_made_anew(post: Post) -> None:
    post.subscribe()
    post.loop.do(lambda: post.store.ears[0].arrived.put_nowait((b"sunsubscribe", CHANNEL.encode(), b"")))
    post.loop.wait(0.2)
    assert CHANNEL in post.store.ears[1].asked


def test_an_envelope_that_cannot_be_read_counts_as_missed_and_ends_nothing(post: Post) -> None:
    post.subscribe()
    post.listener.told.clear()
    post.say(b"garbage")
    post.say(b"next")
    assert post.listener.told == ["interrupted", b"next"]
    assert len(post.store.ears) == 1
