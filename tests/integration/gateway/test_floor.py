"""Asking for the floor, being given it, losing it (protocol, section 4, "Floor")."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio

from tests.integration.gateway.scene import Scene, assert_acked, assert_refused, log_of, role_token
from tests.support.client import Client


class Hall:
    """An announcement room with a moderator and a participant in it."""

    def __init__(self, scene: Scene, room: str, moderator: Client, participant: Client) -> None:
        self.scene, self.room, self.moderator, self.participant = scene, room, moderator, participant

    async def own(self, action: str, **more: Any) -> dict[str, Any]:
        """The participant's own command on the floor."""
        return await self.participant.ask({"t": "floor", "room": self.room, "action": action, **more})

    async def decide(self, action: str, **more: Any) -> dict[str, Any]:
        """The moderator's command on the participant's floor."""
        subject = self.participant.identity_id
        command = {"t": "floor", "room": self.room, "action": action, "subject": subject}
        return await self.moderator.ask({**command, **more})

    async def punish(self, action: str, scope: str = "room") -> None:
        """A sanction of the participant by the moderator."""
        command = {"t": "sanction", "room": self.room, "action": action, "scope": scope, "reason": "x"}
        assert_acked(await self.moderator.ask({**command, "subject": self.participant.identity_id}))

    async def may_publish(self) -> bool:
        """Whether a message of the participant is taken; refused, the room is in announcement mode."""
        reply = await self.participant.publish(self.room, "x")
        assert reply["t"] == "ack" or reply["code"] == "announcement_only", reply
        return bool(reply["t"] == "ack")

    async def floor(self) -> dict[str, list[str]]:
        """Who has asked and who has been given the floor, as a fresh join shows it."""
        state = (await self.moderator.join(self.room))["state"]
        shown = state.get("floor", {})
        return {name: [turn["id"] for turn in shown.get(name, [])] for name in ("asked", "given")}


@pytest_asyncio.fixture
async def hall(scene: Scene) -> Hall:
    """A hall in which nobody has asked yet."""
    room = await scene.make_room(mode="announcement")
    moderator = await scene.moderator(rooms=(room,))
    return Hall(scene, room, moderator, await scene.person(rooms=(room,)))


async def test_asking_is_an_entry_and_stands_in_the_state(hall: Hall) -> None:
    seq = assert_acked(await hall.own("ask", reason="A question about page 3"))
    entry = (await hall.moderator.expect_entry(hall.room, seq=seq))["e"]
    me = {"id": hall.participant.identity_id, "name": "amina", "kind": "person"}
    assert entry["kind"] == "floor" and entry["action"] == "ask" and entry["by"] == me
    assert entry["subject"] == me and entry["reason"] == "A question about page 3"
    state = (await hall.moderator.join(hall.room))["state"]
    asked = state["floor"]["asked"]
    assert asked == [{"id": me["id"], "name": "amina", "at": entry["at"], "reason": entry["reason"]}]
    assert not await hall.may_publish(), "asking is not being given"


async def test_who_has_been_given_the_floor_may_publish(hall: Hall) -> None:
    assert_acked(await hall.own("ask"))
    assert not await hall.may_publish()
    assert_acked(await hall.decide("give"))
    assert await hall.may_publish()
    me = hall.participant.identity_id
    assert await hall.floor() == {"asked": [], "given": [me]}


async def test_the_floor_can_be_given_unasked(hall: Hall) -> None:
    assert_acked(await hall.decide("give"))
    assert await hall.may_publish()


async def test_the_floor_can_be_given_to_one_who_is_not_there(hall: Hall) -> None:
    command = {"t": "floor", "room": hall.room, "action": "give", "subject": "u:later-on"}
    seq = assert_acked(await hall.moderator.ask(command))
    entry = (await hall.moderator.expect_entry(hall.room, seq=seq))["e"]
    assert entry["subject"]["id"] == "u:later-on" and "name" not in entry["subject"]
    later = await hall.scene.person("lou", subject="u:later-on", rooms=(hall.room,))
    assert_acked(await later.publish(hall.room, "Thank you"))


async def test_asking_twice_is_no_change(hall: Hall) -> None:
    assert_acked(await hall.own("ask"))
    assert_refused(await hall.own("ask"), "no_change")
    assert len((await hall.floor())["asked"]) == 1


async def test_who_may_publish_anyway_asks_in_vain(scene: Scene) -> None:
    participant, speaker = await scene.person(), await scene.person("sam", "speaker")
    assert_refused(await participant.ask({"t": "floor", "room": scene.room, "action": "ask"}), "no_change")
    moderator = await scene.moderator()
    await moderator.switch(scene.room, "announcement")
    assert_refused(await speaker.ask({"t": "floor", "room": scene.room, "action": "ask"}), "no_change")
    assert_acked(await participant.ask({"t": "floor", "room": scene.room, "action": "ask"}))


async def test_who_has_the_floor_asks_in_vain(hall: Hall) -> None:
    assert_acked(await hall.decide("give"))
    assert_refused(await hall.own("ask"), "no_change")
    assert_refused(await hall.decide("give"), "no_change")


async def test_what_was_not_asked_can_be_neither_refused_nor_withdrawn_nor_taken(hall: Hall) -> None:
    for reply in (await hall.own("withdraw"), await hall.decide("refuse"), await hall.decide("take")):
        assert_refused(reply, "no_change")


@pytest.mark.parametrize("end", ["refuse", "take", "withdraw the wish", "withdraw the floor"])
async def test_after_an_end_one_may_ask_again_after_a_minute(hall: Hall, end: str) -> None:
    if end in ("refuse", "withdraw the wish"):
        assert_acked(await hall.own("ask"))
    else:
        assert_acked(await hall.decide("give", reason="Your turn"))
    if end.startswith("withdraw"):
        assert_acked(await hall.own("withdraw"))
    else:
        assert_acked(await hall.decide(end, reason="Later, perhaps"))
    assert await hall.floor() == {"asked": [], "given": []}
    assert not await hall.may_publish()
    reply = await hall.own("ask")
    assert reply["t"] == "nack" and reply["code"] in ("rate_limited", "slow_mode"), reply
    assert reply["temporary"] is True and 30_000 < reply["retry_ms"] <= 60_000
    assert_acked(await hall.decide("give"))
    assert await hall.may_publish(), "a moderator may give it at any time"


async def test_an_ask_and_its_withdrawal_may_be_sent_without_waiting(hall: Hall) -> None:
    command = {"t": "floor", "room": hall.room}
    refs = [hall.participant.send({**command, "action": action}) for action in ("ask", "withdraw")]
    assert [assert_acked(await hall.participant.answer(ref)) for ref in refs] == [1, 2]
    other = await hall.scene.person("boris", rooms=(hall.room,))
    assert_acked(await other.ask({**command, "action": "ask"}))
    subject = {**command, "subject": other.identity_id}
    refs = [hall.moderator.send({**subject, "action": action}) for action in ("give", "take", "give")]
    assert [assert_acked(await hall.moderator.answer(ref)) for ref in refs] == [4, 5, 6]


@pytest.mark.parametrize("action", ["give", "refuse", "take"])
async def test_only_moderators_decide_on_the_floor(hall: Hall, action: str) -> None:
    assert_acked(await hall.own("ask"))
    refused = await hall.own(action, subject=hall.participant.identity_id)
    assert assert_refused(refused, "forbidden")["rule"] == {"role": "moderator"}


async def test_nobody_asks_for_somebody_else(hall: Hall) -> None:
    other = await hall.scene.person("boris", rooms=(hall.room,))
    reply = await hall.own("ask", subject=other.identity_id)
    asked = (await hall.floor())["asked"]
    assert other.identity_id not in asked
    assert reply["t"] == "nack" or asked == [hall.participant.identity_id]


async def test_another_mode_ends_the_floor_and_all_open_asks(hall: Hall) -> None:
    other = await hall.scene.person("boris", rooms=(hall.room,))
    assert_acked(await hall.decide("give"))
    assert_acked(await other.ask({"t": "floor", "room": hall.room, "action": "ask"}))
    assert_acked(await hall.moderator.switch(hall.room, "agora"))
    assert await hall.floor() == {"asked": [], "given": []}
    assert_acked(await hall.moderator.switch(hall.room, "announcement"))
    assert not await hall.may_publish()
    assert_acked(await hall.own("ask"))
    assert_acked(await other.ask({"t": "floor", "room": hall.room, "action": "ask"}))


async def test_the_same_mode_again_leaves_the_floor_alone(hall: Hall) -> None:
    other = await hall.scene.person("boris", rooms=(hall.room,))
    assert_acked(await hall.decide("give"))
    assert_acked(await other.ask({"t": "floor", "room": hall.room, "action": "ask"}))
    end = 4_000_000_000_000
    assert_acked(await hall.moderator.switch(hall.room, "announcement", until=end))
    assert await hall.floor() == {"asked": [other.identity_id], "given": [hall.participant.identity_id]}
    assert await hall.may_publish()


@pytest.mark.parametrize(("action", "end"), [("mute", "unmute"), ("ban", "unban")])
async def test_a_sanction_of_the_room_ends_the_floor(hall: Hall, action: str, end: str) -> None:
    assert_acked(await hall.decide("give"))
    await hall.punish(action)
    await hall.punish(end)
    assert await hall.floor() == {"asked": [], "given": []}
    await hall.participant.join(hall.room)
    assert not await hall.may_publish()


async def test_a_mute_of_the_hub_suspends_the_floor(hall: Hall) -> None:
    assert_acked(await hall.decide("give"))
    await hall.punish("mute", "hub")
    assert_refused(await hall.participant.publish(hall.room, "x"), "muted")
    await hall.punish("unmute", "hub")
    assert await hall.may_publish()


async def test_leaving_changes_nothing_about_the_floor(hall: Hall) -> None:
    assert_acked(await hall.decide("give"))
    await hall.participant.close()
    assert await hall.floor() == {"asked": [], "given": [hall.participant.identity_id]}
    back = await hall.scene.stranger()
    await back.hello(token=role_token(hall.participant.identity_id))
    await back.join(hall.room)
    assert_acked(await back.publish(hall.room, "Where was I?"))


async def test_one_who_is_muted_does_not_ask(hall: Hall) -> None:
    await hall.punish("mute")
    assert_refused(await hall.own("ask"), "muted")
    kinds = [entry["kind"] for entry in await log_of(hall.moderator, hall.room)]
    assert kinds == ["sanction"]


async def test_what_was_said_with_the_floor_stays(hall: Hall) -> None:
    assert_acked(await hall.decide("give"))
    target = assert_acked(await hall.participant.publish(hall.room, "My piece"))
    assert_acked(await hall.decide("take"))
    edit = {"t": "edit", "room": hall.room, "target": target, "text": "Another piece"}
    assert_refused(await hall.participant.ask(edit), "announcement_only")
    texts = [entry["text"] for entry in await log_of(hall.moderator, hall.room) if "text" in entry]
    assert texts == ["My piece"]


async def test_the_oldest_wish_stands_first(hall: Hall) -> None:
    others = [await hall.scene.person(f"p{number}", rooms=(hall.room,)) for number in range(3)]
    for other in others:
        assert_acked(await other.ask({"t": "floor", "room": hall.room, "action": "ask"}))
    assert (await hall.floor())["asked"] == [other.identity_id for other in others]


async def test_what_is_published_right_behind_a_withdrawal_is_refused(hall: Hall) -> None:
    assert_acked(await hall.decide("give"))
    assert await hall.may_publish()
    withdraw = hall.participant.send({"t": "floor", "room": hall.room, "action": "withdraw"})
    publish = hall.participant.send({"t": "publish", "room": hall.room, "text": "One more thing"})
    assert_acked(await hall.participant.answer(withdraw))
    assert_refused(await hall.participant.answer(publish), "announcement_only")


@pytest.mark.parametrize("action", ["ask", "withdraw"])
async def test_to_ask_or_withdraw_for_somebody_else_is_forbidden(hall: Hall, action: str) -> None:
    other = await hall.scene.person("boris", rooms=(hall.room,))
    assert_refused(await hall.own(action, subject=other.identity_id), "forbidden")
    assert await hall.floor() == {"asked": [], "given": []}
