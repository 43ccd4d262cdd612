"""Which refusal is told, if several apply (protocol, section 5)."""

from __future__ import annotations

from tests.integration.gateway.scene import Scene, assert_acked, assert_refused, role_token
from tests.integration.gateway.test_sanctions import sanction


async def test_the_shape_comes_before_the_room(scene: Scene) -> None:
    client = await scene.person()
    reply = await client.ask({"t": "publish", "room": "place/no-such-room", "text": ""})
    assert_refused(reply, "bad_request")


async def test_a_ban_comes_before_a_mute(scene: Scene) -> None:
    moderator, subject = await scene.moderator(), await scene.person()
    assert_acked(await sanction(moderator, scene.room, "mute", subject.identity_id))
    assert_acked(await sanction(moderator, scene.room, "ban", subject.identity_id))
    answer = await scene.http(
        "POST", f"/api/rooms/{scene.room}/entries", token=role_token(subject.identity_id), json={"text": "x"}
    )
    assert answer.json()["code"] == "banned"


async def test_a_mute_comes_before_the_mode_and_before_an_unknown_entry(scene: Scene) -> None:
    moderator, subject = await scene.moderator(), await scene.person()
    assert_acked(await moderator.switch(scene.room, "announcement"))
    assert_acked(await sanction(moderator, scene.room, "mute", subject.identity_id))
    assert_refused(await subject.publish(scene.room, "x", reply_to=99), "muted")
    react = {"t": "react", "room": scene.room, "target": 99, "emoji": "👍", "on": True}
    assert_refused(await subject.ask(react), "muted")


async def test_the_mode_comes_before_an_unknown_entry(scene: Scene) -> None:
    moderator, subject = await scene.moderator(), await scene.person()
    assert_acked(await moderator.switch(scene.room, "announcement"))
    assert_refused(await subject.publish(scene.room, "x", reply_to=99), "announcement_only")
    edit = {"t": "edit", "room": scene.room, "target": 99, "text": "x"}
    assert_refused(await subject.ask(edit), "announcement_only")


async def test_the_mode_comes_before_an_epoch_that_is_over(scene: Scene) -> None:
    moderator, subject = await scene.moderator(), await scene.person()
    old = {"t": "publish", "room": scene.room, "text": "x", "reply_to": 1, "epoch": "another"}
    assert_refused(await subject.ask(old), "unknown_entry")
    assert_acked(await moderator.switch(scene.room, "announcement"))
    assert_refused(await subject.ask(old), "announcement_only")


async def test_an_unknown_entry_comes_before_slow_mode(scene: Scene) -> None:
    moderator, subject = await scene.moderator(), await scene.person()
    await moderator.ask({"t": "settings", "room": scene.room, "slow_ms": 86_400_000})
    assert_acked(await subject.publish(scene.room, "x"))
    assert_refused(await subject.publish(scene.room, "x", reply_to=99), "unknown_entry")
    assert_refused(await subject.publish(scene.room, "x", reply_to=2), "slow_mode")


async def test_the_role_comes_before_no_change(scene: Scene) -> None:
    subject = await scene.person()
    assert_refused(await subject.switch(scene.room, "agora"), "forbidden")
