"""A hub's pulse tells, at next to no cost, whether anything has happened there."""

from __future__ import annotations

import pytest

from hubbub.roomlog import client, keys
from hubbub.roomlog.log import Retention, RoomLog
from hubbub.roomlog.pulse import Pulse
from tests.integration.roomlog.place import Place
from tests.support.stores import Store


async def pulse(place: Place) -> Pulse:
    [found] = await place.log.pulses([place.hub])
    assert found is not None
    return found


async def test_the_pulse_is_what_the_hub_itself_says(place: Place) -> None:
    hub = await place.log.hub(place.hub, with_state=False)
    assert hub is not None
    assert await pulse(place) == Pulse(hub.rev, hub.batches)


async def test_the_pulse_stays_while_nothing_happens_and_counts_what_is_appended(place: Place) -> None:
    before = await pulse(place)
    assert await pulse(place) == before
    await place.say("x")
    assert (await pulse(place)).batches == before.batches + 1


async def test_a_hub_that_the_store_has_lost_has_no_pulse(place: Place, store: Store) -> None:
    store.command("DEL", keys.hub_key(place.hub, "hub"))
    assert await place.log.pulses([place.hub, "never-made"]) == [None, None]


@pytest.mark.parametrize("is_lossless", [True, False])
async def test_a_store_that_may_have_lost_its_tail_has_no_pulse_until_the_hub_is_touched(
    place: Place, store: Store, asking: client.Store, is_lossless: bool
) -> None:
    store.command("HSET", keys.hub_key(place.hub, "hub"), "run_id", "another")
    log = RoomLog(asking, "n-1", is_lossless, Retention())
    assert (await log.pulses([place.hub]) == [None]) is not is_lossless
    await log.hub(place.hub, with_state=False)
    assert await log.pulses([place.hub]) != [None]
