"""Modes and their switches, for good and until a time (protocol, sections 1, 5 and 6)."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from tests.integration.gateway.scene import (
    Scene,
    assert_acked,
    assert_refused,
    caught_up,
    log_of,
    role_token,
    settled,
)
from tests.support.client import Client, ConnectionLost
from tests.support.waiting import until


def in_ms(milliseconds: int) -> int:
    """The time that many milliseconds from now, as the wire has it."""
    return int(time.time() * 1000) + milliseconds


async def state_of(client: Client, room: str) -> dict[str, Any]:
    """The state of a room as a fresh join shows it."""
    joined = await client.join(room)
    return dict(joined["state"])


async def test_a_participant_is_refused_in_an_announcement_room_and_told_why(scene: Scene) -> None:
    moderator, participant = await scene.moderator(), await scene.person()
    end = in_ms(3_600_000)
    seq = assert_acked(await moderator.switch(scene.room, "announcement", "Talk starts", until=end))
    at = (await moderator.expect_entry(scene.room, seq=seq))["e"]["at"]
    refused = assert_refused(await participant.publish(scene.room, "But"), "announcement_only")
    assert refused["rule"] == {
        "mode": "announcement", "reason": "Talk starts", "since": at, "until": end,
        "by": {"id": moderator.identity_id, "name": "max", "kind": "person"},
    }  # fmt: skip
    assert refused["instead"] == ["floor"]
    assert len(await log_of(moderator, scene.room)) == 1, "a refusal leaves everything as it was"


async def test_a_room_that_was_made_for_announcements_says_so(scene: Scene) -> None:
    board = await scene.make_room(mode="announcement")
    participant = await scene.person(rooms=(board,))
    refused = assert_refused(await participant.publish(board, "But"), "announcement_only")
    assert refused["rule"]["by"]["id"] == "owner" and refused["rule"]["reason"] == "created"
    assert isinstance(refused["rule"]["since"], int) and "until" not in refused["rule"]


@pytest.mark.parametrize("role", ["speaker", "moderator", "owner"])
async def test_speakers_and_above_publish_announcements(scene: Scene, role: str) -> None:
    board = await scene.make_room(mode="announcement")
    client = await scene.person("sam", role, rooms=(board,))
    target = assert_acked(await client.publish(board, "News"))
    assert_acked(await client.ask({"t": "edit", "room": board, "target": target, "text": "Newer"}))


async def test_everybody_reads_announcements_and_reacts_to_them(scene: Scene) -> None:
    board = await scene.make_room(mode="announcement")
    speaker, reader = await scene.person("sam", "speaker", rooms=(board,)), await scene.person(rooms=(board,))
    seq = assert_acked(await speaker.publish(board, "News"))
    await reader.expect_entry(board, seq=seq)
    react = {"t": "react", "room": board, "target": seq, "emoji": "👍", "on": True}
    assert_acked(await reader.ask(react))
    assert [entry["kind"] for entry in await log_of(reader, board)] == ["message", "reaction"]


async def test_a_switch_is_an_entry_for_all_to_see(scene: Scene) -> None:
    moderator, reader = await scene.moderator(), await scene.person()
    seq = assert_acked(await moderator.switch(scene.room, "announcement", "Talk starts"))
    entry = (await reader.expect_entry(scene.room, kind="mode"))["e"]
    assert entry == {
        "seq": seq, "at": entry["at"], "kind": "mode", "mode": "announcement", "previous": "agora",
        "reason": "Talk starts", "by": {"id": moderator.identity_id, "name": "max", "kind": "person"},
    }  # fmt: skip
    state = await state_of(reader, scene.room)
    assert state["mode"] == state["base_mode"] == "announcement"
    assert state["mode_since"] == entry["at"] and state["mode_by"] == entry["by"]
    assert state["mode_reason"] == "Talk starts" and "mode_until" not in state


@pytest.mark.parametrize("role", [None, "speaker"])
async def test_who_is_no_moderator_switches_nothing(scene: Scene, role: str | None) -> None:
    client = await scene.person("sam", role)
    refused = assert_refused(await client.switch(scene.room, "announcement"), "forbidden")
    assert refused["rule"] == {"role": "moderator"}
    assert await log_of(client, scene.room) == []


async def test_a_switch_with_an_end_keeps_the_base_mode(scene: Scene) -> None:
    moderator = await scene.moderator()
    end = in_ms(3_600_000)
    assert_acked(await moderator.switch(scene.room, "announcement", until=end))
    state = await state_of(moderator, scene.room)
    assert (state["mode"], state["base_mode"], state["mode_until"]) == ("announcement", "agora", end)


async def test_the_same_mode_with_another_end_is_a_switch_like_any_other(scene: Scene) -> None:
    moderator = await scene.moderator()
    first, second = in_ms(3_600_000), in_ms(7_200_000)
    assert_acked(await moderator.switch(scene.room, "announcement", until=first))
    assert_refused(await moderator.switch(scene.room, "announcement", until=first), "no_change")
    seq = assert_acked(await moderator.switch(scene.room, "announcement", until=second))
    entry = (await moderator.expect_entry(scene.room, seq=seq))["e"]
    assert entry["previous"] == entry["mode"] == "announcement" and entry["until"] == second
    assert_acked(await moderator.switch(scene.room, "announcement"))
    assert_refused(await moderator.switch(scene.room, "announcement"), "no_change")
    state = await state_of(moderator, scene.room)
    assert state["base_mode"] == "announcement" and "mode_until" not in state


async def test_the_mode_a_room_was_made_with_is_no_change(scene: Scene) -> None:
    moderator = await scene.moderator()
    assert_refused(await moderator.switch(scene.room, "agora"), "no_change")


@pytest.mark.parametrize("end", [0, 1, 1_600_000_000_000])
async def test_an_end_in_the_past_is_refused_by_its_name(scene: Scene, end: int) -> None:
    moderator = await scene.moderator()
    refused = assert_refused(await moderator.switch(scene.room, "announcement", until=end), "bad_request")
    assert "until" in refused["reason"]


async def test_at_its_end_a_mode_returns_by_an_entry_of_the_system(scene: Scene) -> None:
    moderator, reader = await scene.moderator(), await scene.person()
    end = in_ms(600)
    assert_acked(await moderator.switch(scene.room, "announcement", until=end))
    entry = (await reader.expect_entry(scene.room, mode="agora"))["e"]
    assert entry["kind"] == "mode" and entry["previous"] == "announcement"
    assert entry["by"]["id"] == "system" and entry["by"]["kind"] == "system"
    assert entry["at"] >= end and entry["reason"] and "until" not in entry
    assert_acked(await reader.publish(scene.room, "Now we talk"))
    state = await state_of(reader, scene.room)
    assert state["mode"] == state["base_mode"] == "agora" and state["mode_by"]["id"] == "system"


async def test_a_mode_returns_once_however_many_are_there(scene: Scene) -> None:
    moderator = await scene.moderator()
    readers = [await scene.person(f"p{number}") for number in range(10)]
    end = in_ms(400)
    assert_acked(await moderator.switch(scene.room, "announcement", until=end))
    for reader in readers:
        await reader.expect_entry(scene.room, mode="agora")
    assert_acked(await readers[0].publish(scene.room, "x"))
    kinds = [entry["kind"] for entry in await log_of(moderator, scene.room)]
    assert kinds == ["mode", "mode", "message"]


@pytest.mark.parametrize("way", ["join", "history", "http", "watch", "http rooms", "http publish"])
async def test_whoever_looks_after_the_end_finds_it_done(scene: Scene, way: str) -> None:
    moderator = await scene.moderator()
    end = in_ms(500)
    assert_acked(await moderator.switch(scene.room, "announcement", until=end))
    await moderator.close()
    await until("the end has come", lambda: time.time() * 1000 > end + 50)
    late = await scene.person(rooms=())
    match way:
        case "join":
            joined = await late.join(scene.room)
            assert joined["state"]["mode"] == "agora" and joined["rights"]["publish"] is True
            assert [entry["kind"] for entry in joined["entries"]] == ["mode", "mode"]
        case "watch":
            watching = await late.ask({"t": "watch", "hub": "place"})
            card = next(card for card in watching["rooms"] if card["room"] == scene.room)
            assert card["state"]["mode"] == "agora" and card["seq"] == 2
        case "http rooms":
            rooms = (await scene.http("GET", "/api/hubs/place/rooms")).json()["rooms"]
            assert next(card for card in rooms if card["room"] == scene.room)["state"]["mode"] == "agora"
        case "http":
            page = (await scene.http("GET", f"/api/rooms/{scene.room}/entries")).json()
            assert [entry["kind"] for entry in page["entries"]] == ["mode", "mode"]
        case "http publish":
            token = role_token(late.identity_id)
            path = f"/api/rooms/{scene.room}/entries"
            answer = await scene.http("POST", path, token=token, json={"text": "x"})
            assert answer.status_code == 200, answer.text
        case _:
            pass
    entries = await log_of(late, scene.room)
    assert [entry["kind"] for entry in entries[:2]] == ["mode", "mode"]
    assert entries[1]["by"]["id"] == "system" and entries[1]["at"] >= end


@pytest.mark.parametrize("later", ["for good", "with a later end", "back to agora"])
async def test_every_later_switch_cancels_a_pending_end(one_scene: Scene, later: str) -> None:
    scene = one_scene
    moderator = await scene.moderator()
    end, later_end = in_ms(400), in_ms(3_600_000)
    assert_acked(await moderator.switch(scene.room, "announcement", until=end))
    match later:
        case "for good":
            assert_acked(await moderator.switch(scene.room, "announcement"))
        case "with a later end":
            assert_acked(await moderator.switch(scene.room, "announcement", until=later_end))
        case _:
            assert_acked(await moderator.switch(scene.room, "agora"))
    await until("the first end has passed", lambda: time.time() * 1000 > end + 1_500)
    state = await state_of(moderator, scene.room)
    assert state["mode"] == ("agora" if later == "back to agora" else "announcement")
    assert len(await log_of(moderator, scene.room)) == 2


async def test_a_mode_may_return_to_announcements(scene: Scene) -> None:
    board = await scene.make_room(mode="announcement")
    moderator, participant = await scene.moderator(rooms=(board,)), await scene.person(rooms=(board,))
    end = in_ms(800)
    assert_acked(await moderator.switch(board, "agora", "Questions", until=end))
    assert_acked(await participant.publish(board, "A question"))
    await participant.expect_entry(board, mode="announcement")
    refused = assert_refused(await participant.publish(board, "One more"), "announcement_only")
    assert refused["rule"]["by"]["id"] == "system"


async def flood(client: Client, room: str, is_over: asyncio.Event) -> int:
    """Publish without waiting until told to stop; returns how many were refused."""
    refused = 0
    try:
        while not is_over.is_set():
            refs = [client.send({"t": "publish", "room": room, "text": "flood"}) for _ in range(10)]
            replies = [await client.answer(ref) for ref in refs]
            for reply in replies:
                assert reply["t"] == "ack" or reply["code"] in ("announcement_only", "muted", "banned"), reply
            refused += sum(reply["t"] == "nack" for reply in replies)
    except ConnectionLost:
        pass
    return refused


def assert_silence_in_announcements(entries: list[dict[str, Any]]) -> None:
    """No message between a switch to announcement and the next one back."""
    mode = "agora"
    for entry in entries:
        if entry["kind"] == "mode":
            mode = entry["mode"]
        assert entry["kind"] == "mode" or mode == "agora", f"{entry['seq']} follows a switch"


async def test_nothing_of_a_participant_follows_a_switch_in_the_middle_of_a_flood(scene: Scene) -> None:
    moderator = await scene.moderator()
    talkers = [await scene.person(f"p{number}") for number in range(4)]
    is_over = asyncio.Event()
    floods = [asyncio.create_task(flood(talker, scene.room, is_over)) for talker in talkers]
    for number in range(20):
        before = moderator.position_by_room[scene.room][1]
        await caught_up(moderator, scene.room, before + 5 if number % 2 == 0 else before)
        mode = "agora" if number % 2 else "announcement"
        assert_acked(await moderator.switch(scene.room, mode))
    is_over.set()
    refused = sum(await asyncio.gather(*floods))
    assert refused > 0
    await settled(moderator)
    entries = [push["e"] for push in moderator.inbox if push["t"] == "entry"]
    assert sum(entry["kind"] == "mode" for entry in entries) == 20
    assert_silence_in_announcements(entries)


async def test_what_is_sent_after_the_switch_was_acked_is_refused(scene: Scene) -> None:
    moderator, participant = await scene.moderator(), await scene.person()
    for _ in range(20):
        assert_acked(await moderator.switch(scene.room, "announcement"))
        assert_refused(await participant.publish(scene.room, "x"), "announcement_only")
        assert_acked(await moderator.switch(scene.room, "agora"))
        assert_acked(await participant.publish(scene.room, "x"))
