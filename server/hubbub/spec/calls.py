"""Every call of HTTP: who answers it, what it takes and gives, and with what it can be refused.

Knows the calls of docs/protocol.md, section 9, beside the routes that carry them out; a test compares the
two. Refuses to know what OpenAPI calls things.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from hubbub.domain.refusals import Code
from hubbub.protocol import frames
from hubbub.spec import bodies
from hubbub.web.api import Api, GuestName, NewRoom
from hubbub.web.hooks import HookCalls, NewHook

NEW_MESSAGE: Final = ("NewMessage", frames.Publish, "A message, as in `publish`.", ("t", "ref", "room"))
NEW_MODE: Final = ("NewMode", frames.Mode, "The switch of a mode, as in `mode`.", ("t", "ref", "room"))
APPENDED: Final = ("Appended", frames.Ack, "Done, as in `ack`.", ("ref",))
PAGE: Final = ("Page", frames.HistoryPage, "A page of a room's log, as in `history`.", ("ref",))
REFUSAL: Final = ("Refusal", frames.Nack, "Refused, and nothing has changed.", ("t", "ref"))
PARTS: Final = (NEW_MESSAGE, NEW_MODE, APPENDED, PAGE, REFUSAL)
"""Frames without the fields that the path says, or that HTTP does not need."""

ALWAYS: Final = (Code.FORBIDDEN, Code.UNAVAILABLE, Code.INTERNAL)
_READS: Final = (Code.BAD_REQUEST, Code.UNKNOWN_ROOM, Code.BANNED)
_CHANGES: Final = (*_READS, Code.TOO_LARGE, Code.RATE_LIMITED, Code.UNKNOWN_OUTCOME)
_PUBLISHES: Final = (*_CHANGES, Code.MUTED, Code.ANNOUNCEMENT_ONLY, Code.UNKNOWN_ENTRY, Code.SLOW_MODE)


class Call(msgspec.Struct, frozen=True):
    """One call; `does` is who answers it, or a sentence.

    `takes` and `gives` are names of schemas, `query` the fields of `history` that it takes. `has_key`: it
    takes an `Idempotency-Key`. `is_open`: it takes no token.
    """

    method: str
    path: str
    does: Callable[..., Any] | str
    gives: tuple[str, ...]
    takes: str | None = None
    codes: tuple[Code, ...] = ()
    query: tuple[str, ...] = ()
    has_key: bool = False
    is_open: bool = False

    @property
    def refusals(self) -> tuple[Code, ...]:
        """Every code, those of all calls included; none where no node is asked."""
        if not self.path.startswith(("/api", "/hooks")):
            return ()
        lost = (Code.UNKNOWN_COMMAND,) if "{" in self.path else ()
        return (*ALWAYS, *lost, *(() if self.is_open else (Code.UNAUTHORIZED,)), *self.codes)


_ENTRIES: Final = "/api/rooms/{hub}/{room}/entries"
_HOOKS: Final = "/api/rooms/{hub}/{room}/hooks"
_GUEST_CODES: Final = (Code.BAD_REQUEST, Code.GUESTS_REFUSED, Code.TOO_LARGE, Code.RATE_LIMITED)

CALLS: Final = (
    Call("POST", "/api/guest", Api.make_guest, ("Guest",), "GuestName", _GUEST_CODES, is_open=True),
    Call("GET", "/api/hubs", Api.list_hubs, ("Hubs",)),
    Call("GET", "/api/hubs/{hub}/rooms", Api.list_rooms, ("Rooms",), codes=_READS),
    Call(
        "POST",
        "/api/hubs/{hub}/rooms",
        Api.make_room,
        ("RoomMade",),
        "NewRoom",
        (*_READS, Code.EXISTS, Code.TOO_LARGE, Code.UNKNOWN_OUTCOME),
    ),
    Call("GET", _ENTRIES, Api.list_entries, ("Page",), codes=_READS, query=("before", "after", "limit")),
    Call("POST", _ENTRIES, Api.publish, ("Appended",), "NewMessage", _PUBLISHES, has_key=True),
    Call(
        "PUT",
        "/api/rooms/{hub}/{room}/mode",
        Api.switch_mode,
        ("Appended",),
        "NewMode",
        (*_CHANGES, Code.NO_CHANGE),
        has_key=True,
    ),
    Call("GET", _HOOKS, HookCalls.list_hooks, ("Hooks",), codes=_READS),
    Call("POST", _HOOKS, HookCalls.make_hook, ("HookMade",), "NewHook", (*_READS, Code.TOO_LARGE)),
    Call(
        "DELETE",
        f"{_HOOKS}/{{id}}",
        HookCalls.remove_hook,
        ("HookRemoved",),
        codes=(*_READS, Code.UNKNOWN_ENTRY),
    ),
    Call(
        "POST",
        "/hooks/{token}",
        HookCalls.say,
        ("Appended", "Ignored"),
        "Payload",
        (Code.UNAUTHORIZED, *_PUBLISHES),
        has_key=True,
        is_open=True,
    ),
    Call("GET", "/livez", "Whether the process lives.", ("Alive",), is_open=True),
    Call("GET", "/readyz", "Whether the server takes work.", ("Ready",), is_open=True),
    Call("GET", "/openapi.json", "This document.", (), is_open=True),
    Call("GET", "/asyncapi.json", "The document of the socket.", (), is_open=True),
)
SHAPES: Final = (
    *(GuestName, NewRoom, NewHook),
    *(bodies.Guest, bodies.Hubs, bodies.Rooms, bodies.RoomMade, bodies.Payload, bodies.Ignored),
    *(
        bodies.HookCard,
        bodies.HookMade,
        bodies.Hooks,
        bodies.HookRemoved,
        bodies.Delivery,
        bodies.Missing,
        bodies.Alive,
        bodies.Ready,
    ),
)
"""Types of bodies that are no frames."""
