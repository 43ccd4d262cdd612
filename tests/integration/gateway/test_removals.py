"""A removed message is gone on every path (protocol, section 4, "Removed")."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from tests.integration.gateway.scene import (
    Scene,
    assert_acked,
    assert_refused,
    caught_up,
    is_stand_in,
    log_of,
    pushed,
    role_token,
)
from tests.support.client import Client
from tests.support.stores import Store

SECRET_TEXT = "the-text-that-must-go"


async def remove(client: Client, room: str, target: int, reason: str | None = None) -> dict[str, Any]:
    command = {"t": "remove", "room": room, "target": target}
    return await client.ask(command if reason is None else {**command, "reason": reason})


async def written_and_removed(scene: Scene, author: Client) -> tuple[dict[str, Any], list[int]]:
    """A message with two edits, data and a reaction, removed by its author; the message, all `seq`s."""
    target = assert_acked(await author.publish(scene.room, SECRET_TEXT, data={"x": SECRET_TEXT}))
    message = (await author.expect_entry(scene.room, seq=target))["e"]
    edits = []
    for number in range(2):
        command = {"t": "edit", "room": scene.room, "target": target, "text": f"{SECRET_TEXT}-{number}"}
        edits.append(assert_acked(await author.ask(command)))
    react = {"t": "react", "room": scene.room, "target": target, "emoji": "👍", "on": True}
    reaction = assert_acked(await author.ask(react))
    removal = assert_acked(await remove(author, scene.room, target))
    return message, [target, *edits, reaction, removal]


def assert_gone(entries: list[dict[str, Any]], message: dict[str, Any], seqs: list[int]) -> None:
    """The stand-in, the edits without text, the reaction and the removal; and nothing else of it."""
    by_seq = {entry["seq"]: entry for entry in entries}
    target, first_edit, second_edit, reaction, removal = seqs
    assert is_stand_in(by_seq[target], message), by_seq[target]
    for seq in (first_edit, second_edit):
        assert by_seq[seq]["kind"] == "edit" and by_seq[seq]["target"] == target
        assert "text" not in by_seq[seq]
    assert by_seq[reaction]["kind"] == "reaction"
    assert by_seq[removal]["kind"] == "removal" and by_seq[removal]["target"] == target
    assert SECRET_TEXT not in repr(entries)


async def test_a_removal_is_pushed_with_who_did_it_and_why(scene: Scene) -> None:
    author, moderator = await scene.person(), await scene.moderator()
    target = assert_acked(await author.publish(scene.room, "rude"))
    seq = assert_acked(await remove(moderator, scene.room, target, "No insults here"))
    entry = (await author.expect_entry(scene.room, seq=seq))["e"]
    assert entry == {
        "seq": seq, "at": entry["at"], "kind": "removal", "target": target, "reason": "No insults here",
        "by": {"id": moderator.identity_id, "name": "max", "kind": "person"},
    }  # fmt: skip


async def test_history_and_fresh_joins_show_only_a_stand_in(scene: Scene) -> None:
    author = await scene.person()
    message, seqs = await written_and_removed(scene, author)
    assert_gone(await log_of(author, scene.room), message, seqs)
    late = await scene.person(rooms=())
    assert_gone((await late.join(scene.room))["entries"], message, seqs)


async def test_a_resume_shows_only_a_stand_in(scene: Scene) -> None:
    author = await scene.person()
    position = author.position_by_room[scene.room]
    message, seqs = await written_and_removed(scene, author)
    late = await scene.person(rooms=())
    joined = await late.join(scene.room, after=position)
    assert joined["recovered"] is True and [entry["seq"] for entry in joined["entries"]] == seqs
    assert_gone(joined["entries"], message, seqs)


async def test_http_shows_only_a_stand_in(scene: Scene) -> None:
    author = await scene.person()
    message, seqs = await written_and_removed(scene, author)
    page = (await scene.http("GET", f"/api/rooms/{scene.room}/entries")).json()
    assert_gone(page["entries"], message, seqs)


async def test_on_every_node_only_a_stand_in_is_left(shared_scene: Scene, two_nodes: list[Any]) -> None:
    author = await shared_scene.person()
    reader = await shared_scene.person(node=two_nodes[1])
    position = reader.position_by_room[shared_scene.room]
    message, seqs = await written_and_removed(shared_scene, author)
    await caught_up(reader, shared_scene.room, seqs[-1])
    joined = await reader.join(shared_scene.room, after=position)
    assert_gone(joined["entries"], message, seqs)
    assert_gone(await log_of(reader, shared_scene.room), message, seqs)


async def test_the_text_is_erased_from_the_store(shared_scene: Scene, redis_store: Store) -> None:
    author = await shared_scene.person()
    kept = "a-text-that-stays"
    await author.publish(shared_scene.room, kept)
    await written_and_removed(shared_scene, author)
    hub, _, part = shared_scene.room.partition("/")
    found = everything_in(redis_store, part)
    assert kept in found, "the search finds what is there"
    assert SECRET_TEXT not in found
    assert hub in found


def everything_in(store: Store, part: str) -> str:
    """All that a store holds under keys with `part` in their names, as text."""
    with redis.Redis(port=store.port, socket_timeout=5) as client:
        found = []
        for key in client.scan_iter(f"*{part}*", count=1_000):
            match client.type(key):
                case b"stream":
                    found.append(repr(client.xrange(key)))
                case b"hash":
                    found.append(repr(client.hgetall(key)))
                case b"zset":
                    found.append(repr(client.zrange(key, 0, -1)))
                case b"set":
                    found.append(repr(client.smembers(key)))
                case _:
                    found.append(repr(client.get(key)))
            found.append(repr(key))
    return "\n".join(found)


async def test_reactions_of_a_removed_message_are_gone(scene: Scene) -> None:
    author = await scene.person()
    message, seqs = await written_and_removed(scene, author)
    stand_in = next(entry for entry in await log_of(author, scene.room) if entry["seq"] == seqs[0])
    assert set(stand_in) == {"seq", "at", "kind", "by"} and stand_in["by"] == message["by"]


async def test_an_author_removes_without_a_reason_and_also_with_one(scene: Scene) -> None:
    author = await scene.person()
    for reason in (None, "A mistake of mine"):
        target = assert_acked(await author.publish(scene.room, "x"))
        seq = assert_acked(await remove(author, scene.room, target, reason))
        entry = (await author.expect_entry(scene.room, seq=seq))["e"]
        assert entry.get("reason") == reason


async def test_an_author_removes_at_any_time_also_while_muted(scene: Scene) -> None:
    author, moderator = await scene.person(), await scene.moderator()
    target = assert_acked(await author.publish(scene.room, "x"))
    await moderator.switch(scene.room, "announcement")
    mute = {"t": "sanction", "action": "mute", "subject": author.identity_id, "reason": "x"}
    assert_acked(await moderator.ask({**mute, "room": scene.room}))
    assert_acked(await remove(author, scene.room, target))


async def test_a_moderator_must_say_why(scene: Scene) -> None:
    author, moderator = await scene.person(), await scene.moderator()
    target = assert_acked(await author.publish(scene.room, "x"))
    refused = assert_refused(await remove(moderator, scene.room, target), "bad_request")
    assert "reason" in refused["reason"]
    assert_acked(await remove(moderator, scene.room, target, "Because"))


@pytest.mark.parametrize("role", [None, "speaker"])
async def test_who_is_no_moderator_removes_nothing_of_others(scene: Scene, role: str | None) -> None:
    author, other = await scene.person(), await scene.person("boris", role)
    target = assert_acked(await author.publish(scene.room, "x"))
    refused = assert_refused(await remove(other, scene.room, target, "Because"), "forbidden")
    assert refused["rule"] == {"role": "moderator"}


async def test_a_moderator_removes_nothing_of_a_higher_rank(scene: Scene) -> None:
    owner, moderator = await scene.person("olga", "owner"), await scene.moderator()
    target = assert_acked(await owner.publish(scene.room, "x"))
    refused = assert_refused(await remove(moderator, scene.room, target, "Because"), "forbidden")
    assert refused["rule"] == {"role": "owner"}
    other_owner = await scene.person("otto", "owner")
    assert_acked(await remove(other_owner, scene.room, target, "Because"))


async def test_a_moderator_removes_what_another_moderator_wrote(scene: Scene) -> None:
    author, moderator = await scene.moderator("mia"), await scene.moderator()
    target = assert_acked(await author.publish(scene.room, "x"))
    assert_acked(await remove(moderator, scene.room, target, "Because"))


async def test_the_rank_of_an_author_who_has_left_counts_until_the_token_expires(scene: Scene) -> None:
    owner, moderator = await scene.person("olga", "owner"), await scene.moderator()
    target = assert_acked(await owner.publish(scene.room, "x"))
    await owner.close()
    assert_refused(await remove(moderator, scene.room, target, "Because"), "forbidden")
    back = await scene.stranger()
    await back.hello(token=role_token(owner.identity_id, None, name="olga"))
    await back.join(scene.room)
    assert_acked(await remove(moderator, scene.room, target, "Because"))


async def test_a_removed_message_is_removed_once(scene: Scene) -> None:
    author = await scene.person()
    target = assert_acked(await author.publish(scene.room, "x"))
    assert_acked(await remove(author, scene.room, target))
    assert_refused(await remove(author, scene.room, target), "unknown_entry")


async def test_an_answer_to_a_removed_message_keeps_its_place(scene: Scene) -> None:
    author = await scene.person()
    target = assert_acked(await author.publish(scene.room, "x"))
    answer = assert_acked(await author.publish(scene.room, "y", reply_to=target))
    assert_acked(await remove(author, scene.room, target))
    assert (await log_of(author, scene.room))[1]["reply_to"] == target
    assert [entry["seq"] for entry in await log_of(author, scene.room)] == [target, answer, 3]


async def test_a_slow_reader_is_not_sent_what_was_removed_meanwhile(one_scene: Scene) -> None:
    author = await one_scene.person()
    reader = await one_scene.person(receive_buffer_bytes=4_096)
    reader.transport.pause_reading()
    refs = [author.send({"t": "publish", "room": one_scene.room, "text": "x" * 4_000}) for _ in range(2_000)]
    for ref in refs:
        assert_acked(await author.answer(ref))
    target = assert_acked(await author.publish(one_scene.room, SECRET_TEXT))
    message = (await author.expect_entry(one_scene.room, seq=target))["e"]
    removal = assert_acked(await remove(author, one_scene.room, target))
    reader.transport.resume_reading()
    await caught_up(reader, one_scene.room, removal)
    entries = pushed(reader, one_scene.room)
    assert [entry["seq"] for entry in entries] == list(range(1, removal + 1))
    assert is_stand_in(entries[target - 1], message)
