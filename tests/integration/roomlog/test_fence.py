"""What a store executes late, from a connection that its node gave up, takes no effect."""

from dataclasses import replace

import pytest

from hubbub.roomlog.client import Store as Asking
from hubbub.roomlog.log import Fenced, Retention, RoomLog
from tests.integration.roomlog.place import AMINA, MODERATOR, Place, everything, publish, switch
from tests.support.stores import Store


async def test_an_older_generation_of_a_node_appends_nothing(place: Place, store: Store) -> None:
    late = await place.item(place.agora, AMINA, publish("tard"))
    await replace(place, generation=2).say("nouveau")
    before = everything(store, place.hub)
    with pytest.raises(Fenced):
        await place.append(late)
    assert everything(store, place.hub) == before


async def test_an_older_generation_learns_nothing_about_duplicates_either(place: Place) -> None:
    accepted = await place.item(place.agora, AMINA, publish())
    await place.append(accepted)
    await replace(place, generation=2).say("nouveau")
    with pytest.raises(Fenced):
        await place.append(accepted)


async def test_a_late_switch_cannot_overtake_its_opposite(place: Place) -> None:
    late = await place.item(place.agora, MODERATOR, switch("announcement"))
    again = replace(place, generation=2)
    await again.act(place.agora, MODERATOR, switch("announcement"))
    await again.act(place.agora, MODERATOR, switch("agora"))
    with pytest.raises(Fenced):
        await place.append(late)
    assert (await place.room(place.agora)).mode == "agora"


async def test_an_empty_batch_of_a_new_generation_is_enough_to_fence(place: Place) -> None:
    late = await place.item(place.agora, AMINA, publish())
    await replace(place, generation=2).append()
    with pytest.raises(Fenced):
        await place.append(late)


async def test_the_same_generation_goes_on(place: Place) -> None:
    again = replace(place, generation=7)
    assert [await again.say("un"), await again.say("deux")] == [1, 2]


async def test_another_node_is_not_fenced(place: Place, asking: Asking) -> None:
    await replace(place, generation=5).say("un")
    other = RoomLog(asking, "n-2", is_lossless=False, retain=Retention())
    assert await replace(place, log=other, generation=1).say("deux") == 2


async def test_the_fence_of_a_hub_leaves_other_hubs(place: Place, log: RoomLog) -> None:
    await replace(place, generation=5).say("un")
    elsewhere = Place(log, f"{place.hub}-2")
    await elsewhere.made((elsewhere.agora, "agora"))
    assert await elsewhere.say("un") == 1


async def test_only_so_many_nodes_are_remembered(place: Place, asking: Asking, store: Store) -> None:
    fence = f"hubbub:{{{place.hub}}}:fence"
    for number in range(64):
        store.command("HSET", fence, f"gone-{number}", "1 1000")
    await place.say("un")
    assert list(store.command("HGETALL", fence)) == ["n-1"]
