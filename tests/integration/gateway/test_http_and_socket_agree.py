"""What the socket refuses, HTTP refuses with the same code, and the rest of `/api` (protocol, section 9)."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.integration.gateway.scene import (
    HUB,
    Scene,
    assert_acked,
    caught_up,
    fresh_id,
    is_stand_in,
    log_of,
    role_token,
)
from tests.support.client import Client
from tests.support.tokens import token as signed

STATUS = {
    "bad_request": 400, "unauthorized": 401, "forbidden": 403, "announcement_only": 403, "muted": 403,
    "banned": 403, "unknown_room": 404, "unknown_entry": 404, "no_change": 409, "exists": 409,
    "too_large": 413, "slow_mode": 429,
}  # fmt: skip


async def publish_over_http(scene: Scene, who: str, body: Any, **more: Any) -> httpx2.Response:
    return await scene.http("POST", f"/api/rooms/{scene.room}/entries", token=who, json=body, **more)


def assert_refusal(answer: httpx2.Response, code: str) -> dict[str, Any]:
    """The answer is a refusal with that code and its status; returns its map."""
    body: dict[str, Any] = answer.json()
    assert body["code"] == code and answer.status_code == STATUS[code], (answer.status_code, body)
    assert isinstance(body["reason"], str) and body["reason"] and isinstance(body["temporary"], bool)
    assert "ref" not in body and "t" not in body
    return body


@pytest.mark.parametrize(
    "fields",
    [
        {"text": ""},
        {"text": "x", "colour": 1},
        {"text": 7},
        {},
        {"text": "x" * 4_001},
        {"text": "x", "data": {"d": "y" * 4_100}},
        {"text": "x", "reply_to": 99},
        {"text": "x", "reply_to": -1},
        {"text": "x", "about": {"room": "place/agora", "seq": 1}},
        {"text": "x", "epoch": "older", "reply_to": 1},
        {"text": "a\u0000b"},
        {"text": "x", "question": "yes"},
    ],
)
async def test_a_message_is_refused_alike_on_both_paths(scene: Scene, fields: dict[str, Any]) -> None:
    client = await scene.person()
    on_socket = await client.ask({"t": "publish", "room": scene.room, **fields})
    assert on_socket["t"] == "nack"
    over_http = await publish_over_http(scene, role_token(client.identity_id), fields)
    body = assert_refusal(over_http, on_socket["code"])
    assert body == {name: value for name, value in on_socket.items() if name not in ("t", "ref")}
    assert await log_of(client, scene.room) == []


@pytest.mark.parametrize("why", ["announcement_only", "muted", "banned", "slow_mode"])
async def test_a_state_that_refuses_on_the_socket_refuses_over_http(scene: Scene, why: str) -> None:
    moderator, client = await scene.moderator(), await scene.person()
    who = role_token(client.identity_id)
    match why:
        case "announcement_only":
            assert_acked(await moderator.switch(scene.room, "announcement", "Talk"))
        case "slow_mode":
            settings = {"t": "settings", "room": scene.room, "slow_ms": 60_000}
            assert_acked(await moderator.ask(settings))
            assert_acked(await client.publish(scene.room, "x"))
        case _:
            action = "mute" if why == "muted" else "ban"
            command = {"t": "sanction", "room": scene.room, "action": action, "reason": "x"}
            assert_acked(await moderator.ask({**command, "subject": client.identity_id}))
    on_socket = await client.publish(scene.room, "x")
    answer = await publish_over_http(scene, who, {"text": "x"})
    body = assert_refusal(answer, why)
    if why != "banned":
        assert on_socket["code"] == why
        assert body.get("rule") == on_socket.get("rule") and body.get("instead") == on_socket.get("instead")
    if why == "slow_mode":
        assert 0 < body["retry_ms"] <= 60_000 and 1 <= int(answer.headers["Retry-After"]) <= 60


async def test_what_is_published_over_http_is_acked_and_pushed(scene: Scene) -> None:
    reader = await scene.person()
    who = role_token(fresh_id("bot"), name="Bot")
    answer = await publish_over_http(scene, who, {"text": "From afar", "question": True})
    assert answer.status_code == 200
    ack = answer.json()
    assert ack["room"] == scene.room and ack["epoch"] == reader.position_by_room[scene.room][0]
    assert ack["seq"] == 1 and not ack.get("duplicate") and "ref" not in ack
    entry = (await reader.expect_entry(scene.room, seq=1))["e"]
    assert entry["text"] == "From afar" and entry["question"] is True and entry["by"]["name"] == "Bot"


async def test_an_idempotency_key_is_the_id_of_the_command(scene: Scene) -> None:
    client = await scene.person()
    who, key = role_token(client.identity_id), {"Idempotency-Key": "one"}
    first = (await publish_over_http(scene, who, {"text": "x"}, headers=key)).json()
    again = (await publish_over_http(scene, who, {"text": "other"}, headers=key)).json()
    assert again == {**first, "duplicate": True}
    on_socket = await client.publish(scene.room, "x", id="one")
    assert on_socket["duplicate"] is True and on_socket["seq"] == first["seq"]
    assert (await log_of(client, scene.room))[0]["id"] == "one"


@pytest.mark.parametrize("key", ["", "i" * 65, "a\tb"])
async def test_an_idempotency_key_that_is_no_id_is_refused(scene: Scene, key: str) -> None:
    answer = await publish_over_http(
        scene, role_token("u:1"), {"text": "x"}, headers={"Idempotency-Key": key}
    )
    assert_refusal(answer, "bad_request")


async def test_pages_over_http_are_those_of_the_socket(scene: Scene) -> None:
    client = await scene.person()
    refs = [client.send({"t": "publish", "room": scene.room, "text": f"m{n}"}) for n in range(30)]
    for ref in refs:
        assert_acked(await client.answer(ref))
    react = {"t": "react", "room": scene.room, "target": 30, "emoji": "👍", "on": True}
    assert_acked(await client.ask(react))
    for place in ({}, {"before": 10}, {"after": 10}, {"limit": 5}, {"before": 20, "limit": 3}):
        page = await client.ask({"t": "history", "room": scene.room, **place})
        answer = await scene.http(
            "GET", f"/api/rooms/{scene.room}/entries", token=role_token(client.identity_id), params=place
        )
        assert answer.status_code == 200
        body = answer.json()
        body.pop("t", None)
        assert body == {name: value for name, value in page.items() if name not in ("t", "ref")}


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=301", "before=1&after=2", "before=x", "colour=1", "limit="]
)
async def test_a_faulty_query_is_refused(scene: Scene, query: str) -> None:
    assert_refusal(await scene.http("GET", f"/api/rooms/{scene.room}/entries?{query}"), "bad_request")


async def test_the_mode_is_switched_over_http(scene: Scene) -> None:
    client = await scene.person()
    path = f"/api/rooms/{scene.room}/mode"
    body = {"mode": "announcement", "reason": "Talk starts", "until": 4_000_000_000_000}
    moderator = role_token(fresh_id("max"), "moderator", name="Max")
    refused = await scene.http("PUT", path, token=role_token(client.identity_id), json=body)
    assert assert_refusal(refused, "forbidden")["rule"] == {"role": "moderator"}
    answer = await scene.http("PUT", path, token=moderator, json=body)
    assert answer.status_code == 200 and answer.json()["seq"] == 1
    entry = (await client.expect_entry(scene.room, seq=1))["e"]
    assert entry["kind"] == "mode" and entry["reason"] == "Talk starts" and entry["until"] == body["until"]
    assert (await client.publish(scene.room, "x"))["code"] == "announcement_only"
    assert_refusal(await scene.http("PUT", path, token=moderator, json=body), "no_change")
    late = {**body, "until": 5}
    assert_refusal(await scene.http("PUT", path, token=moderator, json=late), "bad_request")
    bare = {"mode": "agora"}
    assert_refusal(await scene.http("PUT", path, token=moderator, json=bare), "bad_request")


async def test_commands_over_http_and_the_socket_share_one_log(scene: Scene) -> None:
    client = await scene.person()
    for number in range(10):
        answer = await publish_over_http(scene, role_token("u:http"), {"text": f"h{number}"})
        assert answer.json()["seq"] == 2 * number + 1
        assert assert_acked(await client.publish(scene.room, f"s{number}")) == 2 * number + 2
    await caught_up(client, scene.room, 20)
    assert len(await log_of(client, scene.room)) == 20


CALLS = [
    ("GET", "/api/hubs"),
    ("GET", f"/api/hubs/{HUB}/rooms"),
    ("POST", f"/api/hubs/{HUB}/rooms"),
    ("GET", f"/api/rooms/{HUB}/agora/entries"),
    ("POST", f"/api/rooms/{HUB}/agora/entries"),
    ("PUT", f"/api/rooms/{HUB}/agora/mode"),
]


@pytest.mark.parametrize("who", ["", "nonsense", "forged", "expired"])
async def test_without_a_good_token_nothing_is_answered(one_scene: Scene, who: str) -> None:
    bearer = {
        "forged": signed("u:eve", secret="another-secret-of-more-than-32-bytes-x", roles={HUB: "owner"}),
        "expired": role_token("u:eve", "owner", valid_seconds=-60),
    }.get(who, who)
    for method, path in CALLS:
        answer = await one_scene.http(method, path, token=bearer, json={} if method != "GET" else None)
        assert_refusal(answer, "unauthorized")


async def test_a_guest_made_over_http_is_one_on_the_socket(scene: Scene) -> None:
    answer = await scene.http("POST", "/api/guest", token="", json={"name": "Zoe\u0301"})
    assert answer.status_code == 200
    made = answer.json()
    assert made["identity"]["kind"] == "guest" and made["identity"]["name"] == "Zo\u00e9"
    client = await scene.stranger()
    assert (await client.hello(token=made["token"]))["identity"] == made["identity"]
    published = await publish_over_http(scene, made["token"], {"text": "x"})
    assert published.status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": "a\u202eb"}, {"name": "x" * 65}, {"name": 5}, []]
)
async def test_a_guest_with_a_bad_name_is_not_made(one_scene: Scene, body: Any) -> None:
    assert_refusal(await one_scene.http("POST", "/api/guest", token="", json=body), "bad_request")


async def test_rooms_are_made_by_owners_only_and_once(scene: Scene) -> None:
    path, room = f"/api/hubs/{HUB}/rooms", f"{scene.room}-more"
    body = {"room": room, "title": "More", "mode": "announcement", "topic": "T", "discussion": scene.room}
    refused = await scene.http("POST", path, token=role_token("u:mod", "moderator"), json=body)
    assert assert_refusal(refused, "forbidden")["rule"] == {"role": "owner"}
    assert (await scene.http("POST", path, json=body)).status_code == 200
    assert_refusal(await scene.http("POST", path, json=body), "exists")
    client = await scene.person(rooms=(room,))
    state = (await client.join(room))["state"]
    assert state["title"] == "More" and state["topic"] == "T" and state["discussion"] == scene.room


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"title": ""}, "bad_request"),
        ({"mode": "quiet"}, "bad_request"),
        ({"room": "elsewhere/x"}, "bad_request"),
        ({"room": "place/A B"}, "bad_request"),
        ({"topic": "x" * 501}, "bad_request"),
        ({"discussion": "place/no-such-room"}, "unknown_room"),
        ({"more": 1}, "bad_request"),
    ],
)
async def test_a_faulty_room_is_not_made(scene: Scene, fields: dict[str, Any], code: str) -> None:
    body = {"room": f"{scene.room}-x", "title": "X", "mode": "agora", **fields}
    assert_refusal(await scene.http("POST", f"/api/hubs/{HUB}/rooms", json=body), code)


async def test_what_does_not_exist_is_not_found(scene: Scene) -> None:
    for method, path, body in (
        ("GET", "/api/rooms/place/no-such-room/entries", None),
        ("GET", "/api/rooms/no-such-hub/agora/entries", None),
        ("POST", "/api/rooms/place/no-such-room/entries", {"text": "x"}),
        ("PUT", "/api/rooms/place/no-such-room/mode", {"mode": "agora", "reason": "x"}),
        ("GET", "/api/hubs/no-such-hub/rooms", None),
        ("POST", "/api/hubs/no-such-hub/rooms", {"room": "no-such-hub/x", "title": "X", "mode": "agora"}),
    ):
        assert_refusal(await scene.http(method, path, json=body), "unknown_room")


async def test_a_body_over_frame_bytes_is_too_large(scene: Scene) -> None:
    answer = await publish_over_http(scene, role_token("u:1"), {"text": "x" * 70_000})
    assert_refusal(answer, "too_large")


async def test_a_body_that_is_no_map_is_refused(scene: Scene) -> None:
    path = f"/api/rooms/{scene.room}/entries"
    for content in (b"", b"{", b"[]", b"null", b'"x"', b"\xff", b'{"text":"x"}{"text":"y"}', b'{"text":NaN}'):
        headers = {"Content-Type": "application/json"}
        answer = await scene.http("POST", path, content=content, headers=headers)
        assert_refusal(answer, "bad_request")


async def test_what_was_removed_is_so_in_every_list(scene: Scene) -> None:
    client: Client = await scene.person()
    target = assert_acked(await client.publish(scene.room, "must-go"))
    message = (await client.expect_entry(scene.room, seq=target))["e"]
    assert_acked(await client.ask({"t": "remove", "room": scene.room, "target": target}))
    answer = await scene.http("GET", f"/api/rooms/{scene.room}/entries")
    assert is_stand_in(answer.json()["entries"][0], message) and "must-go" not in answer.text


async def test_the_hubs_are_listed_with_ones_own_role(scene: Scene) -> None:
    answer = await scene.http("GET", "/api/hubs", token=role_token("u:lists", "speaker"))
    assert answer.status_code == 200
    assert any(hub["hub"] == HUB for hub in answer.json()["hubs"])
