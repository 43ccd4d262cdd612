"""What is sent next follows from the log as it is now, and from where the receiver is."""

from __future__ import annotations

from typing import Any

import msgspec

from hubbub.hooks.delivery import Delivery, next_delivery
from hubbub.hooks.outgoing import Progress, Webhook
from hubbub.roomlog import keys
from hubbub.roomlog.log import Retention, RoomLog
from tests.integration.hooks.conftest import Bench
from tests.integration.roomlog.place import MODERATOR, react, switch
from tests.support.stores import Store


async def start_of(bench: Bench) -> Progress:
    """Where somebody is who has nothing yet."""
    return Progress((await bench.place.numbers(bench.place.agora)).epoch, 0)


async def next_of(bench: Bench, progress: Progress, *kinds: str) -> Delivery | None:
    webhook = Webhook("w", bench.place.agora, "https://site.example/", "key", 0, kinds)
    return await next_delivery(bench.log, bench.store, webhook, progress)


def fields(delivery: Delivery | None) -> dict[str, Any]:
    assert delivery is not None and delivery.body is not None
    decoded: dict[str, Any] = msgspec.json.decode(delivery.body)
    return decoded


def restarted(store: Store, bench: Bench) -> None:
    """Lets the store look as if it had been started again since the last touch."""
    for key in (keys.hub_key(bench.place.hub, "hub"), keys.room_key(bench.place.agora, "meta")):
        store.command("HSET", key, "run_id", "of-the-run-before")


async def test_entries_are_sent_in_order_with_room_epoch_and_what_they_follow(bench: Bench) -> None:
    start = await start_of(bench)
    await bench.place.say("un")
    await bench.place.say("deux")
    delivery = await next_of(bench, start)
    body = fields(delivery)
    assert [(entry["seq"], entry["text"]) for entry in body.pop("entries")] == [(1, "un"), (2, "deux")]
    after = {"epoch": start.epoch, "seq": 0}
    assert body == {"room": bench.place.agora, "epoch": start.epoch, "seq": 2, "after": after}
    assert delivery is not None and delivery.id == f"{start.epoch}/2"


async def test_nothing_follows_the_newest_entry(bench: Bench) -> None:
    start = await start_of(bench)
    await bench.place.say("un")
    assert await next_of(bench, replaced(start, seq=1)) is None


def replaced(progress: Progress, **fields: Any) -> Progress:
    return msgspec.structs.replace(progress, **fields)


async def test_only_the_kinds_that_are_wanted_are_sent(bench: Bench) -> None:
    start = await start_of(bench)
    await bench.place.act(bench.place.agora, MODERATOR, switch())
    await bench.place.act(bench.place.agora, MODERATOR, switch("agora"))
    await bench.place.say("un")
    await bench.place.act(bench.place.agora, MODERATOR, react(3))
    body = fields(await next_of(bench, start, "message"))
    assert [entry["seq"] for entry in body["entries"]] == [3]
    assert body["seq"] == 4


async def test_entries_that_nobody_wants_are_passed_in_silence(bench: Bench) -> None:
    start = await start_of(bench)
    await bench.place.act(bench.place.agora, MODERATOR, switch())
    assert await next_of(bench, start, "message") == Delivery(start.epoch, 1, None)


async def test_a_delivery_that_is_sent_again_ends_where_it_ended(bench: Bench) -> None:
    start = await start_of(bench)
    await bench.place.say("un")
    first = await next_of(bench, start)
    await bench.place.say("deux")
    assert await next_of(bench, replaced(start, until=1)) == first


async def test_what_was_removed_meanwhile_is_not_sent_again(bench: Bench) -> None:
    start = await start_of(bench)
    await bench.place.say("a secret")
    await bench.place.act(bench.place.agora, MODERATOR, await bench.place.removes(1))
    delivery = await next_of(bench, replaced(start, until=1), "message")
    [entry] = fields(delivery)["entries"]
    assert entry["kind"] == "removed"
    assert delivery is not None and delivery.body is not None and b"secret" not in delivery.body


async def test_entries_that_were_trimmed_before_they_were_sent_are_a_gap(bench: Bench) -> None:
    start = await start_of(bench)
    for number in range(5):
        await bench.place.say(f"message {number}")
    bench.log = RoomLog(bench.store, "n-1", is_lossless=False, retain=Retention(messages=2))
    body = fields(await next_of(bench, replaced(start, seq=1)))
    assert body["gap"] == {"since": 1, "until": 3}
    assert [entry["seq"] for entry in body["entries"]] == [4, 5]


async def test_an_epoch_that_lost_nothing_goes_on_and_is_told(bench: Bench, store: Store) -> None:
    start = await start_of(bench)
    await bench.place.say("un")
    restarted(store, bench)
    await bench.place.say("deux")
    body = fields(await next_of(bench, replaced(start, seq=1)))
    assert body["after"] == {"epoch": start.epoch, "seq": 1}
    assert body["epoch"] != start.epoch and "gap" not in body
    assert [entry["seq"] for entry in body["entries"]] == [2]


async def test_what_the_receiver_has_and_the_log_lost_is_a_gap_and_nothing_is_left_out(
    bench: Bench, store: Store
) -> None:
    start = await start_of(bench)
    await bench.place.say("un")
    restarted(store, bench)  # the receiver was given two more, which the store then lost
    for text in ("deux", "trois", "quatre", "cinq"):
        await bench.place.say(text)
    body = fields(await next_of(bench, replaced(start, seq=3)))
    assert body["gap"] == {"since": 1, "until": 3}
    assert [entry["text"] for entry in body["entries"]] == ["deux", "trois", "quatre", "cinq"]


async def test_several_changes_of_epoch_go_back_to_what_survived_them_all(bench: Bench, store: Store) -> None:
    start = await start_of(bench)
    await bench.place.say("un")
    restarted(store, bench)
    await bench.place.say("deux")
    restarted(store, bench)
    await bench.place.say("trois")
    body = fields(await next_of(bench, replaced(start, seq=2)))
    assert body["gap"] == {"since": 1, "until": 2}
    assert [entry["text"] for entry in body["entries"]] == ["deux", "trois"]
