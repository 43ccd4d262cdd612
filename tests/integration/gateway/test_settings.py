"""Title, topic, discussion room and slow mode (protocol, sections 4 and 5)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.scene import Scene, assert_acked, assert_refused, log_of, settled
from tests.support.client import Client
from tests.support.waiting import until


async def settings(by: Client, room: str, **fields: Any) -> dict[str, Any]:
    return await by.ask({"t": "settings", "room": room, **fields})


async def test_settings_are_an_entry_with_what_changed(scene: Scene) -> None:
    discussion = await scene.make_room()
    moderator, reader = await scene.moderator(), await scene.person()
    changes = {"title": "Zoé's room", "topic": "Everything", "discussion": discussion, "slow_ms": 1_000}
    seq = assert_acked(await settings(moderator, scene.room, **changes))
    entry = (await reader.expect_entry(scene.room, seq=seq))["e"]
    me = {"id": moderator.identity_id, "name": "max", "kind": "person"}
    assert entry == {"seq": seq, "at": entry["at"], "kind": "settings", "by": me, **changes}
    state = (await reader.join(scene.room))["state"]
    assert {name: state[name] for name in changes} == changes


async def test_only_what_differs_stands_in_the_entry(scene: Scene) -> None:
    moderator = await scene.moderator()
    assert_acked(await settings(moderator, scene.room, topic="a", slow_ms=5))
    seq = assert_acked(await settings(moderator, scene.room, topic="a", slow_ms=6))
    entry = (await moderator.expect_entry(scene.room, seq=seq))["e"]
    assert "topic" not in entry and entry["slow_ms"] == 6
    assert_refused(await settings(moderator, scene.room, topic="a"), "no_change")


async def test_the_empty_text_unsets(scene: Scene) -> None:
    discussion = await scene.make_room()
    moderator = await scene.moderator()
    assert_acked(await settings(moderator, scene.room, topic="a", discussion=discussion))
    seq = assert_acked(await settings(moderator, scene.room, topic="", discussion=""))
    entry = (await moderator.expect_entry(scene.room, seq=seq))["e"]
    assert entry["topic"] == "" and entry["discussion"] == ""
    state = (await moderator.join(scene.room))["state"]
    assert "topic" not in state and "discussion" not in state


@pytest.mark.parametrize("role", [None, "speaker"])
async def test_who_is_no_moderator_changes_no_settings(scene: Scene, role: str | None) -> None:
    client = await scene.person("alex", role)
    refused = assert_refused(await settings(client, scene.room, topic="a"), "forbidden")
    assert refused["rule"] == {"role": "moderator"}
    assert await log_of(client, scene.room) == []


async def test_a_discussion_room_must_be_there_and_of_the_same_hub(scene: Scene) -> None:
    moderator = await scene.moderator()
    for discussion in ("place/no-such-room", "elsewhere/agora"):
        reply = await settings(moderator, scene.room, discussion=discussion)
        assert reply["t"] == "nack" and reply["code"] in ("unknown_room", "bad_request"), reply
    assert await log_of(moderator, scene.room) == []


async def test_in_slow_mode_a_second_message_comes_too_soon(scene: Scene) -> None:
    moderator, author, other = await scene.moderator(), await scene.person(), await scene.person("boris")
    assert_acked(await settings(moderator, scene.room, slow_ms=60_000))
    assert_acked(await author.publish(scene.room, "the first of mine"))
    refused = assert_refused(await author.publish(scene.room, "too soon"), "slow_mode")
    assert 0 < refused["retry_ms"] <= 60_000
    assert_acked(await other.publish(scene.room, "the first of mine"))
    assert_refused(await other.publish(scene.room, "too soon"), "slow_mode")


async def test_a_message_from_before_slow_mode_counts_too(scene: Scene) -> None:
    moderator, author = await scene.moderator(), await scene.person()
    assert_acked(await author.publish(scene.room, "just before"))
    assert_acked(await settings(moderator, scene.room, slow_ms=60_000))
    assert_refused(await author.publish(scene.room, "too soon"), "slow_mode")


async def test_slow_mode_binds_messages_and_nothing_else(scene: Scene) -> None:
    moderator, author = await scene.moderator(), await scene.person()
    assert_acked(await settings(moderator, scene.room, slow_ms=60_000))
    target = assert_acked(await author.publish(scene.room, "a"))
    edit = {"t": "edit", "room": scene.room, "target": target, "text": "b"}
    assert_acked(await author.ask(edit))
    react = {"t": "react", "room": scene.room, "target": target, "emoji": "👍", "on": True}
    assert_acked(await author.ask(react))
    assert_acked(await author.ask({"t": "remove", "room": scene.room, "target": target}))
    assert_refused(await author.publish(scene.room, "a"), "slow_mode")


async def test_slow_mode_holds_over_all_connections_of_an_author(scene: Scene) -> None:
    moderator, author = await scene.moderator(), await scene.person()
    second = await scene.person(subject=author.identity_id, codec="json")
    assert_acked(await settings(moderator, scene.room, slow_ms=60_000))
    refs = [
        (tab, tab.send({"t": "publish", "room": scene.room, "text": "x"})) for tab in (author, second) * 5
    ]
    replies = [await tab.answer(ref) for tab, ref in refs]
    assert sum(reply["t"] == "ack" for reply in replies) == 1
    assert {reply["code"] for reply in replies if reply["t"] == "nack"} == {"slow_mode"}


@pytest.mark.parametrize("role", ["moderator", "owner"])
async def test_slow_mode_does_not_bind_moderators(scene: Scene, role: str) -> None:
    client = await scene.person("max", role)
    assert_acked(await settings(client, scene.room, slow_ms=60_000))
    for _ in range(3):
        assert_acked(await client.publish(scene.room, "x"))


async def test_slow_mode_off_is_off(scene: Scene) -> None:
    moderator, author = await scene.moderator(), await scene.person()
    assert_acked(await settings(moderator, scene.room, slow_ms=60_000))
    assert_acked(await author.publish(scene.room, "a"))
    assert_acked(await settings(moderator, scene.room, slow_ms=0))
    assert_acked(await author.publish(scene.room, "b"))


async def test_after_the_time_of_slow_mode_the_next_message_is_taken(scene: Scene) -> None:
    moderator, author = await scene.moderator(), await scene.person()
    assert_acked(await settings(moderator, scene.room, slow_ms=300))
    assert_acked(await author.publish(scene.room, "a"))

    async def is_taken() -> bool:
        reply = await author.publish(scene.room, "b")
        assert reply["t"] == "ack" or (reply["code"] == "slow_mode" and reply["retry_ms"] <= 300), reply
        return bool(reply["t"] == "ack")

    await until("the time is over", is_taken)
    await settled(author)
    first, second = [entry for entry in await log_of(author, scene.room) if entry["kind"] == "message"]
    assert second["at"] - first["at"] >= 300
