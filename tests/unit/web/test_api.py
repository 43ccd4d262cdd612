"""The calls of `/api`: what reaches the node, and what every refusal looks like."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from hubbub.domain import limits
from hubbub.domain.identity import Role
from hubbub.domain.refusals import Code, Refusal, Refused
from hubbub.hooks.incoming import HookBook
from hubbub.protocol.frames import About, History, Mode, Publish
from hubbub.settings import Settings
from hubbub.tokens import Tokens
from hubbub.web.app import create_app
from hubbub.web.replies import STATUS_BY_CODE
from tests.unit.hooks.fake_store import FakeStore
from tests.unit.web.fake_node import STATE, FakeNode

ENTRIES = "/api/rooms/place/agora/entries"
MODE = "/api/rooms/place/agora/mode"
CALLS = [
    ("GET", "/api/hubs"),
    ("GET", "/api/hubs/place/rooms"),
    ("POST", "/api/hubs/place/rooms"),
    ("GET", ENTRIES),
    ("POST", ENTRIES),
    ("PUT", MODE),
]


def assert_refused(response: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body: dict[str, Any] = response.json()
    assert body["code"] == code
    assert body["reason"] and isinstance(body["temporary"], bool)
    return body


# -- What the calls do ---------------------------------------------------------------------------------


async def test_publish_reaches_the_node_as_the_command_of_the_socket(
    client: httpx2.AsyncClient, node: FakeNode
) -> None:
    body = {"text": "Oui ?", "question": True, "about": {"room": "place/news", "seq": 12}, "data": {"a": [1]}}
    response = await client.post(ENTRIES, json=body, headers={"Idempotency-Key": "01J-x"})
    assert response.json() == {"t": "ack", "room": "place/agora", "epoch": "k3", "seq": 58}
    (command,) = node.asked
    assert command == Publish(
        ref=1,
        room="place/agora",
        id="01J-x",
        text="Oui ?",
        question=True,
        about=About("place/news", 12),
        data={"a": [1]},
    )
    assert node.callers[0].role_by_hub == {"place": Role.MODERATOR}


async def test_mode_reaches_the_node_as_the_command_of_the_socket(
    client: httpx2.AsyncClient, node: FakeNode
) -> None:
    response = await client.put(MODE, json={"mode": "announcement", "reason": "Talk starts", "until": 9})
    assert response.status_code == 200
    assert node.asked == [Mode(ref=1, room="place/agora", mode="announcement", reason="Talk starts", until=9)]


async def test_entries_are_read_a_page_at_a_time(client: httpx2.AsyncClient, node: FakeNode) -> None:
    response = await client.get(ENTRIES, params={"before": 42, "limit": 1})
    assert node.asked == [History(ref=1, room="place/agora", before=42, limit=1)]
    assert response.json() == {
        "t": "history",
        "room": "place/agora",
        "epoch": "k3",
        "as_of": 57,
        "first": 1,
        "entries": [
            {"seq": 41, "at": 1, "kind": "message", "id": "m1", "by": {"id": "u:7", "kind": "person"}}
            | {"text": "Bonjour"}
        ],
        "more": True,
    }


async def test_hubs_and_rooms_are_listed(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/api/hubs")).json() == {
        "hubs": [{"hub": "place", "role": "moderator", "rooms": 3}]
    }
    rooms = (await client.get("/api/hubs/place/rooms")).json()
    assert rooms["hub"] == "place" and rooms["rooms"][0]["room"] == "place/agora"


@pytest.mark.parametrize("room", ["news", "place/news"])
async def test_room_is_made_by_its_address_or_the_last_part_of_it(
    client: httpx2.AsyncClient, node: FakeNode, room: str
) -> None:
    body = {"room": room, "title": "Ne\u0301ws", "mode": "announcement", "discussion": "place/agora"}
    response = await client.post("/api/hubs/place/rooms", json=body)
    state = {**STATE, "title": "Néws", "mode": "announcement"}
    assert response.json() == {"room": "place/news", "state": state}
    assert node.asked == [("place", "place/news", "Néws", "announcement", None, "place/agora")]


async def test_guest_gets_a_token_that_the_other_calls_take(stranger: httpx2.AsyncClient) -> None:
    made = (await stranger.post("/api/guest", json={"name": "Amina"})).json()
    assert made["identity"]["name"] == "Amina" and made["identity"]["kind"] == "guest"
    response = await stranger.get("/api/hubs", headers={"Authorization": f"bearer {made['token']}"})
    assert response.status_code == 200


# -- Who may call --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), CALLS)
@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Bearer x", "Basic YTpi", "x"])
async def test_call_without_a_good_token_is_unauthorized(
    stranger: httpx2.AsyncClient, node: FakeNode, method: str, path: str, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    response = await stranger.request(method, path, headers=headers, content=b"{}")
    assert_refused(response, 401, "unauthorized")
    assert response.headers["www-authenticate"] == "Bearer"
    assert node.asked == []


async def test_two_authorizations_are_none(client: httpx2.AsyncClient) -> None:
    token = client.headers["authorization"]
    del client.headers["authorization"]
    response = await client.get("/api/hubs", headers=[("Authorization", token), ("Authorization", token)])
    assert_refused(response, 401, "unauthorized")


@pytest.mark.parametrize(("method", "path"), [*CALLS, ("POST", "/api/guest"), ("GET", "/api/nothing")])
@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "null"}, {"Origin": "https://evil.example"}]
)
async def test_foreign_host_and_foreign_page_are_refused(
    client: httpx2.AsyncClient, node: FakeNode, method: str, path: str, headers: dict[str, str]
) -> None:
    assert_refused(await client.request(method, path, headers=headers, json={}), 403, "forbidden")
    assert node.asked == []


async def test_own_page_may_call(client: httpx2.AsyncClient) -> None:
    response = await client.get("/api/hubs", headers={"Origin": "http://localhost:8000"})
    assert response.status_code == 200


# -- Shape ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", ENTRIES, {}, "text"),
        ("POST", ENTRIES, {"text": 7}, "text"),
        ("POST", ENTRIES, {"text": " "}, "text"),
        ("POST", ENTRIES, {"text": "a\x00b"}, "text"),
        ("POST", ENTRIES, {"text": "a", "colour": "red"}, "colour"),
        ("POST", ENTRIES, {"text": "a", "t": "mode"}, "t"),
        ("POST", ENTRIES, {"text": "a", "ref": 2}, "ref"),
        ("POST", ENTRIES, {"text": "a", "room": "place/other"}, "room"),
        ("POST", ENTRIES, {"text": "a", "reply_to": -1}, "reply_to"),
        ("POST", ENTRIES, {"text": "a", "id": "x" * 65}, "id"),
        ("POST", "/api/rooms/Place/agora/entries", {"text": "a"}, "room"),
        ("PUT", MODE, {"mode": "agora"}, "reason"),
        ("PUT", MODE, {"mode": "quiet", "reason": "x"}, "mode"),
        ("GET", ENTRIES + "?limit=0", None, "limit"),
        ("GET", ENTRIES + "?limit=301", None, "limit"),
        ("GET", ENTRIES + "?limit=ten", None, "limit"),
        ("GET", ENTRIES + "?before=-1", None, "before"),
        ("GET", ENTRIES + "?before=1&before=2", None, "before"),
        ("GET", ENTRIES + "?before=5&after=1", None, "before"),
        ("GET", ENTRIES + "?colour=red", None, "colour"),
        ("GET", ENTRIES + "?room=place/other", None, "room"),
        ("GET", "/api/hubs/Place/rooms", None, "hub"),
        ("POST", "/api/hubs/place/rooms", {"room": "news", "mode": "agora"}, "title"),
        ("POST", "/api/hubs/place/rooms", {"room": "news", "mode": "agora", "title": ""}, "title"),
        ("POST", "/api/hubs/place/rooms", {"room": "news", "mode": "loud", "title": "N"}, "mode"),
        ("POST", "/api/hubs/place/rooms", {"room": "News", "mode": "agora", "title": "N"}, "room"),
        ("POST", "/api/hubs/place/rooms", {"room": "x/news", "mode": "agora", "title": "N"}, "room"),
        (
            "POST",
            "/api/hubs/place/rooms",
            {"room": "a", "mode": "agora", "title": "N", "discussion": "x/b"},
            "discussion",
        ),
        (
            "POST",
            "/api/hubs/place/rooms",
            {"room": "a", "mode": "agora", "title": "N", "topic": "x" * 501},
            "topic",
        ),
        ("POST", "/api/hubs/place/rooms", {"room": "a", "mode": "agora", "title": "N", "x": 1}, "x"),
        ("POST", "/api/guest", {}, "name"),
        ("POST", "/api/guest", {"name": "\u202e"}, "name"),
        ("POST", "/api/guest", {"name": "a", "kind": "bot"}, "kind"),
    ],
)
async def test_bad_request_names_the_field(
    client: httpx2.AsyncClient, node: FakeNode, method: str, path: str, body: Any, field: str
) -> None:
    refusal = assert_refused(await client.request(method, path, json=body), 400, "bad_request")
    assert field in refusal["reason"]
    assert node.asked == []


@pytest.mark.parametrize(
    ("method", "path"), [("POST", ENTRIES), ("PUT", MODE), ("POST", "/api/hubs/place/rooms")]
)
@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'"text"', b"7", b"\xff", b"{}{}", b"[" * 60_000, b'{"text":NaN}', b"text=a"],
)
async def test_body_that_is_no_json_object_is_refused(
    client: httpx2.AsyncClient, node: FakeNode, method: str, path: str, content: bytes
) -> None:
    assert_refused(await client.request(method, path, content=content), 400, "bad_request")
    assert node.asked == []


async def test_text_over_its_limit_is_too_large(client: httpx2.AsyncClient) -> None:
    response = await client.post(ENTRIES, json={"text": "x" * (limits.TEXT_CHARS + 1)})
    assert_refused(response, 413, "too_large")


async def test_id_in_header_and_body_is_ambiguous(client: httpx2.AsyncClient) -> None:
    response = await client.post(ENTRIES, json={"text": "a", "id": "1"}, headers={"Idempotency-Key": "2"})
    assert_refused(response, 400, "bad_request")


async def test_body_over_64_kib_is_too_large_by_its_length(client: httpx2.AsyncClient) -> None:
    content = json.dumps({"text": "a", "filler": "x" * limits.FRAME_BYTES}).encode()
    assert_refused(await client.post(ENTRIES, content=content), 413, "too_large")


async def test_endless_body_is_not_read_on(client: httpx2.AsyncClient) -> None:
    asked = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield b"x" * 1024

    assert_refused(await client.post(ENTRIES, content=endless()), 413, "too_large")
    assert asked <= limits.FRAME_BYTES // 1024 + 1


# -- Refusals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", list(Code))
async def test_refusal_of_the_node_has_its_status_and_its_words(
    client: httpx2.AsyncClient, node: FakeNode, code: Code
) -> None:
    refusal = Refusal(code, "Because.", {"mode": "announcement"}, ("floor",), 1500)
    node.fault = Refused(refusal, id="01J")
    response = await client.post(ENTRIES, json={"text": "a"})
    assert response.status_code == STATUS_BY_CODE[code]
    assert response.json() == {
        "code": code,
        "reason": "Because.",
        "temporary": refusal.is_temporary,
        "rule": {"mode": "announcement"},
        "instead": ["floor"],
        "retry_ms": 1500,
        "id": "01J",
    }


@pytest.mark.parametrize("code", [Code.SLOW_MODE, Code.RATE_LIMITED])
async def test_too_soon_says_when_to_come_back_in_whole_seconds(
    client: httpx2.AsyncClient, node: FakeNode, code: Code
) -> None:
    node.fault = Refused(Refusal(code, "Too soon.", retry_ms=1500))
    assert (await client.post(ENTRIES, json={"text": "a"})).headers["retry-after"] == "2"


async def test_fault_of_ours_is_internal_with_a_number_and_without_a_traceback(
    client: httpx2.AsyncClient, node: FakeNode, capfd: pytest.CaptureFixture[str]
) -> None:
    node.fault = RuntimeError("the secret place")
    response = await client.get("/api/hubs")
    body = assert_refused(response, 500, "internal")
    assert body["temporary"] is True
    assert "secret place" not in response.text and "Traceback" not in response.text
    number = "".join(filter(str.isdigit, body["reason"]))
    assert number
    logged = "".join(capfd.readouterr())
    assert number in logged and "the secret place" in logged


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/nothing", "/api/hubs/", "/api/rooms/a", "/api/rooms/a/b/c/mode"]
)
async def test_unknown_path_is_not_found(client: httpx2.AsyncClient, path: str) -> None:
    assert_refused(await client.get(path), 404, "unknown_command")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/guest", {"POST"}),
        ("DELETE", "/api/hubs", {"GET", "HEAD"}),
        ("PUT", ENTRIES, {"GET", "HEAD", "POST"}),
        ("OPTIONS", MODE, {"PUT"}),
        ("GET", MODE, {"PUT"}),
    ],
)
async def test_wrong_method_is_told_which_are_right(
    client: httpx2.AsyncClient, method: str, path: str, allowed: set[str]
) -> None:
    response = await client.request(method, path)
    assert_refused(response, 405, "unknown_command")
    assert set(response.headers["allow"].split(", ")) == allowed


# -- Guests --------------------------------------------------------------------------------------------


def client_of(node: FakeNode, tokens: Tokens, settings: Settings, peer: str) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(
        create_app(node, tokens, settings, HookBook(FakeStore())), client=(peer, 4711)
    )
    return httpx2.AsyncClient(transport=transport, base_url="http://localhost:8000")


async def test_address_gets_ten_guests_at_once(node: FakeNode, tokens: Tokens) -> None:
    async with client_of(node, tokens, Settings(), "192.0.2.1") as client:
        for _ in range(10):
            assert (await client.post("/api/guest", json={"name": "Amina"})).status_code == 200
        response = await client.post("/api/guest", json={"name": "Amina"})
        assert assert_refused(response, 429, "rate_limited")["retry_ms"] > 0
        assert int(response.headers["retry-after"]) in range(1, 7)


async def test_guests_behind_a_proxy_of_ours_are_told_apart(node: FakeNode, tokens: Tokens) -> None:
    settings = Settings(trusted_proxies="10.0.0.0/8")  # type: ignore[arg-type]
    async with client_of(node, tokens, settings, "10.0.0.1") as client:
        for number in range(30):
            headers = {"X-Forwarded-For": f"192.0.2.{number}"}
            assert (await client.post("/api/guest", json={"name": "A"}, headers=headers)).status_code == 200


async def test_nobody_is_counted_where_rate_limits_are_off(node: FakeNode, tokens: Tokens) -> None:
    async with client_of(node, tokens, Settings(rate_limits=False), "192.0.2.1") as client:
        for _ in range(30):
            assert (await client.post("/api/guest", json={"name": "Amina"})).status_code == 200


async def test_server_without_guests_refuses_them(node: FakeNode) -> None:
    closed = Tokens(b"x" * 32, None, admits_guests=False)
    async with client_of(node, closed, Settings(), "192.0.2.1") as client:
        assert_refused(await client.post("/api/guest", json={"name": "Amina"}), 403, "guests_refused")


# -- Headers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/hubs", "/api/nothing", ENTRIES])
async def test_nothing_of_the_api_is_kept_by_anybody(client: httpx2.AsyncClient, path: str) -> None:
    assert (await client.get(path)).headers["cache-control"] == "no-store"


async def test_every_code_has_a_status(app: Starlette) -> None:
    assert set(STATUS_BY_CODE) == set(Code)
