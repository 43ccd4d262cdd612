"""The calls of hooks: what other programs say by one POST, and how owners make and end these ways in.

Knows paths and bodies. Refuses to know payloads and tokens (hooks), and to decide: what a hook says the
node judges like what anybody says. A token stands in a path: no path of a hook is logged.
"""

import asyncio
import time
from collections.abc import Awaitable
from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route, Router

from hubbub.domain import fields, limits, names
from hubbub.domain.refusals import Code, Refusal, Refused
from hubbub.hooks import payloads
from hubbub.hooks.incoming import Hook, HookBook, HookRole
from hubbub.hooks.said import NothingToSay
from hubbub.protocol.frames import Publish
from hubbub.roomlog.client import OutcomeUnknown, StoreUnavailable
from hubbub.roomlog.publisher import UNAVAILABLE
from hubbub.web.api import Callers, route
from hubbub.web.guards import SECRET_PATH
from hubbub.web.ports import Node
from hubbub.web.replies import frame_reply, reply
from hubbub.web.requests import body_of, refuse, struct_of

T = TypeVar("T")


class NewHook(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The body of `POST /api/rooms/{hub}/{room}/hooks`."""

    name: fields.Name
    role: HookRole = "participant"
    """`speaker` publishes in announcement rooms too."""


class HookCalls:
    """The calls of hooks over one node."""

    def __init__(self, node: Node, callers: Callers, book: HookBook) -> None:
        self._node = node
        self._callers = callers
        self._book = book

    def routes(self) -> list[Route]:
        """The routes that are below `/api`."""
        return [
            route("/rooms/{hub}/{room}/hooks", GET=self.list_hooks, POST=self.make_hook),
            route("/rooms/{hub}/{room}/hooks/{id}", DELETE=self.remove_hook),
        ]

    def way_in(self) -> Mount:
        """What programs POST to; mounted, so that another method is told the right one."""
        way_in = route("/{token}", POST=self.say)
        return Mount(SECRET_PATH.rstrip("/"), Router([way_in], redirect_slashes=False))

    async def say(self, request: Request) -> Response:
        """What a program says, as a message of the hook's bot."""
        hook = await _asked(self._book.find(request.path_params["token"]))
        if hook is None:
            raise Refused(Refusal(Code.UNAUTHORIZED, "There is no such hook, or no longer."))
        spoken = payloads.said(await body_of(request), request.headers)
        if isinstance(spoken, NothingToSay):
            return reply({"ignored": spoken.what})
        command = Publish(ref=1, room=hook.room, text=spoken.text, id=spoken.key)
        return frame_reply(await self._node.execute(hook.credentials(_now_ms()), command))

    async def make_hook(self, request: Request) -> Response:
        """Makes a hook; its token is told here and never again."""
        room = await self._owned_room(request, "Making a hook")
        new = await struct_of(request, NewHook)
        try:
            name = names.display_name("name", new.name)
        except names.ShapeError as fault:
            refuse(str(fault))
        hook, token = await _asked(self._book.create(room, name, new.role))
        return reply({**_card(hook), "token": token, "path": f"{SECRET_PATH}{token}"})

    async def list_hooks(self, request: Request) -> Response:
        """The hooks of a room, without their tokens."""
        room = await self._owned_room(request, "Listing hooks")
        hooks = await _asked(self._book.all())
        return reply({"room": room, "hooks": [_card(hook) for hook in hooks if hook.room == room]})

    async def remove_hook(self, request: Request) -> Response:
        """Ends a hook."""
        room = await self._owned_room(request, "Removing a hook")
        id = request.path_params["id"]
        if not await _asked(self._book.remove(id, room)):
            raise Refused(Refusal(Code.UNKNOWN_ENTRY, f"There is no such hook of {room}."))
        return reply({"room": room, "removed": id})

    async def _owned_room(self, request: Request, deed: str) -> str:
        caller = await self._callers.of(request)
        try:
            room = names.room_address("room", "{hub}/{room}".format(**request.path_params))
        except names.ShapeError as fault:
            refuse(str(fault))
        await self._node.admit_owner(caller, room, deed)
        return room


def _card(hook: Hook) -> dict[str, object]:
    card = {"id": hook.id, "room": hook.room, "name": hook.name, "role": hook.role}
    return {**card, "identity": hook.identity.id, "made_at": hook.made_at}


def _now_ms() -> int:
    return round(time.time() * 1000)


async def _asked(work: Awaitable[T]) -> T:
    """What the store answers in time; its silence as a refusal."""
    try:
        async with asyncio.timeout(limits.STORE_SECONDS):
            return await work
    except (StoreUnavailable, OutcomeUnknown, TimeoutError):
        raise Refused(UNAVAILABLE) from None
