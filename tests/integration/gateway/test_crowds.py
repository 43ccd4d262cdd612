"""What a few people do in their own matters holds up nobody else (protocol, sections 5 and 10.3)."""

from __future__ import annotations

import asyncio
import contextlib

from tests.integration.gateway.scene import (
    Scene,
    assert_acked,
    fresh_id,
    log_of,
    role_token,
    settled,
)
from tests.support.client import Client
from tests.support.stores import Store
from tests.support.wire import ConnectionLost

EDITS = 59
"""Of one author in one go: what the default burst lets through besides the message."""

REPLY_BYTES = 262_144
TOKEN_CLOSED = 4500


async def test_people_who_edit_in_bursts_hold_up_neither_themselves_nor_anybody_else(scene: Scene) -> None:
    editors = [await scene.person(f"e{number}") for number in range(5)]
    targets = [assert_acked(await editor.publish(scene.room, "first")) for editor in editors]
    bystander = await scene.person("boris")
    sent = [
        (editor, editor.send({"t": "edit", "room": scene.room, "target": target, "text": f"v{number}"}))
        for number in range(EDITS)
        for editor, target in zip(editors, targets, strict=True)
    ]
    assert_acked(await bystander.publish(scene.room, "And I?"))
    for editor, ref in sent:
        assert_acked(await editor.answer(ref))
    messages = [entry for entry in await log_of(bystander, scene.room) if entry["seq"] in targets]
    assert all(message["text"] == f"v{EDITS - 1}" for message in messages), messages


async def test_edits_of_one_message_by_one_person_are_all_taken(scene: Scene) -> None:
    editor, bystander = await scene.person(), await scene.person("boris")
    target = assert_acked(await editor.publish(scene.room, "first"))
    edit = {"t": "edit", "room": scene.room, "target": target}
    refs = [editor.send({**edit, "text": f"v{number}"}) for number in range(300)]
    assert_acked(await bystander.publish(scene.room, "And I?"))
    for ref in refs:
        assert_acked(await editor.answer(ref))


async def types_until_sent_away(client: Client, room: str) -> int:
    """Publish again and again until the connection is closed; returns the close code."""
    with contextlib.suppress(ConnectionLost):  # the close may have begun when the next one is sent
        while client.is_open:
            client.send({"t": "publish", "room": room, "text": "still typing"})
            await asyncio.sleep(0.01)
    return await client.close_code()


async def test_one_whose_token_ends_while_they_type_holds_up_nobody(scene: Scene) -> None:
    bystander = await scene.person("boris")
    brief = await scene.stranger()
    assert (await brief.hello(token=role_token(fresh_id("brief"), valid_seconds=2)))["t"] == "welcome"
    assert (await brief.join(scene.room))["t"] == "joined"
    typing = asyncio.create_task(types_until_sent_away(brief, scene.room))
    while not typing.done():
        assert_acked(await bystander.publish(scene.room, "I go on"))
    assert typing.result() == TOKEN_CLOSED
    assert_acked(await bystander.publish(scene.room, "and on"))


def bytes_given(store: Store) -> int:
    """What the store has written to all its clients so far."""
    return int(store.command("INFO", "stats")["total_net_output_bytes"])


async def test_a_page_of_long_messages_costs_the_store_no_more_than_the_reply(
    shared_scene: Scene, redis_store: Store
) -> None:
    scene = shared_scene
    author, reader = await scene.person(), await scene.person("boris", rooms=())
    refs = [author.send({"t": "publish", "room": scene.room, "text": "𝕏" * 4_000}) for _ in range(200)]
    for ref in refs:
        assert_acked(await author.answer(ref))
    await author.close()
    assert len(await log_of(reader, scene.room)) > 1  # has the room opened, which reads its newest entries
    await settled(reader)
    before = bytes_given(redis_store)
    page = await log_of(reader, scene.room)
    given = bytes_given(redis_store) - before
    assert given < 2 * REPLY_BYTES, "the room holds 3.2 MB"
    assert [entry["seq"] for entry in page] == list(range(201 - len(page), 201))
