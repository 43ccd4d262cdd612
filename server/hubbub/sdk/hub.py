"""A connection as programs use it: rooms to be in, events to read, and what can be asked.

Knows the questions of the protocol as calls. Refuses to know what changes a room (`acting`), reconnecting
(`session`) and handlers (`bot`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Iterable, Mapping
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from hubbub.sdk.acting import Acting
from hubbub.sdk.backoff import Backoff
from hubbub.sdk.cursor import Cursor
from hubbub.sdk.errors import Closed, ProtocolError, Refused
from hubbub.sdk.events import Event, Person, person
from hubbub.sdk.inboxes import Inboxes
from hubbub.sdk.line import Dial, dial
from hubbub.sdk.sending import Sending
from hubbub.sdk.session import Session, Token

Frame = dict[str, Any]

URL_VARIABLE = "HUBBUB_URL"
TOKEN_VARIABLE = "HUBBUB_TOKEN"
DEFAULT_URL = "http://127.0.0.1:8000"
CLOSE_SECONDS = 5.0
"""For the connection to end in order."""


class Hub(Acting):
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
        quiet: bool = False,
        backoff: Backoff | None = None,
    ) -> None:
        if isinstance(rooms, str):
            raise TypeError(f"rooms is a list of addresses, not {rooms!r}")
        self.inboxes = Inboxes()
        self._session = Session(
            dial, token, name, self.inboxes,
            hub=self, ignore_self=ignore_self, is_quiet=quiet, backoff=backoff,
        )  # fmt: skip
        super().__init__(self._session, Sending(self._session))
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
        await asyncio.wait({self._running})
        if not self._running.cancelled():
            self._running.result()

    async def flushed(self) -> None:
        """Returns when every command that was given has been settled."""
        await self._sending.flushed()

    async def __aiter__(self) -> AsyncGenerator[Event]:
        """All events, in the order of each room's log; raises what ends the connection for good."""
        assert self._running is not None
        while True:
            arrival = asyncio.create_task(self.inboxes.arrival())
            try:
                await asyncio.wait({arrival, self._running}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                arrival.cancel()
            while any(self.inboxes):
                yield self.inboxes.take()  # in one step with looking: nothing is taken and lost
            if self._running.done():
                with contextlib.suppress(Closed):
                    self._session.check()
                return

    @property
    def is_whole(self) -> bool:
        """Whether it is connected, in all rooms, and misses nothing that the server has sent."""
        return self._session.is_whole

    @property
    def open_asks(self) -> int:
        """How many asks for the floor have no answer yet."""
        return self._session.reading.awaited.open_asks

    # -- Who and where ---------------------------------------------------------------------------

    @property
    def me(self) -> Person:
        """Who the program is, once connected."""
        return self._session.me

    def mode(self, room: str) -> str:
        """The mode of a room the program is in, as it was told last."""
        return str(self._cursor(room).state.get("mode", ""))

    def rights(self, room: str) -> Mapping[str, bool]:
        """What the program may do there, as it was told last; the server's answer is what counts."""
        return self._cursor(room).rights

    def _cursor(self, room: str) -> Cursor:
        cursor = self._session.reading.cursor_by_room.get(room)
        if cursor is None:
            raise Refused(f"This program is not in {room}.", code="not_joined", room=room)
        return cursor

    async def join(self, room: str, backlog: int = 0) -> None:
        """Into a room, and back into it after every loss. Raises Refused."""
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

    async def rooms(self, hub: str) -> list[Frame]:
        """The rooms of a hub, as the protocol's cards: `room`, `state`, `seq`, `present`."""
        watching = await self._session.asked({"t": "watch", "hub": hub})
        await self._session.asked({"t": "unwatch", "hub": hub})
        return list(watching["rooms"])

    async def history(self, room: str, *, before: int | None = None, limit: int = 50) -> list[Frame]:
        """A page of a room's log as folded entries of the protocol, oldest first; `limit` 1 to 300."""
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


def connect(
    url: str | None = None,
    *,
    token: Token | None = None,
    name: str = "bot",
    rooms: Iterable[str] = (),
    backlog: int = 0,
    ignore_self: bool = True,
    quiet: bool = False,
) -> Hub:
    """A connection, to be entered: `async with connect(url, token=…, rooms=["place/agora"]) as hub:`.

    `url` is the server's (`https://…`, or `wss://…/ws`), by default HUBBUB_URL. `token` may be an async
    callable, which is asked at every connection; by default HUBBUB_TOKEN; without one the program comes as
    a guest under `name`. `backlog`: how many of a room's newest entries are told when it is first joined.
    `quiet`: not named among who is there, where the server can do that.
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
        quiet=quiet,
    )


def socket_url(url: str) -> str:
    """The address of the WebSocket of a server. Raises ProtocolError for what is none."""
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    if scheme not in ("ws", "wss") or not parts.netloc:
        raise ProtocolError(f"{url!r} is not the address of a server.", code="bad_url")
    path = parts.path.rstrip("/")
    return f"{scheme}://{parts.netloc}{path if path.endswith('/ws') else f'{path}/ws'}"
