"""A retry of what was accepted is never refused, and nobody else's id is one's own (protocol, section 5)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.scene import Scene, assert_acked, fresh_id, role_token


async def forbidden_from_now_on(scene: Scene, subject: str, action: str) -> None:
    """A sanction of the scene's room, or the end of its open mode, acked."""
    moderator = await scene.moderator()
    if action == "announcement":
        assert_acked(await moderator.switch(scene.room, "announcement"))
        return
    command = {"t": "sanction", "room": scene.room, "action": action, "subject": subject, "reason": "x"}
    assert_acked(await moderator.ask(command))


@pytest.mark.parametrize("action", ["ban", "mute", "announcement"])
async def test_a_retry_over_http_of_what_was_accepted_is_not_refused(scene: Scene, action: str) -> None:
    subject = fresh_id("amina")
    post: dict[str, Any] = {
        "token": role_token(subject),
        "headers": {"Idempotency-Key": "k1"},
        "json": {"text": "Said once"},
    }
    path = f"/api/rooms/{scene.room}/entries"
    first = await scene.http("POST", path, **post)
    assert first.status_code == 200, first.text
    await forbidden_from_now_on(scene, subject, action)
    again = await scene.http("POST", path, **post)
    assert again.status_code == 200, again.text
    assert again.json() == {**first.json(), "duplicate": True}


async def test_what_is_new_over_http_is_refused_to_one_who_is_banned(scene: Scene) -> None:
    subject = fresh_id("amina")
    await forbidden_from_now_on(scene, subject, "ban")
    path = f"/api/rooms/{scene.room}/entries"
    reply = await scene.http("POST", path, token=role_token(subject), json={"text": "x"})
    assert (reply.status_code, reply.json()["code"]) == (403, "banned")


@pytest.mark.parametrize("mark", ["|", " ", ":"])
async def test_two_authors_whose_ids_run_together_to_the_same_text_are_two(scene: Scene, mark: str) -> None:
    name = fresh_id("auth")
    one = await scene.person(subject=name)
    other = await scene.person(subject=f"{name}{mark}b0")
    first = assert_acked(await one.publish(scene.room, "from the one", id=f"b0{mark}x"))
    second = assert_acked(await other.publish(scene.room, "from the other", id="x"))
    assert second == first + 1
