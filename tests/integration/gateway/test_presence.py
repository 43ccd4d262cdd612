"""Who is here, and who is typing (protocol, section 5.1)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.scene import (
    Scene,
    assert_acked,
    assert_refused,
    fresh_id,
    settled,
)
from tests.support.client import Client
from tests.support.waiting import until


@pytest.fixture
def scene(one_scene: Scene) -> Scene:
    """A fresh room on one kind of server: what is told once a second takes its time."""
    return one_scene


async def who(client: Client, room: str, **more: Any) -> dict[str, Any]:
    reply = await client.ask({"t": "who", "room": room, **more})
    assert reply["t"] == "who" and reply["room"] == room, reply
    return reply


async def test_who_shows_everybody_with_their_roles(scene: Scene) -> None:
    amina, max_, sam = await scene.person(), await scene.moderator(), await scene.person("sam", "speaker")
    reply = await who(amina, scene.room)
    assert reply["count"] == 3 and reply["more"] is False
    assert sorted(reply["who"], key=lambda row: str(row["name"])) == [
        {"id": amina.identity_id, "name": "amina", "kind": "person", "role": "participant"},
        {"id": max_.identity_id, "name": "max", "kind": "person", "role": "moderator"},
        {"id": sam.identity_id, "name": "sam", "kind": "person", "role": "speaker"},
    ]


async def test_one_person_with_three_tabs_is_one_person(scene: Scene) -> None:
    subject = fresh_id("tabs")
    tabs = [await scene.person(subject=subject) for _ in range(3)]
    reply = await who(tabs[0], scene.room)
    assert reply["count"] == 1 and [row["id"] for row in reply["who"]] == [subject]
    await tabs[0].close()
    assert (await who(tabs[1], scene.room))["count"] == 1


async def test_in_announcement_mode_only_moderators_get_names(scene: Scene) -> None:
    amina, moderator, sam = (
        await scene.person(),
        await scene.moderator(),
        await scene.person("sam", "speaker"),
    )
    assert_acked(await moderator.switch(scene.room, "announcement"))
    for client in (amina, sam):
        reply = await who(client, scene.room)
        assert reply["count"] == 3 and not reply.get("who")
    assert len((await who(moderator, scene.room))["who"]) == 3


async def test_who_of_a_room_one_is_not_in_is_refused(scene: Scene) -> None:
    client = await scene.person(rooms=())
    assert_refused(await client.ask({"t": "who", "room": scene.room}), "not_joined")


async def count_is(client: Client, room: str, count: int) -> list[dict[str, Any]]:
    """Wait for the presence push with that count; returns all up to it."""

    def pushes() -> list[dict[str, Any]]:
        return [push for push in client.inbox if push["t"] == "presence" and push["room"] == room]

    await until(f"{count} are told to be present", lambda: pushes() and pushes()[-1]["count"] == count)
    return pushes()


async def test_coming_and_going_is_told(scene: Scene) -> None:
    client = await scene.person()
    await count_is(client, scene.room, 1)
    client.inbox.clear()
    other = await scene.person("boris")
    (push,) = await count_is(client, scene.room, 2)
    assert [row["id"] for row in push["joined"]] == [other.identity_id]
    assert push["joined"][0]["name"] == "boris" and not push.get("left")
    client.inbox.clear()
    await other.close()
    (push,) = await count_is(client, scene.room, 1)
    assert [row["id"] for row in push["left"]] == [other.identity_id] and not push.get("joined")


async def test_presence_comes_once_a_second_at_most(scene: Scene) -> None:
    client = await scene.person()
    await count_is(client, scene.room, 1)
    client.inbox.clear()
    for number in range(20):
        await scene.person(f"p{number}")
    pushes = await count_is(client, scene.room, 21)
    assert len(pushes) <= 10
    told = {row["id"] for push in pushes for row in push.get("joined", [])}
    assert len(told) == 20


async def test_in_announcement_mode_presence_names_nobody_but_to_moderators(scene: Scene) -> None:
    board = await scene.make_room(mode="announcement")
    amina, moderator = await scene.person(rooms=(board,)), await scene.moderator(rooms=(board,))
    await count_is(amina, board, 2)
    await count_is(moderator, board, 2)
    for client in (amina, moderator):
        client.inbox.clear()
    other = await scene.person("boris", rooms=(board,))
    (push,) = await count_is(amina, board, 3)
    assert not push.get("joined") and not push.get("left")
    (push,) = await count_is(moderator, board, 3)
    assert [row["id"] for row in push["joined"]] == [other.identity_id]


async def test_one_who_is_quiet_is_counted_and_not_named(scene: Scene) -> None:
    client = await scene.person()
    quiet = await scene.person("quinn", hello={"quiet": True})
    pushes = await count_is(client, scene.room, 2)
    named = {row["id"] for push in pushes for row in push.get("joined", [])}
    assert quiet.identity_id not in named
    reply = await who(client, scene.room)
    assert reply["count"] == 2 and [row["id"] for row in reply["who"]] == [client.identity_id]
    quiet.send_frame({"t": "typing", "room": scene.room})
    client.send_frame({"t": "typing", "room": scene.room})
    push = await client.expect("typing", room=scene.room)
    assert [row["id"] for row in push["who"]] == [client.identity_id]


async def test_one_quiet_connection_makes_all_of_a_person_quiet(scene: Scene) -> None:
    client, subject = await scene.person(), fresh_id("quinn")
    await scene.person("quinn", subject=subject)
    quiet = await scene.person("quinn", subject=subject, hello={"quiet": True})
    reply = await who(client, scene.room)
    assert reply["count"] == 2 and [row["id"] for row in reply["who"]] == [client.identity_id]
    await quiet.close()

    async def is_named() -> bool:
        return subject in [row["id"] for row in (await who(client, scene.room))["who"]]

    await until("named again when no quiet connection is left", is_named)


async def test_typing_is_told_to_everybody_in_the_room(scene: Scene) -> None:
    client, other = await scene.person(), await scene.person("boris")
    client.send_frame({"t": "typing", "room": scene.room})
    for reader in (client, other):
        push = await reader.expect("typing", room=scene.room)
        assert push["who"] == [{"id": client.identity_id, "name": "amina"}]


async def test_typing_names_five_at_most(scene: Scene) -> None:
    people = [await scene.person(f"p{number}") for number in range(8)]
    for person in people:
        person.send_frame({"t": "typing", "room": scene.room})
    push = await people[0].expect("typing", room=scene.room)
    assert 1 <= len(push["who"]) <= 5


@pytest.mark.parametrize("why", ["muted", "announcement mode", "not in the room"])
async def test_who_may_not_publish_is_not_told_to_type(scene: Scene, why: str) -> None:
    moderator, client = await scene.moderator(), await scene.person()
    match why:
        case "muted":
            command = {"t": "sanction", "room": scene.room, "action": "mute", "reason": "x"}
            assert_acked(await moderator.ask({**command, "subject": client.identity_id}))
            await client.expect("rights", room=scene.room)
        case "announcement mode":
            assert_acked(await moderator.switch(scene.room, "announcement"))
            await client.expect("rights", room=scene.room)
        case _:
            await client.ask({"t": "leave", "room": scene.room})
    client.send_frame({"t": "typing", "room": scene.room})
    await settled(client)
    moderator.send_frame({"t": "typing", "room": scene.room})
    push = await moderator.expect("typing", room=scene.room)
    assert [row["id"] for row in push["who"]] == [moderator.identity_id]


async def test_above_a_hundred_people_only_the_count_is_told_and_nobody_types(one_scene: Scene) -> None:
    scene = one_scene
    first = await scene.person()
    others = [await scene.person(f"p{number}") for number in range(100)]
    await count_is(first, scene.room, 101)
    first.inbox.clear()
    await scene.person("late")
    (push,) = await count_is(first, scene.room, 102)
    assert not push.get("joined") and not push.get("left")
    first.send_frame({"t": "typing", "room": scene.room})
    await settled(first)
    first.inbox.clear()
    await scene.person("later")
    await count_is(first, scene.room, 103)
    assert not any(push["t"] == "typing" for push in first.inbox)
    assert others


async def test_who_comes_in_pages_of_two_hundred(one_scene: Scene) -> None:
    scene = one_scene
    clients = [await scene.person(f"p{number}") for number in range(203)]
    found: list[str] = []
    after: Any = None
    while after is not False:
        page = await who(clients[0], scene.room, **({"after": after} if after else {}))
        assert page["count"] == 203
        assert len(page["who"]) == 200 or page["more"] is False
        found += [row["id"] for row in page["who"]]
        after = page["more"]
    assert sorted(found) == sorted(client.identity_id for client in clients)


async def test_one_who_is_quiet_in_one_tab_is_not_named_as_typing_in_another(scene: Scene) -> None:
    subject, observer = fresh_id("tabs"), await scene.person("chloe")
    await scene.person(subject=subject, hello={"quiet": True})
    tab, boris = await scene.person(subject=subject), await scene.person("boris")
    await count_is(observer, scene.room, 3)
    tab.send_frame({"t": "typing", "room": scene.room})
    await settled(tab)
    boris.send_frame({"t": "typing", "room": scene.room})

    def named() -> set[str]:
        pushes = [push for push in observer.inbox if push["t"] == "typing"]
        return {row["id"] for push in pushes for row in push["who"]}

    await until("somebody is named", named)
    await until("Boris is", lambda: boris.identity_id in named())
    assert named() == {boris.identity_id}


async def test_a_quiet_connection_outside_of_the_room_hides_the_name_in_it(scene: Scene) -> None:
    client, subject = await scene.person(), fresh_id("quinn")
    await scene.person("quinn", subject=subject)
    quiet = await scene.person("quinn", subject=subject, rooms=(), hello={"quiet": True})
    reply = await who(client, scene.room)
    assert reply["count"] == 2 and [row["id"] for row in reply["who"]] == [client.identity_id]
    await quiet.close()

    async def is_named() -> bool:
        return subject in [row["id"] for row in (await who(client, scene.room))["who"]]

    await until("named again when no quiet connection is left", is_named)
