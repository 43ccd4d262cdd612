"""Knows how people come into a fresh room of a running server; refuses to know what they do there."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

import httpx2

from tests.support.client import Client, CodecName, WireFrame, open_client
from tests.support.server import HTTP_SECONDS, Node, owner_token
from tests.support.tokens import token
from tests.support.waiting import until

HUB: Final = "place"
# Codes whose refusal may pass by itself (protocol, section 6).
TEMPORARY: Final = frozenset({"slow_mode", "rate_limited", "unavailable", "unknown_outcome", "internal"})

# Made once: each HTTP client would make one of its own, which takes longer than most tests.
_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

_numbers = count(1)


@dataclass
class Scene:
    """A server, a codec, and a room in which nothing has happened yet; closes who came in."""

    node: Node
    codec: CodecName
    room: str
    clients: list[Client] = field(default_factory=list)

    async def stranger(
        self, *, node: Node | None = None, codec: CodecName | None = None, **how: Any
    ) -> Client:
        """A connection that has not said hello."""
        client = await open_client((node or self.node).url, codec=codec or self.codec, **how)
        self.clients.append(client)
        return client

    async def person(
        self,
        name: str = "amina",
        role: str | None = None,
        *,
        rooms: tuple[str, ...] | None = None,
        subject: str | None = None,
        valid_seconds: float = 3600,
        hello: Mapping[str, Any] | None = None,
        **how: Any,
    ) -> Client:
        """Somebody with a token, in the scene's room, or in `rooms`; nobody else has their id."""
        subject = subject or fresh_id(name)
        client = await self.stranger(name=name, **how)
        hub = (rooms or (self.room,))[0].partition("/")[0]
        credentials = role_token(subject, role, hub=hub, name=name, valid_seconds=valid_seconds)
        reply = await client.hello(token=credentials, **(hello or {}))
        assert reply["t"] == "welcome", reply
        for room in (self.room,) if rooms is None else rooms:
            joined = await client.join(room)
            assert joined["t"] == "joined", joined
        return client

    async def moderator(self, name: str = "max", **how: Any) -> Client:
        """A moderator of the hub, in the scene's room."""
        return await self.person(name, "moderator", **how)

    async def make_room(self, *, hub: str = HUB, node: Node | None = None, **more: Any) -> str:
        """The address of one more fresh room."""
        room = f"{hub}/r-{fresh_number()}"
        made = {"room": room, "title": room.partition("/")[2], "mode": "agora", **more}
        token = owner_token(hub)
        reply = await self.http("POST", f"/api/hubs/{hub}/rooms", token=token, node=node, json=made)
        assert reply.status_code == 200, reply.text
        return room

    async def http(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        node: Node | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> httpx2.Response:
        """One HTTP call; as an owner of the hub unless `token` says otherwise ("" for none)."""
        bearer = owner_token(HUB) if token is None else token
        sent = {**({"Authorization": f"Bearer {bearer}"} if bearer else {}), **(headers or {})}
        async with httpx2.AsyncClient(timeout=HTTP_SECONDS, trust_env=False, verify=_TLS) as http:
            return await http.request(method, f"{(node or self.node).http_url}{path}", headers=sent, **more)

    async def close(self) -> None:
        """Close every connection that is open still; who has stopped reading would not hear of it."""
        for client in self.clients:
            if not client.transport.is_reading():
                client.transport.abort()
        await asyncio.gather(*(client.close() for client in self.clients))


def fresh_number() -> int:
    """A number for the name of a room or a person."""
    return next(_numbers)


def fresh_id(name: str) -> str:
    """An identity that nobody has had yet."""
    return f"u:{name}-{fresh_number()}"


def role_token(
    subject: str,
    role: str | None = None,
    *,
    hub: str = HUB,
    name: str | None = None,
    valid_seconds: float = 3600,
) -> str:
    """A token for `subject`, with a role in the hub if one is given."""
    roles = {hub: role} if role is not None else None
    return token(subject, name=name, roles=roles, valid_seconds=valid_seconds)


def assert_refused(reply: WireFrame, code: str) -> WireFrame:
    """A `nack` with that code, and with all that a `nack` must have; returns it."""
    assert reply["t"] == "nack", reply
    assert reply["code"] == code, reply
    assert isinstance(reply["reason"], str) and reply["reason"], reply
    assert reply["temporary"] is (code in TEMPORARY), reply
    return reply


def assert_acked(reply: WireFrame) -> int:
    """An `ack` of something new; returns its `seq`."""
    assert reply["t"] == "ack", reply
    assert not reply.get("duplicate"), reply
    assert isinstance(reply["epoch"], str), reply
    return int(reply["seq"])


async def settled(client: Client) -> None:
    """Wait until the server has carried out what the client sent, and its pushes so far are here."""
    pong = await client.ask({"t": "ping"})
    assert pong["t"] == "pong", pong


async def caught_up(client: Client, room: str, seq: int) -> None:
    """Wait until the entry `seq` has been pushed to the client."""
    await until(f"{client.name} has {room} up to {seq}", lambda: client.position_by_room[room][1] >= seq)


def pushed(client: Client, room: str) -> list[dict[str, Any]]:
    """The entries pushed so far that nobody took out of the inbox."""
    return [push["e"] for push in client.inbox if push["t"] == "entry" and push["room"] == room]


def is_stand_in(entry: Mapping[str, Any], message: Mapping[str, Any]) -> bool:
    """Whether `entry` is all that may be left of a removed message."""
    gone = {"seq": message["seq"], "at": message["at"], "kind": "removed", "by": message["by"]}
    return dict(entry) == gone


async def log_of(client: Client, room: str, **more: Any) -> list[dict[str, Any]]:
    """The newest entries of a room by `history`."""
    page = await client.ask({"t": "history", "room": room, "limit": 300, **more})
    assert page["t"] == "history", page
    return list(page["entries"])
