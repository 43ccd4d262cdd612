"""The calls under `/api` (protocol, section 9).

Knows which call asks the node what. Refuses to decide: what the socket refuses, the node refuses here.
"""

import time
from collections.abc import Awaitable, Callable
from typing import cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.domain import fields, names
from hubbub.domain.identity import Credentials
from hubbub.domain.refusals import Code, Refusal, Refused
from hubbub.hosts import UNKNOWN_ADDRESS, client_address
from hubbub.protocol.frames import Append, History
from hubbub.settings import Settings
from hubbub.tokens import TokenRefused, Tokens
from hubbub.web.guest_rate import GuestRate
from hubbub.web.ports import Node
from hubbub.web.replies import frame_reply, reply
from hubbub.web.requests import command_of, fields_of, key_of, query_of, refuse, struct_of

Call = Callable[[Request], Awaitable[Response]]


class GuestName(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The body of `POST /api/guest`."""

    name: fields.Name


class NewRoom(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The body of `POST /api/hubs/{hub}/rooms`; `room` is an address or its last part."""

    room: fields.RoomOrName
    title: fields.Name
    """What is shown as the room's name."""
    mode: fields.Mode
    topic: fields.Topic | None = None
    discussion: fields.RoomOrUnset | None = None
    """Where this room's announcements are answered."""


class Callers:
    """Who makes a call: its bearer token tells."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def of(self, request: Request) -> Credentials:
        """The caller; raises TokenRefused."""
        values = request.headers.getlist("authorization")
        scheme, _, token = values[0].partition(" ") if len(values) == 1 else ("", "", "")
        if scheme.lower() != "bearer":
            raise TokenRefused
        return await self._tokens.verify(token.strip(" "))


class Api:
    """The calls of `/api` over one node."""

    def __init__(self, node: Node, tokens: Tokens, settings: Settings) -> None:
        self._node = node
        self._tokens = tokens
        self._callers = Callers(tokens)
        self._proxies = settings.trusted_proxies
        self._guest_rate = GuestRate() if settings.rate_limits else None

    def routes(self) -> list[Route]:
        """The routes, below `/api`."""
        return [
            route("/guest", POST=self.make_guest),
            route("/hubs", GET=self.list_hubs),
            route("/hubs/{hub}/rooms", GET=self.list_rooms, POST=self.make_room),
            route("/rooms/{hub}/{room}/entries", GET=self.list_entries, POST=self.publish),
            route("/rooms/{hub}/{room}/mode", PUT=self.switch_mode),
        ]

    async def make_guest(self, request: Request) -> Response:
        """A new guest and the token that keeps being them; the only call without a token."""
        body = await struct_of(request, GuestName)
        self._admit_guest_of(request)
        identity, token = self._tokens.guest(body.name)
        return reply({"token": token, "identity": identity.card()})

    async def list_hubs(self, request: Request) -> Response:
        """The hubs that the caller may see."""
        return reply({"hubs": await self._node.hubs(await self._callers.of(request))})

    async def list_rooms(self, request: Request) -> Response:
        """The rooms of a hub that the caller may read."""
        caller, hub = await self._callers.of(request), _hub_of(request)
        return reply({"hub": hub, "rooms": await self._node.rooms(caller, hub)})

    async def make_room(self, request: Request) -> Response:
        """Makes a room."""
        caller, hub = await self._callers.of(request), _hub_of(request)
        new = _checked(hub, await struct_of(request, NewRoom))
        made = await self._node.create_room(
            caller, hub, new.room, new.title, new.mode, new.topic, new.discussion
        )
        return reply({"room": new.room, "state": made})

    async def list_entries(self, request: Request) -> Response:
        """A page of a room's log."""
        caller = await self._callers.of(request)
        command = cast(History, command_of("history", request, query_of(request)))
        return frame_reply(await self._node.history(caller, command))

    async def publish(self, request: Request) -> Response:
        """A message into a room."""
        return await self._append("publish", request)

    async def switch_mode(self, request: Request) -> Response:
        """The switch of a room's mode."""
        return await self._append("mode", request)

    async def _append(self, t: str, request: Request) -> Response:
        caller = await self._callers.of(request)
        command = cast(Append, command_of(t, request, key_of(request), await fields_of(request)))
        return frame_reply(await self._node.execute(caller, command))

    def _admit_guest_of(self, request: Request) -> None:
        if self._guest_rate is None:
            return
        peer = request.client.host if request.client else UNKNOWN_ADDRESS
        address = client_address(peer, request.headers.getlist("x-forwarded-for"), self._proxies)
        wait_seconds = self._guest_rate.wait_seconds(address, time.monotonic())
        if wait_seconds > 0:
            reason = "Too many guests from this address; try again later."
            raise Refused(Refusal(Code.RATE_LIMITED, reason, retry_ms=round(wait_seconds * 1000)))


def route(path: str, **call_by_method: Call) -> Route:
    """One route for all methods of a path, so that a wrong one is told all the right ones."""

    async def call(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await call_by_method[method](request)

    return Route(path, call, methods=list(call_by_method))


def _hub_of(request: Request) -> str:
    try:
        return names.hub_name("hub", request.path_params["hub"])
    except names.ShapeError as fault:
        refuse(str(fault))


def _checked(hub: str, new: NewRoom) -> NewRoom:
    """`new` with its whole address and its texts as they are kept."""
    try:
        checked = NewRoom(
            room=names.room_address("room", new.room if "/" in new.room else f"{hub}/{new.room}"),
            title=names.display_name("title", new.title),
            mode=new.mode,
            topic=names.topic_or_unset("topic", new.topic or "") or None,
            discussion=names.room_or_unset("discussion", new.discussion or "") or None,
        )
    except names.ShapeError as fault:
        refuse(str(fault))
    if names.hub_of(checked.room) != hub:
        refuse(f"room is not one of the hub {hub}")
    if checked.discussion is not None and names.hub_of(checked.discussion) != hub:
        refuse(f"discussion is not a room of the hub {hub}")
    return checked
