"""Pages of a room's log (protocol, section 3, `history`, and 4, "Folded")."""

from __future__ import annotations

import pytest

from tests.integration.gateway.scene import Scene, assert_acked, assert_refused, log_of
from tests.support.client import Client
from tests.support.history import read_log


async def publish_all(client: Client, room: str, count: int, text: str = "x") -> None:
    refs = [client.send({"t": "publish", "room": room, "text": text}) for _ in range(count)]
    for ref in refs:
        assert_acked(await client.answer(ref))


async def test_without_a_place_the_newest_entries_are_shown(scene: Scene) -> None:
    client = await scene.person()
    await publish_all(client, scene.room, 60)
    page = await client.ask({"t": "history", "room": scene.room})
    assert page["t"] == "history" and page["room"] == scene.room
    assert page["epoch"] == client.position_by_room[scene.room][0]
    assert page["as_of"] == 60 and page["first"] == 1 and page["more"] is True
    assert [entry["seq"] for entry in page["entries"]] == list(range(11, 61))


@pytest.mark.parametrize(
    ("place", "seqs", "more"),
    [
        ({"before": 11}, (6, 11), True),
        ({"before": 6}, (1, 6), False),
        ({"before": 3}, (1, 3), False),
        ({"before": 1}, (1, 1), False),
        ({"before": 100}, (16, 21), True),
        ({"after": 0}, (1, 6), True),
        ({"after": 10}, (11, 16), True),
        ({"after": 15}, (16, 21), False),
        ({"after": 18}, (19, 21), False),
        ({"after": 20}, (21, 21), False),
        ({"after": 99}, (21, 21), False),
    ],
)
async def test_before_and_after_are_exclusive_and_the_order_ascends(
    scene: Scene, place: dict[str, int], seqs: tuple[int, int], more: bool
) -> None:
    client = await scene.person()
    await publish_all(client, scene.room, 20)
    page = await client.ask({"t": "history", "room": scene.room, "limit": 5, **place})
    assert [entry["seq"] for entry in page["entries"]] == list(range(*seqs))
    assert page["more"] is more and page["as_of"] == 20


async def test_a_page_ends_early_rather_than_exceed_reply_bytes(scene: Scene) -> None:
    client = await scene.person()
    await publish_all(client, scene.room, 90, "x" * 4_000)
    newest = await client.ask({"t": "history", "room": scene.room, "limit": 300})
    seqs = [entry["seq"] for entry in newest["entries"]]
    assert seqs == list(range(91 - len(seqs), 91)) and 40 <= len(seqs) < 66 and newest["more"] is True
    oldest = await client.ask({"t": "history", "room": scene.room, "limit": 300, "after": 0})
    seqs = [entry["seq"] for entry in oldest["entries"]]
    assert seqs == list(range(1, len(seqs) + 1)) and 40 <= len(seqs) < 66 and oldest["more"] is True


async def test_a_whole_log_is_read_page_by_page(scene: Scene) -> None:
    client = await scene.person()
    await publish_all(client, scene.room, 700)
    log = await read_log(client, scene.room)
    assert [entry["seq"] for entry in log.entries] == list(range(1, 701))


async def test_history_needs_no_join(scene: Scene) -> None:
    writer, reader = await scene.person(), await scene.person(rooms=())
    assert_acked(await writer.publish(scene.room, "x"))
    assert len(await log_of(reader, scene.room)) == 1
    assert_refused(await reader.publish(scene.room, "x"), "not_joined")


async def test_the_history_of_an_empty_room_is_empty(scene: Scene) -> None:
    client = await scene.person()
    page = await client.ask({"t": "history", "room": scene.room})
    assert page["entries"] == [] and page["more"] is False and page["as_of"] == 0


async def test_there_is_no_history_of_a_room_that_does_not_exist(scene: Scene) -> None:
    client = await scene.person()
    assert_refused(await client.ask({"t": "history", "room": "place/no-such-room"}), "unknown_room")
    assert_refused(await client.ask({"t": "history", "room": "no-such-hub/agora"}), "unknown_room")


async def test_a_page_is_folded_as_of_the_newest_entry_even_if_it_shows_older_ones(scene: Scene) -> None:
    author, reader = await scene.person(), await scene.person("boris")
    target = assert_acked(await author.publish(scene.room, "befor"))
    await publish_all(author, scene.room, 5)
    edit = {"t": "edit", "room": scene.room, "target": target, "text": "before"}
    seq = assert_acked(await author.ask(edit))
    react = {"t": "react", "room": scene.room, "target": target, "emoji": "👍", "on": True}
    assert_acked(await reader.ask(react))
    at = (await author.expect_entry(scene.room, seq=seq))["e"]["at"]
    page = await reader.ask({"t": "history", "room": scene.room, "before": 2})
    (message,) = page["entries"]
    assert page["as_of"] == 8 and message["text"] == "before" and message["edited"] == at
    assert message["reactions"] == {"👍": 1} and message["mine"] == ["👍"]
    (message,) = (await author.ask({"t": "history", "room": scene.room, "before": 2}))["entries"]
    assert message["reactions"] == {"👍": 1} and not message.get("mine")


async def test_a_message_that_nothing_happened_to_is_shown_as_it_was_pushed(scene: Scene) -> None:
    client = await scene.person()
    assert_acked(await client.publish(scene.room, "x", data={"y": [1, None]}, question=True))
    pushed = (await client.expect_entry(scene.room))["e"]
    (shown,) = await log_of(client, scene.room)
    assert {name: value for name, value in shown.items() if value not in ({}, [])} == pushed
