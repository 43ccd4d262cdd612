"""A connection as programs use it: rooms to be in, events to read, and what one can do in a room.

Knows the commands of the protocol as calls. Refuses to know reconnecting (`session`) and handlers (`bot`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Iterable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from hubbub.sdk.errors import ProtocolError
from hubbub.sdk.events import Event, Message, Person, person
from hubbub.sdk.inboxes import Inboxes
from hubbub.sdk.line import Dial, dial
from hubbub.sdk.sending import SEND_SECONDS, Sending
from hubbub.sdk.session import Session, Token

Frame = dict[str, Any]
Mode = Literal["agora", "announcement"]
Scope = Literal["room", "hub"]

URL_VARIABLE = "HUBBUB_URL"
TOKEN_VARIABLE = "HUBBUB_TOKEN"
DEFAULT_URL = "http://127.0.0.1:8000"
CLOSE_SECONDS = 5.0
"""For the connection to end in order."""


class Hub:
    """Everything a program does over its connection; made by `connect`, or by a `Bot`.

    Calls that append to a room return when the server has acked: the entry is in the log then, exactly
    once, whatever became of the connection meanwhile. They raise Refused, SendTimeout, Closed.
    """

    def __init__(
        self,
        dial: Dial,
        *,
        token: Token | None,
        name: str = "bot",
        rooms: Iterable[str] = (),
        backlog: int = 0,
        ignore_self: bool = True,
        inboxes: Inboxes | None = None,
    ) -> None:
        self.inboxes = inboxes or Inboxes()
        self._session = Session(dial, token, name, self.inboxes, hub=self, ignore_self=ignore_self)
        self._sending = Sending(self._session)
        self._running: asyncio.Task[None] | None = None
        for room in rooms:
            self._session.reading.want(room, backlog)

    # -- Life ------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Connects; returns once greeted and in all rooms, or raises what keeps the program out."""
        self._running = asyncio.create_task(self._session.run())
        try:
            await self._session.online()
            for room in list(self._session.reading.cursor_by_room):
                await self._session.joined(room)
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends the connection."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._session.close()
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def ended(self) -> None:
        """Returns when the connection has been closed by `close`; raises what ended it for good."""
        assert self._running is not None
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(self._running)

    async def __aiter__(self) -> AsyncGenerator[Event]:
        """All events, in the order of each room's log; raises what ends the connection for good."""
        while True:
            arrived = asyncio.create_task(self.inboxes.next())
            assert self._running is not None
            try:
                await asyncio.wait({arrived, self._running}, return_when=asyncio.FIRST_COMPLETED)
                if not arrived.done():
                    self._session.check()
                yield arrived.result()
            finally:
                arrived.cancel()

    @property
    def is_whole(self) -> bool:
        """Whether it is connected, in all rooms, and misses nothing that the server has sent."""
        return self._session.is_whole

    # -- Who and where ---------------------------------------------------------------------------

    @property
    def me(self) -> Person:
        """Who the program is, once connected."""
        return self._session.me

    def mode(self, room: str) -> str:
        """The mode of a room the program is in, as it was told last."""
        return str(self._session.reading.cursor_by_room[room].state.get("mode", ""))

    def rights(self, room: str) -> Mapping[str, bool]:
        """What the program may do there, as it was told last; the server's answer is what counts."""
        return self._session.reading.cursor_by_room[room].rights

    async def join(self, room: str, backlog: int = 0) -> None:
        """Into a room, and back into it after every loss."""
        self._session.reading.want(room, backlog)
        await self._session.joined(room)

    async def leave(self, room: str) -> None:
        """Out of a room."""
        await self._session.reading.leave(room)

    async def who(self, room: str) -> list[Person]:
        """Who is in a room, of all pages; nobody where names are not told."""
        return [person(card) for card in await self._pages({"t": "who", "room": room}, "who")]

    async def people(self, hub: str, of: Literal["roles", "sanctions"]) -> list[Frame]:
        """Roles or sanctions of a hub, as the protocol's cards."""
        return await self._pages({"t": "people", "hub": hub, "of": of}, "people")

    async def history(self, room: str, *, before: int | None = None, limit: int = 50) -> list[Frame]:
        """A page of a room's log as folded entries of the protocol, oldest first."""
        command: Frame = {"t": "history", "room": room, "limit": limit}
        page = await self._session.asked(command | ({} if before is None else {"before": before}))
        return list(page["entries"])

    async def _pages(self, command: Frame, field: str) -> list[Frame]:
        found: list[Frame] = []
        after: Frame = {}
        while True:
            page = await self._session.asked({**command, **after})
            found += page.get(field) or []
            if not page["more"]:
                return found
            after = {"after": page["more"]}

    # -- Speaking --------------------------------------------------------------------------------

    async def send(
        self,
        room: str,
        text: str,
        *,
        reply_to: int | None = None,
        about: tuple[str, int] | None = None,
        question: bool = False,
        data: Mapping[str, Any] | None = None,
        id: str | None = None,
        timeout_seconds: float = SEND_SECONDS,
    ) -> Message:
        """Publishes a message; returns it as the log has it. `about` is an announcement: `(room, seq)`."""
        command: Frame = {"t": "publish", "room": room, "text": text}
        if about is not None:
            command["about"] = {"room": about[0], "seq": about[1]}
        if question:
            command["question"] = True
        optional = {"reply_to": reply_to, "data": data, "id": id}
        command |= {name: value for name, value in optional.items() if value is not None}
        return await self._sending.publish(command, timeout_seconds)

    async def edit(self, room: str, seq: int, text: str) -> None:
        """Another text for a message of the program's own."""
        await self._append("edit", room, target=seq, text=text)

    async def remove(self, room: str, seq: int, reason: str | None = None) -> None:
        """Erases a message; of somebody else it takes a moderator and a reason."""
        await self._append("remove", room, target=seq, reason=reason)

    async def react(self, room: str, seq: int, emoji: str, on: bool = True) -> None:
        """Reacts with one emoji, or takes the reaction back."""
        await self._append("react", room, target=seq, emoji=emoji, on=on)

    async def typing(self, room: str) -> None:
        """Shows that a message is being made; lost without harm."""
        await self._session.push({"t": "typing", "room": room})

    async def seen(self, room: str, seq: int) -> None:
        """Says that the room has been read up to here."""
        await self._session.push({"t": "seen", "room": room, "seq": seq})

    # -- The floor -------------------------------------------------------------------------------

    async def request_floor(self, room: str, reason: str | None = None) -> None:
        """Asks to speak in an announcement room; the answer is FloorGranted or FloorRefused."""
        await self._append("floor", room, action="ask", reason=reason)

    async def give_floor(self, room: str, subject: str, reason: str | None = None) -> None:
        """Lets somebody speak."""
        await self._append("floor", room, action="give", subject=subject, reason=reason)

    async def refuse_floor(self, room: str, subject: str, reason: str | None = None) -> None:
        """Answers an ask with no."""
        await self._append("floor", room, action="refuse", subject=subject, reason=reason)

    async def take_floor(self, room: str, subject: str, reason: str | None = None) -> None:
        """Ends somebody's turn."""
        await self._append("floor", room, action="take", subject=subject, reason=reason)

    # -- Moderating ------------------------------------------------------------------------------

    async def set_mode(self, room: str, mode: Mode, *, reason: str, until: datetime | None = None) -> None:
        """Switches who may speak; with `until` the room returns to its base mode by itself then."""
        await self._append("mode", room, mode=mode, reason=reason, until=_ms(until))

    async def settings(self, room: str, **changed: str | int) -> None:
        """Changes `title`, `topic`, `discussion` or `slow_ms`; "" unsets."""
        await self._append("settings", room, **changed)

    async def slow_mode(self, room: str, seconds: float) -> None:
        """The least time between two messages of one author; 0 is off."""
        await self.settings(room, slow_ms=round(seconds * 1000))

    async def grant(self, room: str, subject: str, role: str, *, reason: str) -> None:
        """Gives somebody a role in the room's hub."""
        await self._append("grant", room, subject=subject, role=role, reason=reason)

    async def mute(
        self, room: str, subject: str, *, reason: str, until: datetime | None = None, scope: Scope = "room"
    ) -> None:
        """Lets somebody only read."""
        await self._sanction(room, "mute", subject, reason, until, scope)

    async def unmute(self, room: str, subject: str, *, reason: str, scope: Scope = "room") -> None:
        """Lifts a mute of the same scope."""
        await self._sanction(room, "unmute", subject, reason, None, scope)

    async def ban(
        self, room: str, subject: str, *, reason: str, until: datetime | None = None, scope: Scope = "room"
    ) -> None:
        """Keeps somebody out."""
        await self._sanction(room, "ban", subject, reason, until, scope)

    async def unban(self, room: str, subject: str, *, reason: str, scope: Scope = "room") -> None:
        """Lifts a ban of the same scope."""
        await self._sanction(room, "unban", subject, reason, None, scope)

    async def _sanction(
        self, room: str, action: str, subject: str, reason: str, until: datetime | None, scope: Scope
    ) -> None:
        await self._append(
            "sanction", room, action=action, subject=subject, reason=reason, scope=scope, until=_ms(until)
        )

    async def _append(self, t: str, room: str, **fields: Any) -> None:
        given = {name: value for name, value in fields.items() if value is not None}
        await self._sending.append({"t": t, "room": room, **given})


def connect(
    url: str | None = None,
    *,
    token: Token | None = None,
    name: str = "bot",
    rooms: Iterable[str] = (),
    backlog: int = 0,
    ignore_self: bool = True,
) -> Hub:
    """A connection, to be entered: `async with connect(url, token=…, rooms=["place/agora"]) as hub:`.

    `url` is the server's (`https://…`, or `wss://…/ws`), by default HUBBUB_URL. `token` may be an async
    callable, which is asked at every connection; by default HUBBUB_TOKEN; without one the program comes as
    a guest under `name`. `backlog`: how many of a room's newest entries are told when it is first joined.
    """
    address = socket_url(url or os.environ.get(URL_VARIABLE) or DEFAULT_URL)
    credentials = token or os.environ.get(TOKEN_VARIABLE) or None
    return Hub(
        lambda: dial(address),
        token=credentials,
        name=name,
        rooms=rooms,
        backlog=backlog,
        ignore_self=ignore_self,
    )


def socket_url(url: str) -> str:
    """The address of the WebSocket of a server. Raises ProtocolError for what is none."""
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    if scheme not in ("ws", "wss") or not parts.netloc:
        raise ProtocolError(f"{url!r} is not the address of a server.", code="bad_url")
    path = parts.path.rstrip("/")
    return f"{scheme}://{parts.netloc}{path if path.endswith('/ws') else f'{path}/ws'}"


def _ms(until: datetime | None) -> int | None:
    return None if until is None else round(until.timestamp() * 1000)
