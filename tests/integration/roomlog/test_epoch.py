"""A store that may have lost its newest entries gets a new epoch; what survived goes on."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hubbub.domain import entries
from hubbub.roomlog import client, keys
from hubbub.roomlog.log import Retention, RoomLog
from tests.integration.roomlog.place import AMINA, BILAL, MODERATOR, Place, publish, switch
from tests.support.stores import Engine, Store, running_store


def restarted(store: Store, place: Place) -> None:
    """Lets the hub's store look as if it had been started again since the last touch."""
    for key in (keys.hub_key(place.hub, "hub"), keys.room_key(place.agora, "meta")):
        store.command("HSET", key, "run_id", "of-the-run-before")


Touch = Callable[[Place], Awaitable[object]]


async def touch_by_page(place: Place) -> object:
    return await place.log.page(place.agora, 10, None, None)


async def touch_by_glance(place: Place) -> object:
    return await place.log.glances(place.hub, [place.agora], None)


async def touch_by_seen(place: Place) -> None:
    await place.log.seen(place.hub, [(place.agora, AMINA.id, 0, 1)])


async def touch_by_read(place: Place) -> object:
    return await place.log.read(place.agora)


@pytest.mark.parametrize("touch", [touch_by_read, touch_by_page, touch_by_glance, touch_by_seen])
async def test_the_first_touch_after_a_restart_makes_a_new_epoch(
    place: Place, store: Store, touch: Touch
) -> None:
    await place.say("un")
    before = await place.numbers(place.agora)
    restarted(store, place)
    await touch(place)
    epoch = store.command("HGET", keys.room_key(place.agora, "meta"), "epoch")
    assert epoch != before.epoch
    assert (await place.numbers(place.agora)).epoch == epoch, "it changed twice"


async def test_numbering_goes_on_from_what_survived(place: Place, store: Store) -> None:
    await place.say("un")
    restarted(store, place)
    assert await place.say("deux") == 2
    assert [entry["text"] for entry in await place.raw()] == ["un", "deux"]


async def test_what_was_decided_before_the_restart_is_stale(place: Place, store: Store) -> None:
    item = await place.item(place.agora, AMINA, publish())
    restarted(store, place)
    assert await place.statuses(item) == ["stale"]


async def test_a_retry_across_a_restart_is_still_a_duplicate(place: Place, store: Store) -> None:
    item = await place.item(place.agora, AMINA, publish())
    await place.append(item)
    restarted(store, place)
    [answer] = await place.append(item)
    assert (answer.status, answer.number) == ("duplicate", 1)
    assert answer.epoch == (await place.numbers(place.agora)).epoch


async def test_the_hub_gets_a_new_revision_too(place: Place, store: Store) -> None:
    before = await place.log.hub(place.hub)
    restarted(store, place)
    after = await place.log.hub(place.hub)
    assert before is not None and after is not None
    assert before.rev != after.rev
    assert (before.rooms, before.roles) == (after.rooms, after.roles)


async def test_a_lossless_store_keeps_its_epoch(place: Place, store: Store, asking: client.Store) -> None:
    before = await place.numbers(place.agora)
    restarted(store, place)
    lossless = replace(place, log=RoomLog(asking, "n-1", is_lossless=True, retain=Retention()))
    after = await lossless.numbers(place.agora)
    assert after == replace(before, now_ms=after.now_ms)


async def test_the_ledger_says_that_the_epoch_changed(place: Place, store: Store) -> None:
    await place.say("un")
    before = await place.numbers(place.agora)
    restarted(store, place)
    after = await place.numbers(place.agora)
    [(_, item)] = store.command("XRANGE", keys.room_key(place.agora, "ledger"), "-", "+")
    assert item["k"] == "epoch"
    assert entries.decode(item["b"].encode()) == {
        "kind": "epoch",
        "epoch": after.epoch,
        "previous": before.epoch,
        "last_seq": 1,
    }


async def test_the_ledger_goes_on_after_several_epochs(place: Place, store: Store) -> None:
    await place.act(place.agora, MODERATOR, switch())
    for _ in range(2):
        restarted(store, place)
        await place.numbers(place.agora)
    await place.act(place.agora, MODERATOR, switch("agora"))
    kept = store.command("XRANGE", keys.room_key(place.agora, "ledger"), "-", "+")
    assert [(id, item["k"]) for id, item in kept] == [
        ("1-0", "mode"),
        ("1-1", "epoch"),
        ("1-2", "epoch"),
        ("2-0", "mode"),
    ]


async def test_what_somebody_saw_of_a_lost_tail_is_cut_to_the_head(place: Place, store: Store) -> None:
    await place.say("un")
    for part in ("first", "last"):
        store.command("ZADD", keys.room_key(place.agora, part), 58, AMINA.id, 1, BILAL.id)
    restarted(store, place)
    await place.numbers(place.agora)
    for part in ("first", "last"):
        for identity in (AMINA, BILAL):
            assert float(store.command("ZSCORE", keys.room_key(place.agora, part), identity.id)) == 1


# -- with a store that is really killed -----------------------------------------------------------


@pytest.fixture
def killable(engine: Engine, tmp_path: Path) -> Iterator[Store]:
    """A store of the test's own that keeps only what it was told to save."""
    with running_store(tmp_path / "store", engine=engine, fsync=None) as store:
        yield store


@pytest.fixture
async def own(killable: Store) -> AsyncIterator[Place]:
    """A hub in the store that can be killed."""
    asking = client.Store(killable.url)
    place = Place(RoomLog(asking, "n-1", is_lossless=False, retain=Retention()), f"h{uuid.uuid4().hex[:12]}")
    yield await place.made((place.agora, "agora"), (place.news, "announcement"))
    await asking.aclose()


async def killed_and_restarted(store: Store) -> None:
    """Beside the event loop, which meanwhile hears that its connections are gone."""
    await asyncio.to_thread(store.kill)
    await asyncio.to_thread(store.restart)


async def test_no_epoch_and_seq_ever_name_two_entries_when_the_tail_is_lost(
    own: Place, killable: Store
) -> None:
    await own.say("gardé")
    killable.command("SAVE")
    await own.say("perdu")
    epoch = (await own.numbers(own.agora)).epoch
    await killed_and_restarted(killable)
    assert await own.say("nouveau") == 2
    assert [entry["text"] for entry in await own.raw()] == ["gardé", "nouveau"]
    assert (await own.numbers(own.agora)).epoch != epoch


async def test_every_restart_makes_an_epoch_of_its_own(own: Place, killable: Store) -> None:
    epochs = {(await own.numbers(own.agora)).epoch}
    for _ in range(2):
        killable.command("SAVE")
        await killed_and_restarted(killable)
        epochs.add((await own.numbers(own.agora)).epoch)
    assert len(epochs) == 3
