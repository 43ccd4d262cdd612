"""Who somebody is: guests, tokens, forgeries, expiry and renewal (protocol, section 2.1)."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any

import jwt
import pytest

from tests.integration.gateway.scene import (
    Scene,
    assert_acked,
    assert_refused,
    fresh_id,
    log_of,
    role_token,
    settled,
)
from tests.support.client import Client, ConnectionLost
from tests.support.server import Node
from tests.support.tokens import SECRET, token
from tests.support.waiting import until

LIMITS = {
    "frame_bytes": 65_536,
    "reply_bytes": 262_144,
    "text_chars": 4_000,
    "rooms": 100,
    "edit_ms": 86_400_000,
    "retain_messages": 10_000,
    "retain_ms": 34_560_000_000,
}
FEATURES = {"reach", "measure", "ledger", "appeal", "petition", "quiet"}


def close_reason(client: Client) -> str:
    """The text of the close frame that ended the connection."""
    received = client._wire.close_rcvd
    assert received is not None
    return received.reason


def signed(secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    """A token with these claims and no others."""
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, secret, algorithm)


def claims(**more: Any) -> dict[str, Any]:
    now = int(time.time())
    return {"sub": "u:eve", "aud": "hubbub", "iat": now, "exp": now + 600, **more}


async def test_a_guest_is_welcomed_with_all_that_a_client_needs(scene: Scene) -> None:
    client = await scene.stranger()
    welcome = await client.hello(name="Amina")
    identity = welcome["identity"]
    assert identity["id"].startswith("guest:")
    assert identity == {"id": identity["id"], "name": "Amina", "kind": "guest"}
    assert welcome["version"] == "1" and welcome["ping_ms"] == 25_000
    assert isinstance(welcome["node"], str) and isinstance(welcome["token"], str)
    assert abs(welcome["server_time"] - time.time() * 1000) < 60_000
    assert LIMITS.items() <= welcome["limits"].items()
    assert set(welcome["features"]) <= FEATURES


async def test_a_limit_that_is_off_is_null(scene: Scene) -> None:
    client = await scene.stranger()
    welcome = await client.hello(name="Amina")
    assert welcome["limits"]["publish_burst"] is None
    assert welcome["limits"]["publish_per_s"] is None


async def test_the_token_of_a_guest_keeps_the_same_identity(scene: Scene) -> None:
    first, second = await scene.stranger(), await scene.stranger()
    welcome = await first.hello(name="Amina")
    again = await second.hello(token=welcome["token"])
    assert again["identity"] == welcome["identity"]
    assert jwt.decode(again["token"], options={"verify_signature": False})["sub"] == first.identity_id


async def test_the_token_of_a_guest_is_good_for_thirty_days_and_carries_no_roles(scene: Scene) -> None:
    client = await scene.stranger()
    found = jwt.decode((await client.hello(name="A"))["token"], options={"verify_signature": False})
    assert found["exp"] - found["iat"] == 30 * 86_400
    assert "roles" not in found


async def test_two_guests_of_one_name_are_two_people(scene: Scene) -> None:
    first, second = await scene.stranger(), await scene.stranger()
    await first.hello(name="Amina")
    await second.hello(name="Amina")
    assert first.identity_id != second.identity_id


@pytest.mark.parametrize("kind", ["person", "bot"])
async def test_a_token_says_who_somebody_is(scene: Scene, kind: str) -> None:
    client = await scene.stranger()
    subject = fresh_id("zoe")
    welcome = await client.hello(token=token(subject, name="Zoé", kind=kind))
    assert welcome["identity"] == {"id": subject, "name": "Zoé", "kind": kind}
    assert "token" not in welcome


async def test_a_token_without_name_and_kind_is_of_a_person(scene: Scene) -> None:
    client = await scene.stranger()
    welcome = await client.hello(token=signed(**claims(sub="u:plain")))
    assert welcome["t"] == "welcome"
    assert welcome["identity"]["id"] == "u:plain" and welcome["identity"]["kind"] == "person"
    assert isinstance(welcome["identity"]["name"], str) and welcome["identity"]["name"]


async def test_a_name_is_normalised_to_nfc(scene: Scene) -> None:
    client = await scene.stranger()
    welcome = await client.hello(name="Zoe\u0301")
    assert welcome["identity"]["name"] == "Zo\u00e9"


@pytest.mark.parametrize(
    "name", ["", " ", "\u200b", "a" * 65, "a\nb", "a\x07", "a\u202eb", "a\u2066b", "\u0000"]
)
async def test_a_bad_name_is_refused_and_another_hello_may_follow(scene: Scene, name: str) -> None:
    client = await scene.stranger()
    refused = assert_refused(await client.ask({"t": "hello", "name": name}), "bad_request")
    assert "name" in refused["reason"]
    assert (await client.hello(name="Amina"))["t"] == "welcome"


@pytest.mark.parametrize("credentials", [{}, {"name": "Amina", "token": role_token("u:both")}])
async def test_a_hello_takes_a_token_or_a_name(scene: Scene, credentials: dict[str, str]) -> None:
    client = await scene.stranger()
    assert_refused(await client.ask({"t": "hello", **credentials}), "bad_request")
    assert (await client.hello(name="Amina"))["t"] == "welcome"


async def test_unknown_fields_of_a_hello_are_ignored(scene: Scene) -> None:
    client = await scene.stranger()
    assert (await client.hello(name="Amina", colour={"deep": [1]}, version=7))["t"] == "welcome"


def by_hand(algorithm: str, digest: Callable[..., Any]) -> str:
    """A token signed with the right key by another algorithm."""
    parts = [json.dumps(part).encode() for part in ({"alg": algorithm, "typ": "JWT"}, claims())]
    head_and_body = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = hmac.new(SECRET.encode(), head_and_body, digest).digest()
    return (head_and_body + b"." + urlsafe_b64encode(signature).rstrip(b"=")).decode()


def forgeries() -> Mapping[str, str]:
    """Tokens with one thing wrong each."""
    now = int(time.time())
    good = signed(**claims())
    head, body, signature = good.split(".")
    return {
        "no token": "",
        "no JWT": "eyJhbGciOi",
        "two parts": f"{head}.{body}",
        "no signature": f"{head}.{body}.",
        "another body": f"{head}.{signed(**claims(sub='u:admin')).split('.')[1]}.{signature}",
        "another key": signed("another-secret-of-more-than-32-bytes-x", **claims()),
        "no algorithm": jwt.encode(claims(), "", "none"),
        "another algorithm": signed(SECRET + SECRET, "HS512", **claims()),
        "the right key, another algorithm": by_hand("HS384", hashlib.sha384),
        "expired": signed(**claims(iat=now - 900, exp=now - 60)),
        "without exp": signed(**claims(exp=None)),
        "without iat": signed(**claims(iat=None)),
        "without sub": signed(**claims(sub=None)),
        "without aud": signed(**claims(aud=None)),
        "for somebody else": signed(**claims(aud="another")),
        "not yet": signed(**claims(nbf=now + 600)),
        "system": signed(**claims(sub="system")),
        "a guest by hand": signed(**claims(sub="guest:abc")),
        "empty sub": signed(**claims(sub="")),
        "long sub": signed(**claims(sub="u" * 129)),
        "sub with a line": signed(**claims(sub="u:a\nb")),
        "sub outside ASCII": signed(**claims(sub="u:zoé")),
        "kind of nobody": signed(**claims(kind="system")),
        "kind of a guest": signed(**claims(kind="guest")),
        "unknown role": signed(**claims(roles={"place": "king"})),
        "roles are no map": signed(**claims(roles=["owner"])),
        "a critical header": jwt.encode(claims(), SECRET, "HS256", headers={"crit": ["x"], "x": 1}),
        "a key id of guests": jwt.encode(claims(), SECRET, "HS256", headers={"kid": "guest"}),
        "too long": signed(**claims(extra="x" * 8_000)),
    }


FORGERIES = forgeries()


async def test_a_forged_token_closes_with_4500_whatever_is_wrong_with_it_for_one_reason(
    one_scene: Scene,
) -> None:
    reasons = set()
    for fault, forged in FORGERIES.items():
        client = await one_scene.stranger()
        client.send({"t": "hello", "token": forged})
        assert await client.close_code() == 4500, fault
        reasons.add(close_reason(client))
    assert len(reasons) == 1 and reasons != {""}


async def test_no_token_ever_stands_in_the_log(one_scene: Scene) -> None:
    client = await one_scene.stranger()
    forged = FORGERIES["another key"]
    client.send({"t": "hello", "token": forged})
    await client.close_code()
    assert forged not in one_scene.node.output


@pytest.mark.parametrize("command", ["join", "ping", "watch", "publish", "typing", "dance"])
async def test_any_other_command_before_welcome_closes_with_4501(scene: Scene, command: str) -> None:
    client = await scene.stranger()
    client.send({"t": command, "room": scene.room})
    assert await client.close_code() == 4501


async def test_an_expired_token_closes_with_4500(one_scene: Scene) -> None:
    client = await one_scene.person(valid_seconds=3)
    assert await client.close_code() == 4500


async def test_nothing_is_published_after_a_token_has_expired(one_scene: Scene) -> None:
    subject = fresh_id("short")
    owner = await one_scene.person(role="owner")
    client = await one_scene.stranger()
    credentials = role_token(subject, valid_seconds=2)
    expires_at_ms = jwt.decode(credentials, options={"verify_signature": False})["exp"] * 1000
    await client.hello(token=credentials)
    await client.join(one_scene.room)
    with pytest.raises(ConnectionLost):
        while True:
            await client.publish(one_scene.room, "still here")
    assert await client.close_code() == 4500
    newest = (await log_of(owner, one_scene.room))[-1]
    assert newest["by"]["id"] == subject
    assert newest["at"] <= expires_at_ms


async def test_a_fresh_token_for_the_same_person_renews_a_connection(one_scene: Scene) -> None:
    subject = fresh_id("renews")
    client = await one_scene.person(subject=subject, valid_seconds=3)
    first_expires_at = time.time() + 3
    welcome = await client.hello(token=role_token(subject, name="renews"))
    assert welcome["t"] == "welcome" and welcome["identity"]["id"] == subject
    await until("the first token is over", lambda: time.time() > first_expires_at + 2)
    assert_acked(await client.publish(one_scene.room, "still here"))


async def test_a_renewal_brings_the_roles_of_the_new_token(scene: Scene) -> None:
    subject = fresh_id("promoted")
    client = await scene.person(subject=subject)
    assert_refused(await client.switch(scene.room, "announcement"), "forbidden")
    await client.hello(token=role_token(subject, "moderator"))
    push = await client.expect("rights", room=scene.room)
    assert push["role"] == "moderator" and push["rights"]["moderate"] is True
    assert_acked(await client.switch(scene.room, "announcement"))


async def test_a_token_of_somebody_else_renews_nothing(scene: Scene) -> None:
    client = await scene.person()
    subject = client.identity_id
    assert_refused(await client.hello(token=role_token(fresh_id("other"), "owner")), "forbidden")
    push_seq = assert_acked(await client.publish(scene.room, "still me"))
    push = await client.expect_entry(scene.room, seq=push_seq)
    assert push["e"]["by"]["id"] == subject


async def test_an_open_connection_closes_with_4500_when_it_presents_a_forged_token(scene: Scene) -> None:
    client = await scene.person()
    client.send({"t": "hello", "token": FORGERIES["another key"]})
    assert await client.close_code() == 4500


async def test_where_no_guests_are_admitted_a_hello_with_a_token_may_follow(strict_node: Node) -> None:
    scene = Scene(strict_node, "json", "place/agora")
    client = await scene.stranger()
    assert_refused(await client.hello(name="Amina"), "guests_refused")
    assert (await client.hello(token=role_token(fresh_id("amina"))))["t"] == "welcome"
    await settled(client)
    await scene.close()


async def test_where_no_guests_are_admitted_none_is_made_over_http(strict_node: Node) -> None:
    answer = await strict_node.http("POST", "/api/guest", json={"name": "Amina"})
    assert answer.status_code == 403 and answer.json()["code"] == "guests_refused"
