"""One POST to a hook is a message; owners make and end hooks."""

import httpx2
import pytest
from starlette.applications import Starlette
from structlog.testing import capture_logs

from hubbub.domain.refusals import Code, Refusal, Refused
from hubbub.hooks.incoming import HookBook
from hubbub.protocol.frames import Publish
from hubbub.roomlog.client import StoreUnavailable
from tests.unit.hooks.fake_store import FakeStore
from tests.unit.web.fake_node import FakeNode


async def test_a_post_to_a_hook_is_a_message_of_its_bot(
    stranger: httpx2.AsyncClient, node: FakeNode, book: HookBook
) -> None:
    hook, token = await book.create("place/agora", "CI", "participant")
    answer = await stranger.post(
        f"/hooks/{token}", json={"text": "Green"}, headers={"Idempotency-Key": "run-7"}
    )
    assert (answer.status_code, answer.json()["seq"]) == (200, 58)
    assert node.asked == [Publish(ref=1, room="place/agora", text="Green", id="run-7")]
    assert node.callers[0].identity == hook.identity


async def test_what_nobody_need_read_is_acknowledged_and_not_said(
    stranger: httpx2.AsyncClient, node: FakeNode, book: HookBook
) -> None:
    _, token = await book.create("place/agora", "CI", "participant")
    answer = await stranger.post(f"/hooks/{token}", json={}, headers={"X-GitHub-Event": "ping"})
    assert (answer.status_code, answer.json()) == (200, {"ignored": "ping"})
    assert node.asked == []


async def test_a_hook_that_is_none_is_unauthorized(stranger: httpx2.AsyncClient, node: FakeNode) -> None:
    answer = await stranger.post(f"/hooks/{'A' * 43}", json={"text": "Green"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert node.asked == []


async def test_another_method_than_post_is_told_so(stranger: httpx2.AsyncClient) -> None:
    answer = await stranger.put(f"/hooks/{'A' * 43}", json={"text": "Green"})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert answer.json()["code"] == "unknown_command"


async def test_a_body_over_64_kib_is_too_large(stranger: httpx2.AsyncClient, book: HookBook) -> None:
    _, token = await book.create("place/agora", "CI", "participant")
    answer = await stranger.post(f"/hooks/{token}", content=b" " * 65_537)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("code", "status"),
    [(Code.ANNOUNCEMENT_ONLY, 403), (Code.MUTED, 403), (Code.BANNED, 403), (Code.SLOW_MODE, 429)],
)
async def test_what_the_room_refuses_the_hook_is_told(
    stranger: httpx2.AsyncClient, node: FakeNode, book: HookBook, code: Code, status: int
) -> None:
    _, token = await book.create("place/agora", "CI", "participant")
    node.fault = Refused(Refusal(code, "No.", retry_ms=2_500 if status == 429 else None))
    answer = await stranger.post(f"/hooks/{token}", json={"text": "Green"})
    assert (answer.status_code, answer.json()["code"]) == (status, code.value)
    assert answer.headers.get("Retry-After") == ("3" if status == 429 else None)


async def test_a_store_that_is_away_is_unavailable(
    stranger: httpx2.AsyncClient, book: HookBook, store: FakeStore
) -> None:
    store.fault = StoreUnavailable("away")
    answer = await stranger.post(f"/hooks/{'A' * 43}", json={"text": "Green"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_no_fault_writes_a_token_into_the_log(
    stranger: httpx2.AsyncClient, node: FakeNode, book: HookBook
) -> None:
    _, token = await book.create("place/agora", "CI", "participant")
    node.fault = RuntimeError("a bug")
    with capture_logs() as lines:
        answer = await stranger.post(f"/hooks/{token}", json={"text": "Green"})
    assert answer.status_code == 500
    assert lines and token not in repr(lines)


async def test_an_owner_makes_a_hook_and_is_told_its_path_once(
    client: httpx2.AsyncClient, app: Starlette, node: FakeNode, book: HookBook
) -> None:
    made = (await client.post("/api/rooms/place/agora/hooks", json={"name": "CI", "role": "speaker"})).json()
    assert node.asked == [("place/agora", "Making a hook")]
    assert (await client.post(made["path"], json={"text": "Green"})).status_code == 200
    [listed] = (await client.get("/api/rooms/place/agora/hooks")).json()["hooks"]
    assert listed == {name: made[name] for name in ("id", "room", "name", "role", "identity", "made_at")}


async def test_an_owner_ends_a_hook(client: httpx2.AsyncClient, book: HookBook) -> None:
    hook, token = await book.create("place/agora", "CI", "participant")
    path = f"/api/rooms/place/agora/hooks/{hook.id}"
    assert (await client.delete(path)).status_code == 200
    assert (await client.delete(path)).status_code == 404
    assert (await client.post(f"/hooks/{token}", json={"text": "Green"})).status_code == 401


@pytest.mark.parametrize("call", ["list", "make", "remove"])
async def test_who_does_not_own_the_hub_has_nothing_to_do_with_its_hooks(
    client: httpx2.AsyncClient, node: FakeNode, book: HookBook, call: str
) -> None:
    hook, _ = await book.create("place/agora", "CI", "participant")
    node.fault = Refused(Refusal(Code.FORBIDDEN, "Owners do."))
    path = "/api/rooms/place/agora/hooks"
    match call:
        case "list":
            answer = await client.get(path)
        case "make":
            answer = await client.post(path, json={"name": "CI"})
        case _:
            answer = await client.delete(f"{path}/{hook.id}")
    assert answer.status_code == 403
    assert await book.all() == [hook]
