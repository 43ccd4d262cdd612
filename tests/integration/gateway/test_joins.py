"""Coming into a room, coming back to it, leaving it (protocol, section 3)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.integration.gateway.scene import (
    Scene,
    assert_acked,
    assert_refused,
    caught_up,
    fresh_id,
    log_of,
    pushed,
    settled,
)
from tests.support.client import Client

LONG = "x" * 4_000


async def publish_all(client: Client, room: str, texts: list[str]) -> list[int]:
    """Publish without waiting for each other; returns their `seq`s."""
    refs = [client.send({"t": "publish", "room": room, "text": text}) for text in texts]
    return [assert_acked(await client.answer(ref)) for ref in refs]


async def test_a_first_join_of_a_new_room_shows_all_of_it(scene: Scene) -> None:
    client = await scene.person(rooms=())
    joined = await client.join(scene.room)
    assert joined["room"] == scene.room and joined["recovered"] is False
    assert joined["seq"] == 0 and joined["entries"] == [] and joined["first"] in (0, 1)
    assert isinstance(joined["epoch"], str) and joined["epoch"]
    assert joined["role"] == "participant" and joined["present"] == 1
    assert joined["rights"] == {
        "publish": True, "reply": True, "react": True, "floor": False, "moderate": False,
    }  # fmt: skip


async def test_the_state_of_a_new_room_is_what_it_was_created_with(scene: Scene) -> None:
    client = await scene.person()
    room = await scene.make_room(mode="announcement", topic="News", discussion=scene.room)
    state = (await client.join(room))["state"]
    since = state.pop("mode_since")
    assert isinstance(since, int)
    assert state.pop("floor", {"asked": [], "given": []}) == {"asked": [], "given": []}
    assert state.pop("slow_ms", 0) == 0
    assert state == {
        "title": room.partition("/")[2], "topic": "News", "mode": "announcement", "base_mode": "announcement",
        "mode_by": {"id": "owner", "name": "owner", "kind": "person"}, "mode_reason": "created",
        "discussion": scene.room,
    }  # fmt: skip


async def test_a_fresh_join_shows_the_newest_fifty_entries(scene: Scene) -> None:
    writer, reader = await scene.person(), await scene.person(rooms=())
    await publish_all(writer, scene.room, [f"m{number}" for number in range(60)])
    joined = await reader.join(scene.room)
    assert joined["seq"] == 60 and joined["first"] == 1 and joined["recovered"] is False
    assert [entry["seq"] for entry in joined["entries"]] == list(range(11, 61))


async def test_a_fresh_join_shows_as_many_entries_as_it_asks_for(scene: Scene) -> None:
    writer, reader = await scene.person(), await scene.person(rooms=())
    await publish_all(writer, scene.room, [f"m{number}" for number in range(305)])
    for limit in (0, 1, 300):
        joined = await reader.join(scene.room, limit=limit)
        assert [entry["seq"] for entry in joined["entries"]] == list(range(306 - limit, 306))
        assert joined["seq"] == 305


async def test_a_fresh_join_holds_fewer_entries_rather_than_more_than_reply_bytes(scene: Scene) -> None:
    writer, reader = await scene.person(), await scene.person(rooms=())
    await publish_all(writer, scene.room, [LONG] * 90)
    joined = await reader.join(scene.room, limit=300)
    seqs = [entry["seq"] for entry in joined["entries"]]
    assert joined["seq"] == 90 and 40 <= len(seqs) < 66
    assert seqs == list(range(91 - len(seqs), 91)), "the newest ones"


async def test_a_fresh_join_is_folded(scene: Scene) -> None:
    writer, reader = await scene.person(), await scene.person(rooms=())
    seq = assert_acked(await writer.publish(scene.room, "befor"))
    edited = assert_acked(
        await writer.ask({"t": "edit", "room": scene.room, "target": seq, "text": "before"})
    )
    await writer.ask({"t": "react", "room": scene.room, "target": seq, "emoji": "👍", "on": True})
    message, edit, reaction = (await reader.join(scene.room))["entries"]
    assert message["text"] == "before" and message["edited"] == edit["at"] and edit["seq"] == edited
    assert message["reactions"] == {"👍": 1} and not message.get("mine")
    assert edit["kind"] == "edit" and reaction["kind"] == "reaction"


async def test_a_resume_brings_exactly_what_was_missed_as_it_was_pushed(scene: Scene) -> None:
    writer, reader = await scene.person(), await scene.person()
    first = assert_acked(await writer.publish(scene.room, "seen"))
    await caught_up(reader, scene.room, first)
    position = reader.position_by_room[scene.room]
    await reader.close()
    seq = assert_acked(await writer.publish(scene.room, "missd"))
    await writer.ask({"t": "edit", "room": scene.room, "target": seq, "text": "missed"})
    await writer.ask({"t": "react", "room": scene.room, "target": seq, "emoji": "👍", "on": True})
    await caught_up(writer, scene.room, 4)
    back = await scene.person(rooms=())
    joined = await back.join(scene.room, after=position)
    assert joined["recovered"] is True and joined["seq"] == 4 and joined["epoch"] == position[0]
    assert joined["entries"] == pushed(writer, scene.room)[1:], "raw, not folded"


async def test_a_resume_of_one_who_missed_nothing_is_empty(scene: Scene) -> None:
    client = await scene.person()
    await caught_up(client, scene.room, assert_acked(await client.publish(scene.room, "x")))
    joined = await client.join(scene.room, after=client.position_by_room[scene.room])
    assert joined["recovered"] is True and joined["entries"] == [] and joined["seq"] == 1


async def test_a_resume_of_another_epoch_is_a_fresh_join(scene: Scene) -> None:
    client = await scene.person()
    await publish_all(client, scene.room, ["a", "b", "c"])
    joined = await client.join(scene.room, after=("no-such-epoch", 2))
    assert joined["recovered"] is False and [e["seq"] for e in joined["entries"]] == [1, 2, 3]


async def test_a_resume_from_beyond_the_newest_entry_is_a_fresh_join(scene: Scene) -> None:
    client = await scene.person()
    await publish_all(client, scene.room, ["a", "b", "c"])
    epoch = client.position_by_room[scene.room][0]
    joined = await client.join(scene.room, after=(epoch, 4))
    assert joined["recovered"] is False and joined["seq"] == 3 and len(joined["entries"]) == 3


async def test_a_thousand_missed_entries_can_be_resumed_and_one_more_cannot(scene: Scene) -> None:
    writer, reader = await scene.person(), await scene.person()
    position = reader.position_by_room[scene.room]
    await publish_all(writer, scene.room, ["x"] * 1_001)
    late = await scene.person(rooms=())
    joined = await late.join(scene.room, after=position)
    assert joined["recovered"] is False and joined["seq"] == 1_001 and len(joined["entries"]) == 50
    joined = await late.join(scene.room, after=(position[0], 1))
    assert joined["recovered"] is True
    seqs = [entry["seq"] for entry in joined["entries"]]
    assert joined["seq"] == seqs[-1]
    await caught_up(late, scene.room, 1_001)
    assert seqs + [entry["seq"] for entry in pushed(late, scene.room)] == list(range(2, 1_002))


async def test_a_long_resume_goes_on_as_pushes(scene: Scene) -> None:
    writer, reader = await scene.person(), await scene.person()
    position = reader.position_by_room[scene.room]
    await reader.close()
    await publish_all(writer, scene.room, [LONG] * 200)
    back = await scene.person(rooms=())
    joined = await back.join(scene.room, after=position)
    seqs = [entry["seq"] for entry in joined["entries"]]
    assert joined["recovered"] is True and 40 <= len(seqs) < 66
    assert joined["seq"] == seqs[-1], "the last one included"
    await caught_up(back, scene.room, 200)
    assert seqs + [entry["seq"] for entry in pushed(back, scene.room)] == list(range(1, 201))


async def test_a_long_resume_after_a_fresh_node_forgot_the_tail_has_no_hole(scene: Scene) -> None:
    writer = await scene.person()
    await publish_all(writer, scene.room, ["x"] * 600)
    epoch = writer.position_by_room[scene.room][0]
    for after in (0, 1, 299, 300, 301, 471, 472, 473, 599):
        joined = await writer.join(scene.room, after=(epoch, after))
        assert joined["recovered"] is True
        assert [entry["seq"] for entry in joined["entries"]] == list(range(after + 1, 601))


async def test_pushes_follow_a_join_in_the_middle_of_a_flood_without_hole_or_repeat(scene: Scene) -> None:
    writer = await scene.person()
    flood = asyncio.create_task(publish_all(writer, scene.room, ["x"] * 600))
    readers = []
    while not flood.done():
        reader = await scene.person(rooms=())
        readers.append((reader, await reader.join(scene.room, limit=5)))
    await flood
    assert readers
    for reader, joined in readers:
        await caught_up(reader, scene.room, 600)
        seqs = [entry["seq"] for entry in joined["entries"] + pushed(reader, scene.room)]
        assert seqs == list(range(seqs[0], 601))
        assert not joined["entries"] or joined["entries"][-1]["seq"] == joined["seq"]


async def test_joining_again_and_again_never_doubles_a_delivery(scene: Scene) -> None:
    writer, reader = await scene.person(), await scene.person(rooms=())
    seen: list[int] = []
    for number in range(20):
        refs = [reader.send({"t": "join", "room": scene.room, "limit": 0}) for _ in range(3)]
        seq = assert_acked(await writer.publish(scene.room, f"m{number}"))
        for ref in refs:
            assert (await reader.answer(ref))["t"] == "joined"
        await caught_up(reader, scene.room, seq)
    await settled(reader)
    seen = [entry["seq"] for entry in pushed(reader, scene.room)]
    assert len(seen) == len(set(seen)) and seen == sorted(seen)
    joined = await reader.join(scene.room, limit=0)
    assert joined["present"] == 2, "still in the room once"


async def test_joining_again_restarts_the_pushes_at_the_new_place(scene: Scene) -> None:
    writer, reader = await scene.person(), await scene.person()
    await publish_all(writer, scene.room, ["a", "b", "c"])
    await caught_up(reader, scene.room, 3)
    joined = await reader.join(scene.room, after=(reader.position_by_room[scene.room][0], 1))
    assert [entry["seq"] for entry in joined["entries"]] == [2, 3] and joined["seq"] == 3
    await caught_up(reader, scene.room, assert_acked(await writer.publish(scene.room, "d")))
    assert [entry["seq"] for entry in pushed(reader, scene.room)] == [1, 2, 3, 4]


async def test_commands_right_behind_a_join_wait_for_it(scene: Scene) -> None:
    client = await scene.person(rooms=())
    refs = [
        client.send({"t": "join", "room": scene.room}),
        client.send({"t": "publish", "room": scene.room, "text": "at once"}),
        client.send({"t": "who", "room": scene.room}),
        client.send({"t": "leave", "room": scene.room}),
        client.send({"t": "publish", "room": scene.room, "text": "too late"}),
    ]
    replies = [await client.answer(ref) for ref in refs]
    assert [reply["t"] for reply in replies] == ["joined", "ack", "who", "left", "nack"]
    assert replies[4]["code"] == "not_joined"


async def test_present_counts_people_and_not_their_tabs(scene: Scene) -> None:
    subject = fresh_id("tabs")
    for _ in range(3):
        await scene.person(subject=subject)
    other = await scene.person(rooms=())
    assert (await other.join(scene.room))["present"] == 2


async def test_a_room_that_does_not_exist_cannot_be_joined(scene: Scene) -> None:
    client = await scene.person()
    assert_refused(await client.join("place/no-such-room"), "unknown_room")
    assert_refused(await client.join("no-such-hub/agora"), "unknown_room")


async def test_leaving_ends_the_pushes_and_the_right_to_command(scene: Scene) -> None:
    writer, reader = await scene.person(), await scene.person()
    left = await reader.ask({"t": "leave", "room": scene.room})
    assert left["t"] == "left" and left["room"] == scene.room
    await writer.publish(scene.room, "unheard")
    await settled(reader)
    assert pushed(reader, scene.room) == []
    assert_refused(await reader.publish(scene.room, "x"), "not_joined")
    assert_refused(await reader.ask({"t": "leave", "room": scene.room}), "not_joined")


async def test_a_command_for_a_room_that_was_not_joined_is_refused(scene: Scene) -> None:
    client = await scene.person(rooms=())
    for command in (
        {"t": "publish", "text": "x"},
        {"t": "edit", "target": 1, "text": "x"},
        {"t": "remove", "target": 1},
        {"t": "react", "target": 1, "emoji": "👍", "on": True},
        {"t": "mode", "mode": "agora", "reason": "x"},
        {"t": "settings", "title": "x"},
        {"t": "grant", "subject": "u:1", "role": "speaker", "reason": "x"},
        {"t": "sanction", "action": "mute", "subject": "u:1", "reason": "x"},
        {"t": "floor", "action": "ask"},
        {"t": "who"},
        {"t": "leave"},
    ):
        assert_refused(await client.ask({**command, "room": scene.room}), "not_joined")
        assert_refused(await client.ask({**command, "room": "place/no-such-room"}), "unknown_room")


async def test_one_connection_is_in_a_hundred_rooms_at_most(one_scene: Scene) -> None:
    rooms = [await one_scene.make_room() for _ in range(101)]
    client = await one_scene.person(rooms=tuple(rooms[:100]))
    refused = assert_refused(await client.join(rooms[100]), "too_large")
    assert "room" in refused["reason"]
    assert (await client.join(rooms[0]))["t"] == "joined", "one that it is in already"
    await client.ask({"t": "leave", "room": rooms[0]})
    assert (await client.join(rooms[100]))["t"] == "joined"


@pytest.mark.parametrize("more", [{"limit": 0}, {"limit": 1}, {"after": 0}])
async def test_a_join_right_after_an_ack_shows_what_was_acked(scene: Scene, more: dict[str, int]) -> None:
    client = await scene.moderator()
    epoch = (await client.join(scene.room))["epoch"]
    how: dict[str, Any] = {"after": (epoch, 0)} if "after" in more else {**more}
    for number in range(40):
        seq = assert_acked(await client.ask({"t": "settings", "room": scene.room, "topic": f"t{number}"}))
        joined = await client.join(scene.room, **how)
        assert (joined["seq"], joined["state"]["topic"]) == (seq, f"t{number}")


async def test_what_is_pushed_is_what_history_shows(scene: Scene) -> None:
    client = await scene.person()
    await publish_all(client, scene.room, ["a", "b", "c"])
    await caught_up(client, scene.room, 3)
    pushes = [push for push in client.inbox if push["t"] == "entry"]
    assert [push["e"] for push in pushes] == await log_of(client, scene.room)
    assert {(push["room"], push["epoch"]) for push in pushes} == {
        (scene.room, client.position_by_room[scene.room][0])
    }
