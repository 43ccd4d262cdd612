"""A command that is sent again is carried out once (protocol, section 5)."""

from __future__ import annotations

from typing import Any

from tests.integration.gateway.scene import Scene, assert_acked, log_of


async def test_the_same_id_of_the_same_author_is_acked_again_and_appended_once(scene: Scene) -> None:
    client = await scene.person()
    seq = assert_acked(await client.publish(scene.room, "once", id="one"))
    again = await client.publish(scene.room, "contents are not compared", id="one")
    assert again["t"] == "ack" and again["duplicate"] is True and again["seq"] == seq
    assert again["epoch"] == client.position_by_room[scene.room][0]
    assert len(await log_of(client, scene.room)) == 1


async def test_retries_sent_without_waiting_are_appended_once(scene: Scene) -> None:
    client = await scene.person()
    refs = [client.send({"t": "publish", "room": scene.room, "text": "x", "id": "one"}) for _ in range(50)]
    replies = [await client.answer(ref) for ref in refs]
    assert {reply["seq"] for reply in replies} == {1}
    assert [bool(reply.get("duplicate")) for reply in replies] == [False] + [True] * 49
    assert len(await log_of(client, scene.room)) == 1


async def test_a_retry_on_another_connection_of_the_author_is_a_duplicate(scene: Scene) -> None:
    first = await scene.person()
    second = await scene.person(subject=first.identity_id, codec="json")
    seq = assert_acked(await first.publish(scene.room, "x", id="one"))
    again = await second.publish(scene.room, "x", id="one")
    assert again["duplicate"] is True and again["seq"] == seq


async def test_an_id_is_the_authors_own_and_the_rooms_own(scene: Scene) -> None:
    other_room = await scene.make_room()
    first, second = await scene.person(rooms=(scene.room, other_room)), await scene.person()
    assert_acked(await first.publish(scene.room, "x", id="one"))
    assert_acked(await second.publish(scene.room, "x", id="one"))
    assert_acked(await first.publish(other_room, "x", id="one"))


async def test_an_id_is_one_for_all_commands_that_append(scene: Scene) -> None:
    client = await scene.moderator()
    seq = assert_acked(await client.publish(scene.room, "x", id="one"))
    commands: tuple[dict[str, Any], ...] = (
        {"t": "edit", "target": seq, "text": "y"},
        {"t": "react", "target": seq, "emoji": "👍", "on": True},
        {"t": "mode", "mode": "announcement", "reason": "x"},
        {"t": "settings", "title": "x"},
        {"t": "remove", "target": seq},
        {"t": "sanction", "action": "mute", "subject": "u:nobody", "reason": "x"},
        {"t": "grant", "subject": "u:nobody", "role": "speaker", "reason": "x"},
        {"t": "floor", "action": "ask"},
    )
    for command in commands:
        again = await client.ask({**command, "room": scene.room, "id": "one"})
        assert again["t"] == "ack" and again["seq"] == seq and again["duplicate"] is True
    assert len(await log_of(client, scene.room)) == 1


async def test_every_kind_of_command_may_be_retried(scene: Scene) -> None:
    client = await scene.moderator()
    target = assert_acked(await client.publish(scene.room, "x"))
    commands: tuple[dict[str, Any], ...] = (
        {"t": "edit", "target": target, "text": "y"},
        {"t": "react", "target": target, "emoji": "👍", "on": True},
        {"t": "mode", "mode": "announcement", "reason": "x"},
        {"t": "settings", "title": "x"},
        {"t": "sanction", "action": "mute", "subject": f"u:{scene.room}", "reason": "x"},
        {"t": "grant", "subject": f"u:{scene.room}", "role": "speaker", "reason": "x"},
        {"t": "floor", "action": "give", "subject": "u:somebody-else"},
        {"t": "remove", "target": target},
    )
    for number, command in enumerate(commands):
        sent = {**command, "room": scene.room, "id": f"retry-{number}"}
        seq = assert_acked(await client.ask(sent))
        again = await client.ask(sent)
        assert again["t"] == "ack" and again["seq"] == seq and again["duplicate"] is True, command


async def test_a_retry_of_what_was_accepted_is_never_refused(scene: Scene) -> None:
    author, owner = await scene.person(), await scene.person("olga", "owner")
    target = assert_acked(await author.publish(scene.room, "first", id="one"))
    edit = {"t": "edit", "room": scene.room, "target": target, "text": "newer", "id": "two"}
    seq = assert_acked(await author.ask(edit))
    subject = author.identity_id

    async def both_are_duplicates() -> None:
        again = await author.publish(scene.room, "first", id="one")
        assert again["t"] == "ack" and again["seq"] == target and again["duplicate"] is True
        again = await author.ask(edit)
        assert again["t"] == "ack" and again["seq"] == seq and again["duplicate"] is True

    await owner.ask({"t": "settings", "room": scene.room, "slow_ms": 86_400_000})
    await both_are_duplicates()
    await owner.switch(scene.room, "announcement")
    await both_are_duplicates()
    await owner.ask(
        {"t": "sanction", "room": scene.room, "action": "mute", "subject": subject, "reason": "x"}
    )
    await both_are_duplicates()
    await owner.ask({"t": "remove", "room": scene.room, "target": target, "reason": "x"})
    await both_are_duplicates()
