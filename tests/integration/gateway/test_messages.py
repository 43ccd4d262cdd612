"""Messages and what is done with them: edits, reactions, answers (protocol, sections 4 and 5)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.scene import (
    Scene,
    assert_acked,
    assert_refused,
    caught_up,
    log_of,
    pushed,
    settled,
)
from tests.support.client import Client


async def react(
    client: Client, room: str, target: int, emoji: str, on: bool = True, **more: Any
) -> dict[str, Any]:
    return await client.ask({"t": "react", "room": room, "target": target, "emoji": emoji, "on": on, **more})


async def edit(client: Client, room: str, target: int, text: str, **more: Any) -> dict[str, Any]:
    return await client.ask({"t": "edit", "room": room, "target": target, "text": text, **more})


async def test_a_message_reaches_everybody_in_the_room_its_author_included(scene: Scene) -> None:
    author = await scene.person("amina")
    others = [await scene.person("boris", codec="json"), await scene.person("chloe", codec="msgpack")]
    seq = assert_acked(await author.publish(scene.room, "Bonjour"))
    for client in (author, *others):
        push = await client.expect("entry", room=scene.room)
        entry = push["e"]
        assert isinstance(push["epoch"], str) and isinstance(entry["at"], int)
        assert entry == {
            "seq": seq, "at": entry["at"], "kind": "message", "id": entry["id"], "text": "Bonjour",
            "by": {"id": author.identity_id, "name": "amina", "kind": "person"},
        }  # fmt: skip


async def test_a_message_carries_what_was_sent_with_it(scene: Scene) -> None:
    client = await scene.person()
    first = assert_acked(await client.publish(scene.room, "Qu'en pensez-vous ?", question=True, id="my id"))
    more: dict[str, Any] = {"reply_to": first, "data": {"kind": "poll", "options": [1, 2.5, None, True, "é"]}}
    second = assert_acked(await client.publish(scene.room, "ça", **more))
    question = (await client.expect_entry(scene.room, seq=first))["e"]
    answer = (await client.expect_entry(scene.room, seq=second))["e"]
    assert question["question"] is True and question["id"] == "my id"
    assert {name: answer[name] for name in more} == more
    assert "question" not in answer and "reply_to" not in question and "data" not in question


@pytest.mark.parametrize(
    "text",
    [
        "  spaces  \n\tand lines\r\n",
        "Zoe\u0301",
        "👩🏽‍🚀 \u202bעברית\u202c",
        '<img src=x onerror="alert(1)">',
        '\\u0000 \\ "',
        "\x07\x1b[31m",
    ],
)
async def test_a_text_is_kept_as_it_comes(scene: Scene, text: str) -> None:
    client = await scene.person()
    seq = assert_acked(await client.publish(scene.room, text))
    assert (await client.expect_entry(scene.room, seq=seq))["e"]["text"] == text
    assert (await log_of(client, scene.room))[0]["text"] == text


async def test_entries_are_numbered_from_one_without_holes_and_times_never_go_back(scene: Scene) -> None:
    clients = [await scene.person(f"p{number}") for number in range(3)]
    refs = [
        (client, client.send({"t": "publish", "room": scene.room, "text": f"{number}"}))
        for number in range(40)
        for client in clients
    ]
    for client, ref in refs:
        assert_acked(await client.answer(ref))
    entries = await log_of(clients[0], scene.room)
    assert [entry["seq"] for entry in entries] == list(range(1, 121))
    times = [entry["at"] for entry in entries]
    assert times == sorted(times)


async def test_commands_of_one_connection_take_effect_in_the_order_sent(scene: Scene) -> None:
    client = await scene.moderator()
    commands: list[dict[str, Any]] = []
    for number in range(10):
        mode = "agora" if number % 2 else "announcement"
        commands.append({"t": "publish", "text": f"m{number}"})
        commands.append({"t": "mode", "mode": mode, "reason": f"r{number}"})
        commands.append({"t": "settings", "topic": f"t{number}"})
    refs = [client.send({**command, "room": scene.room}) for command in commands]
    seqs = [assert_acked(await client.answer(ref)) for ref in refs]
    assert seqs == list(range(1, 31))
    kinds = [entry["kind"] for entry in await log_of(client, scene.room)]
    assert kinds == ["message", "mode", "settings"] * 10


async def test_a_refused_command_does_not_disturb_the_order_of_the_others(scene: Scene) -> None:
    client = await scene.person()
    refs = []
    for number in range(60):
        refs.append(client.send({"t": "publish", "room": scene.room, "text": f"m{number}"}))
        refs.append(client.send({"t": "edit", "room": scene.room, "target": 999, "text": "x"}))
        refs.append(client.send({"t": "mode", "room": scene.room, "mode": "agora", "reason": "x"}))
    replies = [await client.answer(ref) for ref in refs]
    assert [reply.get("seq") for reply in replies[::3]] == list(range(1, 61))
    assert {reply["code"] for reply in replies[1::3]} == {"unknown_entry"}
    assert {reply["code"] for reply in replies[2::3]} == {"forbidden"}
    assert [entry["text"] for entry in await log_of(client, scene.room)] == [f"m{n}" for n in range(60)]


# -- Edits -----------------------------------------------------------------------------------------


async def test_an_edit_is_an_entry_with_the_new_text(scene: Scene) -> None:
    author, reader = await scene.person(), await scene.person("boris")
    target = assert_acked(await author.publish(scene.room, "befor"))
    seq = assert_acked(await edit(author, scene.room, target, "before"))
    entry = (await reader.expect_entry(scene.room, kind="edit"))["e"]
    assert entry == {
        "seq": seq, "at": entry["at"], "kind": "edit", "target": target, "text": "before",
        "by": {"id": author.identity_id, "name": "amina", "kind": "person"},
    }  # fmt: skip


async def test_of_several_edits_the_newest_text_is_shown(scene: Scene) -> None:
    author = await scene.person()
    target = assert_acked(await author.publish(scene.room, "a"))
    for text in ("b", "c", "d"):
        assert_acked(await edit(author, scene.room, target, text))
    message, *_, last = await log_of(author, scene.room)
    assert message["text"] == "d" and message["edited"] == last["at"]


@pytest.mark.parametrize("role", [None, "moderator", "owner"])
async def test_nobody_edits_what_somebody_else_wrote(scene: Scene, role: str | None) -> None:
    author, other = await scene.person(), await scene.person("boris", role)
    target = assert_acked(await author.publish(scene.room, "mine"))
    assert_refused(await edit(other, scene.room, target, "yours"), "forbidden")
    assert [entry["text"] for entry in await log_of(author, scene.room)] == ["mine"]


async def test_an_author_who_may_not_publish_now_may_not_edit(scene: Scene) -> None:
    author, moderator = await scene.person(), await scene.moderator()
    target = assert_acked(await author.publish(scene.room, "mine"))
    await moderator.switch(scene.room, "announcement")
    assert_refused(await edit(author, scene.room, target, "still mine"), "announcement_only")
    assert_acked(await react(author, scene.room, target, "👍"))


@pytest.mark.parametrize("t", ["edit", "react", "remove", "reply"])
async def test_only_messages_that_are_there_can_be_named(scene: Scene, t: str) -> None:
    author = await scene.person()
    removed = assert_acked(await author.publish(scene.room, "a"))
    removal = assert_acked(await author.ask({"t": "remove", "room": scene.room, "target": removed}))
    message = assert_acked(await author.publish(scene.room, "b"))
    edited = assert_acked(await edit(author, scene.room, message, "c"))

    async def name(target: int) -> dict[str, Any]:
        match t:
            case "edit":
                return await edit(author, scene.room, target, "x")
            case "react":
                return await react(author, scene.room, target, "👍")
            case "remove":
                return await author.ask({"t": "remove", "room": scene.room, "target": target})
            case _:
                return await author.publish(scene.room, "x", reply_to=target)

    for target in (0, removed, removal, edited, edited + 1, 2**53 - 1):
        assert_refused(await name(target), "unknown_entry")
    assert_acked(await name(message))


async def test_a_command_with_an_epoch_that_is_no_longer_current_names_nothing(scene: Scene) -> None:
    author = await scene.person()
    target = assert_acked(await author.publish(scene.room, "a"))
    epoch = author.position_by_room[scene.room][0]
    assert_refused(await edit(author, scene.room, target, "x", epoch="older"), "unknown_entry")
    assert_refused(await react(author, scene.room, target, "👍", epoch="older"), "unknown_entry")
    assert_refused(await author.publish(scene.room, "x", reply_to=target, epoch="older"), "unknown_entry")
    remove = {"t": "remove", "room": scene.room, "target": target}
    assert_refused(await author.ask({**remove, "epoch": "older"}), "unknown_entry")
    assert_acked(await edit(author, scene.room, target, "x", epoch=epoch))
    assert_acked(await author.publish(scene.room, "x", reply_to=target, epoch=epoch))
    assert_acked(await author.ask({**remove, "epoch": epoch}))


async def test_an_entry_of_another_room_cannot_be_named(scene: Scene) -> None:
    other_room = await scene.make_room()
    author = await scene.person(rooms=(scene.room, other_room))
    target = assert_acked(await author.publish(scene.room, "a"))
    assert_refused(await edit(author, other_room, target, "x"), "unknown_entry")


# -- Reactions -------------------------------------------------------------------------------------


async def test_a_reaction_is_an_entry_and_is_counted(scene: Scene) -> None:
    author, reader = await scene.person(), await scene.person("boris")
    target = assert_acked(await author.publish(scene.room, "a"))
    seq = assert_acked(await react(reader, scene.room, target, "👍"))
    assert_acked(await react(author, scene.room, target, "👍"))
    assert_acked(await react(author, scene.room, target, "👩🏽‍🚀"))
    entry = (await author.expect_entry(scene.room, seq=seq))["e"]
    assert entry == {
        "seq": seq, "at": entry["at"], "kind": "reaction", "target": target, "emoji": "👍", "on": True,
        "by": {"id": reader.identity_id, "name": "boris", "kind": "person"},
    }  # fmt: skip
    message = (await log_of(reader, scene.room))[0]
    assert message["reactions"] == {"👍": 2, "👩🏽‍🚀": 1} and message["mine"] == ["👍"]
    message = (await log_of(author, scene.room))[0]
    assert sorted(message["mine"]) == sorted(["👍", "👩🏽‍🚀"])


async def test_a_reaction_can_be_taken_back(scene: Scene) -> None:
    client = await scene.person()
    target = assert_acked(await client.publish(scene.room, "a"))
    assert_acked(await react(client, scene.room, target, "👍"))
    assert_acked(await react(client, scene.room, target, "👍", on=False))
    message = (await log_of(client, scene.room))[0]
    assert not message.get("reactions") and not message.get("mine")
    assert_acked(await react(client, scene.room, target, "👍"))


async def test_a_reaction_that_is_so_already_is_no_change(scene: Scene) -> None:
    client = await scene.person()
    target = assert_acked(await client.publish(scene.room, "a"))
    assert_refused(await react(client, scene.room, target, "👍", on=False), "no_change")
    assert_acked(await react(client, scene.room, target, "👍"))
    assert_refused(await react(client, scene.room, target, "👍"), "no_change")


async def test_the_twenty_first_emoji_of_a_message_is_too_large(scene: Scene) -> None:
    client, other = await scene.person(), await scene.person()
    target = assert_acked(await client.publish(scene.room, "a"))
    emojis = [chr(0x1F600 + number) for number in range(21)]
    for emoji in emojis[:20]:
        assert_acked(await react(client, scene.room, target, emoji))
    assert_refused(await react(other, scene.room, target, emojis[20]), "too_large")
    assert_acked(await react(other, scene.room, target, emojis[0]))
    assert_acked(await react(client, scene.room, target, emojis[1], on=False))
    assert_acked(await react(other, scene.room, target, emojis[20]))


# -- Answers to announcements ----------------------------------------------------------------------


async def test_an_announcement_is_answered_in_public_in_the_discussion_room(scene: Scene) -> None:
    board = await scene.make_room(mode="announcement", discussion=scene.room)
    speaker = await scene.person("sam", "speaker", rooms=(board,))
    reader = await scene.person(rooms=(scene.room, board))
    seq = assert_acked(await speaker.publish(board, "News"))
    refused = assert_refused(await reader.publish(board, "But"), "announcement_only")
    assert refused["instead"] == ["floor", "about"]
    answer = assert_acked(await reader.publish(scene.room, "But", about={"room": board, "seq": seq}))
    assert (await reader.expect_entry(scene.room, seq=answer))["e"]["about"] == {"room": board, "seq": seq}


async def test_an_answer_must_be_about_an_announcement_that_is_there(scene: Scene) -> None:
    board = await scene.make_room(mode="announcement", discussion=scene.room)
    elsewhere = await scene.make_room(mode="announcement")
    speaker = await scene.person("sam", "speaker", rooms=(board, elsewhere, scene.room))
    gone = assert_acked(await speaker.publish(board, "News"))
    removal = assert_acked(await speaker.ask({"t": "remove", "room": board, "target": gone}))
    other = assert_acked(await speaker.publish(elsewhere, "News"))
    for about in (
        {"room": board, "seq": gone},
        {"room": board, "seq": removal},
        {"room": board, "seq": 99},
        {"room": elsewhere, "seq": other},
        {"room": scene.room, "seq": 1},
        {"room": "place/no-such-room", "seq": 1},
        {"room": "no-such-hub/agora", "seq": 1},
    ):
        assert_refused(await speaker.publish(scene.room, "But", about=about), "unknown_entry")
    assert await log_of(speaker, scene.room) == []


async def test_one_who_is_banned_from_the_announcements_cannot_answer_them(scene: Scene) -> None:
    board = await scene.make_room(mode="announcement", discussion=scene.room)
    moderator = await scene.moderator(rooms=(board,))
    banned = await scene.person()
    seq = assert_acked(await moderator.publish(board, "News"))
    subject = banned.identity_id
    await moderator.ask({"t": "sanction", "room": board, "action": "ban", "subject": subject, "reason": "x"})
    reply = await banned.publish(scene.room, "But", about={"room": board, "seq": seq})
    assert_refused(reply, "unknown_entry")


async def test_the_way_out_is_not_shown_where_the_discussion_room_would_not_take_it(scene: Scene) -> None:
    board = await scene.make_room(mode="announcement", discussion=scene.room)
    moderator, reader = await scene.moderator(rooms=(board, scene.room)), await scene.person(rooms=(board,))
    await moderator.switch(scene.room, "announcement")
    refused = assert_refused(await reader.publish(board, "But"), "announcement_only")
    assert refused["instead"] == ["floor"]


async def test_pushes_come_in_order_whatever_the_mix(scene: Scene) -> None:
    client, reader = await scene.person(), await scene.person(codec="json")
    target = assert_acked(await client.publish(scene.room, "a"))
    for number in range(30):
        client.send({"t": "edit", "room": scene.room, "target": target, "text": f"{number}"})
        client.send(
            {"t": "react", "room": scene.room, "target": target, "emoji": "👍", "on": number % 2 == 0}
        )
        client.send({"t": "publish", "room": scene.room, "text": f"{number}"})
    await settled(client)
    await caught_up(reader, scene.room, 91)
    assert [entry["seq"] for entry in pushed(reader, scene.room)] == list(range(1, 92))
