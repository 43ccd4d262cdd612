"""A store that is gone, hangs, is full, read-only or has forgotten its functions: what is then certain."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from hubbub.roomlog import client, keys
from hubbub.roomlog.client import DEADLINE_SECONDS, OutcomeUnknown, StoreFault, StoreUnavailable
from hubbub.roomlog.log import Retention, RoomLog
from tests.integration.roomlog.place import AMINA, Place, publish
from tests.support.stores import Engine, Store, free_port, running_store
from tests.support.waiting import until

SLACK_SECONDS = 1.5  # of a busy machine, beyond the deadline


@pytest.fixture
def fragile(engine: Engine, tmp_path: Path) -> Iterator[Store]:
    """A store of the test's own, which may be killed and changed."""
    with running_store(tmp_path / "store", engine=engine) as store:
        yield store


@pytest.fixture
async def node(fragile: Store) -> AsyncIterator[client.Store]:
    """A node's connections to that store."""
    connections = client.Store(fragile.url)
    yield connections
    await connections.aclose()


@pytest.fixture
async def own(node: client.Store) -> Place:
    """A hub in that store."""
    log = RoomLog(node, "n-1", is_lossless=True, retain=Retention())
    place = Place(log, f"h{uuid.uuid4().hex[:12]}")
    return await place.made((place.agora, "agora"), (place.news, "announcement"))


async def test_a_store_that_is_not_there_was_certainly_not_asked() -> None:
    async with aclosing(client.Store(f"redis://127.0.0.1:{free_port()}/0")) as asking:
        with pytest.raises(StoreUnavailable):
            await asking.command("PING")
        with pytest.raises(StoreUnavailable):
            async with asking.listening():
                raise AssertionError("nobody is there")


async def test_a_store_that_was_killed_is_not_there_and_comes_back(own: Place, fragile: Store) -> None:
    item = await own.item(own.agora, AMINA, publish())
    await asyncio.to_thread(fragile.kill)
    with pytest.raises(StoreUnavailable):
        await own.append(item)
    await asyncio.to_thread(fragile.restart)
    assert await own.statuses(item) == ["ok"]


async def test_a_store_that_hangs_leaves_the_outcome_unknown_within_the_deadline(
    own: Place, fragile: Store
) -> None:
    item = await own.item(own.agora, AMINA, publish())
    fragile.stall()
    began_at = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        await own.append(item)
    assert time.monotonic() - began_at < DEADLINE_SECONDS + SLACK_SECONDS
    fragile.resume()
    await until("the store executes what it was sent while it hung", own.raw)
    assert await own.statuses(item) == ["duplicate"]
    assert len(await own.raw()) == 1


async def test_a_store_that_hangs_cannot_be_connected_to(fragile: Store) -> None:
    async with aclosing(client.Store(fragile.url)) as asking:
        fragile.stall()
        with pytest.raises(StoreUnavailable):
            await asking.command("PING")
        fragile.resume()
        assert await asking.command("PING") == b"PONG"


async def test_what_is_under_way_when_a_store_is_killed_is_unknown(
    own: Place, node: client.Store, fragile: Store
) -> None:
    item = await own.item(own.agora, AMINA, publish())
    fragile.stall()
    under_way = asyncio.create_task(own.append(item))
    await until("the batch was sent", lambda: is_busy(node))
    await asyncio.to_thread(fragile.kill)
    with pytest.raises(OutcomeUnknown):
        await under_way


def is_busy(node: client.Store) -> bool:
    """Whether a connection of the node is in use; a store that hangs cannot tell."""
    return bool(node._pool._in_use_connections)


def full(store: Store) -> None:
    store.command("CONFIG", "SET", "maxmemory", "1mb")


def not_full(store: Store) -> None:
    store.command("CONFIG", "SET", "maxmemory", "0")


def replica(store: Store) -> None:
    store.command("CONFIG", "SET", "replica-serve-stale-data", "yes")
    store.command("REPLICAOF", "127.0.0.1", free_port())


def stale_replica(store: Store) -> None:
    store.command("CONFIG", "SET", "replica-serve-stale-data", "no")
    store.command("REPLICAOF", "127.0.0.1", free_port())


def primary(store: Store) -> None:
    store.command("REPLICAOF", "NO", "ONE")


def lonely(store: Store) -> None:
    store.command("CONFIG", "SET", "min-replicas-to-write", "1")


def not_lonely(store: Store) -> None:
    store.command("CONFIG", "SET", "min-replicas-to-write", "0")


@pytest.mark.parametrize(
    ("breaks", "mends"),
    [
        pytest.param(full, not_full, id="OOM"),
        pytest.param(replica, primary, id="READONLY"),
        pytest.param(stale_replica, primary, id="MASTERDOWN"),
        pytest.param(lonely, not_lonely, id="NOREPLICAS"),
    ],
)
async def test_a_store_that_takes_no_writes_certainly_did_not_write(
    own: Place, fragile: Store, breaks: Callable[[Store], None], mends: Callable[[Store], None]
) -> None:
    item = await own.item(own.agora, AMINA, publish())
    breaks(fragile)
    with pytest.raises(StoreUnavailable):
        await own.append(item)
    mends(fragile)
    assert await own.raw() == []
    assert await own.statuses(item) == ["ok"]


async def test_a_store_that_wants_a_password_certainly_did_nothing(
    node: client.Store, fragile: Store
) -> None:
    fragile.command("CONFIG", "SET", "requirepass", "secret")
    with pytest.raises(StoreUnavailable):
        await node.command("PING")


async def test_a_store_with_no_room_for_connections_was_certainly_not_asked(
    node: client.Store, fragile: Store
) -> None:
    await node.command("PING")
    fragile.command("CONFIG", "SET", "maxclients", "1")
    async with aclosing(client.Store(fragile.url)) as stranger:
        with pytest.raises(StoreUnavailable):
            await stranger.command("PING")


async def test_forgotten_functions_are_loaded_again(own: Place, fragile: Store) -> None:
    await own.say("un")
    fragile.command("FUNCTION", "FLUSH")
    assert await own.say("deux") == 2
    assert [entry["text"] for entry in await own.raw()] == ["un", "deux"]


async def test_functions_that_are_there_are_loaded_again_without_harm(own: Place, fragile: Store) -> None:
    async with aclosing(client.Store(fragile.url)) as other:
        await other.load_library()
        await other.load_library()
    assert await own.say("un") == 1


async def test_many_who_find_the_functions_gone_all_get_their_answer(own: Place, fragile: Store) -> None:
    items = [await own.item(own.agora, AMINA, publish()) for _ in range(8)]
    fragile.command("FUNCTION", "FLUSH")
    answers = await asyncio.gather(*(own.append(item) for item in items))
    assert sorted(answer.number for [answer] in answers) == list(range(1, 9))


async def test_a_command_that_the_store_refuses_for_its_own_reason_is_a_fault(
    own: Place, node: client.Store
) -> None:
    with pytest.raises(StoreFault):
        await node.command("GET", keys.hub_key(own.hub, "rooms"))
    assert await own.say("un") == 1


async def test_a_fault_of_one_command_leaves_the_other_replies_of_a_pipeline(node: client.Store) -> None:
    replies = await node.pipeline([("PING",), ("NO-SUCH-COMMAND",), ("ECHO", "x")])
    assert (replies[0], type(replies[1]), replies[2]) == (b"PONG", StoreFault, b"x")


async def test_a_cancelled_call_leaves_no_reply_for_the_next_one(node: client.Store, fragile: Store) -> None:
    await node.command("PING")
    fragile.stall()
    under_way = asyncio.create_task(node.command("ECHO", "first"))
    await until("the command was sent", lambda: is_busy(node))
    under_way.cancel()
    with pytest.raises(asyncio.CancelledError):
        await under_way
    fragile.resume()
    assert await node.command("ECHO", "second") == b"second"


async def test_an_ear_hears_that_its_store_was_killed(node: client.Store, fragile: Store) -> None:
    async with node.listening() as ear:
        await ear.subscribe("anything")
        await ear.hear()
        await asyncio.to_thread(fragile.kill)
        with pytest.raises(StoreUnavailable):
            await ear.hear()


async def test_an_ear_that_is_cut_while_it_asks_for_channels_says_so(
    node: client.Store, fragile: Store
) -> None:
    for _ in range(20):  # the cut has to come between two steps of sending
        async with node.listening() as ear, asyncio.TaskGroup() as group:
            await ear.subscribe("first")
            group.create_task(hear_the_end_of(ear))
            kill = group.create_task(asyncio.to_thread(fragile.command, "CLIENT", "KILL", "TYPE", "pubsub"))
            with pytest.raises(StoreUnavailable):
                async with asyncio.timeout(DEADLINE_SECONDS + SLACK_SECONDS):
                    while True:
                        await ear.subscribe("second")
            assert await kill == 1


async def hear_the_end_of(ear: client.Ear) -> None:
    with pytest.raises(StoreUnavailable):
        while True:
            await ear.hear()


async def test_a_cancellation_is_never_lost(node: client.Store) -> None:
    async def ask_on() -> None:
        while True:
            await node.command("PING")

    for steps in range(80):  # each is cancelled at another step of what a command waits for
        asking = asyncio.create_task(ask_on())
        for _ in range(steps):
            await asyncio.sleep(0)
        asking.cancel()
        _, pending = await asyncio.wait({asking}, timeout=1)
        asking.cancel()
        assert not pending, f"lost after {steps} steps"
