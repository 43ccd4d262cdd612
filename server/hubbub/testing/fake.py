"""A hub for tests of bots: no sockets, no store, and a clock that one can turn.

Knows the frames that a bot's connection sends and is sent; what they do is the world's. Refuses to know time:
nothing happens by itself, and a call returns when everything that follows from it has happened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import msgspec

from hubbub.domain.identity import Credentials, Identity, Role
from hubbub.domain.refusals import Code, Refusal, Refused
from hubbub.domain.rights import is_readable
from hubbub.domain.state import ModeWord
from hubbub.protocol import frames
from hubbub.protocol.codecs import JSON, FrameRefused
from hubbub.sdk.backoff import Backoff
from hubbub.sdk.bot import Bot
from hubbub.sdk.line import Lost
from hubbub.testing.clock import TurnedClock
from hubbub.testing.replies import Replies
from hubbub.testing.world import EPOCH, FakeRoom, World

Frame = dict[str, Any]

SETTLE_SECONDS = 5.0
"""For a bot to do what follows from one event; a handler that sleeps longer needs a test of another kind."""

FAR_MS = 4_000_000_000_000  # when tokens of a fake hub expire: in another century
BOT_ID = "bot"


class NotSettled(AssertionError):
    """The bot was still busy after `SETTLE_SECONDS`."""


class FakeHub:
    """A hub that a bot under test is in, and what it has sent there.

        async with FakeHub(bot, rooms={"place/agora": "agora"}) as hub:
            await hub.say("place/agora", "alice", "!echo hi")
            assert hub.sent == [("place/agora", "hi")]

    The bot has the role `role` in every hub. Everybody else is who the test says.
    """

    def __init__(
        self, bot: Bot, rooms: Mapping[str, ModeWord] | None = None, *, role: str = "participant"
    ) -> None:
        self.bot = bot
        self.world = World(rooms or {"place/agora": "agora"})
        self._credentials = self._person(BOT_ID, "bot", role)
        self._replies = Replies(self.world, self._credentials)
        self._lines: list[FakeLine] = []
        self._living: asyncio.Task[None] | None = None
        self._clock = TurnedClock(self.world)
        self._stop = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Lets the bot come in, into all rooms."""
        self.bot.dial_with(self._dial, _AtOnce(), self._clock)
        self._living = asyncio.create_task(self.bot.start(self.world.rooms, until=self._stop.wait()))
        await self.settle()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        assert self._living is not None
        await self._living

    # -- What a test looks at ----------------------------------------------------------------------

    @property
    def sent(self) -> list[tuple[str, str]]:
        """The messages of the bot so far, as (room, text), in the order of each room's log."""
        return [
            (address, room.folded(entry["seq"], BOT_ID)["text"])
            for address, room in self.world.rooms.items()
            for entry in room.log
            if entry["kind"] == "message" and entry["by"]["id"] == BOT_ID
        ]

    def log(self, room: str) -> list[Frame]:
        """The whole log of a room."""
        return list(self.world.rooms[room].log)

    # -- What others do ----------------------------------------------------------------------------

    async def say(self, room: str, who: str, text: str, *, kind: str = "person", **more: Any) -> int:
        """Somebody publishes a message; returns its seq. Raises Refused as a server would."""
        return await self.act(room, who, "publish", kind=kind, text=text, **more)

    async def act(
        self, room: str, who: str, t: str, *, as_role: str | None = None, kind: str = "person", **fields: Any
    ) -> int:
        """Somebody does what the command `t` says; returns the seq of the entry. Raises Refused.

        `as_role` is theirs in every hub from now on; who never had one is a participant.
        """
        command = _command({"t": t, "ref": 1, "room": room, **fields})
        seq = self._execute(self._person(who, kind, as_role), command)
        await self.settle()
        return seq

    async def come(self, room: str, who: str, *, kind: str = "person", as_role: str | None = None) -> None:
        """Somebody enters a room."""
        self._person(who, kind, as_role)
        self._come(room, who)
        await self.settle()

    async def go(self, room: str, who: str) -> None:
        """Somebody leaves a room."""
        self._go(room, who)
        await self.settle()

    async def type(self, room: str, *who: str) -> None:
        """People are seen writing in a room."""
        for line in self._lines:
            if room in line.rooms:
                line.tell(frames.TypingPush(room=room, who=[{"id": id, "name": id} for id in who]))
        await self.settle()

    async def advance(self, seconds: float) -> None:
        """Turns the clock on: modes whose time has come end, and the bot's timers ring, each at its time."""
        end_ms = self.world.now_ms + round(seconds * 1000)
        while self.world.now_ms < end_ms:
            stops = (self._clock.next_ms(), self.world.next_return_ms(), end_ms)
            self.world.now_ms = min(stop for stop in stops if stop is not None)
            for room in self.world.rooms.values():
                entry = self.world.return_to_base(room)
                if entry is not None:
                    self._tell(room, entry)
            self._clock.ring()
            await self.settle()

    async def drop_connection(self) -> None:
        """Cuts the bot's connection; it comes back at once and resumes."""
        for line in list(self._lines):
            line.cut(Lost())
        await self.settle()

    async def settle(self) -> None:
        """Returns when the bot has nothing left to do. Raises NotSettled, or what ended the bot."""
        assert self._living is not None
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                while not self._is_settled():
                    if self._living.done():
                        self._living.result()
                        return
                    await asyncio.sleep(0)
        except TimeoutError:
            raise NotSettled(f"The bot is still busy after {SETTLE_SECONDS:.0f} s.") from None

    def _is_settled(self) -> bool:
        return self.bot.is_idle and all(line.is_idle for line in self._lines) and bool(self._lines)

    # -- The other end of the bot's connection -----------------------------------------------------

    async def _dial(self) -> FakeLine:
        line = FakeLine(self._received, self._lines.remove)
        self._lines.append(line)
        return line

    def _person(self, id: str, kind: str, role: str | None) -> Credentials:
        identity, known = Identity(id, id, "bot" if kind == "bot" else "person"), self.world.seen.get(id)
        if role is None and known is not None:
            return known
        roles = {name: Role.of(role or "participant") for name in self.world.hubs}
        credentials = self.world.seen[id] = Credentials(identity, roles, FAR_MS)
        return credentials

    def _received(self, line: FakeLine, frame: Frame) -> None:
        try:
            reply = self._replied(line, _command(frame))
        except FrameRefused as refused:
            reply = None if refused.is_silent else refused.nack
        except Refused as refused:
            reply = frames.nack(frame["ref"], refused.refusal, frame.get("id"))
        if reply is not None:
            line.tell(reply)

    def _replied(self, line: FakeLine, command: frames.ClientFrame) -> Any:
        match command:
            case frames.Join(room=room):
                joined = self._replies.to(command)
                line.rooms.add(room)
                line.rights[room] = joined.rights
                self._come(room, BOT_ID)
                return joined
            case frames.Leave(ref=ref, room=room):
                line.rooms.discard(room)
                self._go(room, BOT_ID)
                return frames.Left(room=room, ref=ref)
            case _ if isinstance(command, frames.Append):  # any that changes a room
                self.world.room(command.room, self._credentials)
                if command.room not in line.rooms:
                    raise Refused(Refusal(Code.NOT_JOINED, f"Join {command.room} first."))
                seq = self._execute(self._credentials, command)
                return frames.Ack(ref=command.ref, room=command.room, epoch=EPOCH, seq=seq)
            case _:
                return self._replies.to(command)

    def _come(self, room: str, id: str) -> None:
        who = self.world.seen[id]
        if self.world.rooms[room].people.get(id) is None:
            self.world.rooms[room].people[id] = who
            self._tell_presence(room, joined=[self._replies.card(room, who)], left=[])

    def _go(self, room: str, id: str) -> None:
        if self.world.rooms[room].people.pop(id, None) is not None:
            self._tell_presence(room, joined=[], left=[{"id": id}])

    def _tell_presence(self, room: str, **names: Any) -> None:
        count, shown = len(self.world.rooms[room].people), self._replies.may_see_names(room)
        for line in self._lines:
            if room in line.rooms:
                line.tell(frames.Presence(room=room, count=count, **(names if shown else {})))

    def _execute(self, credentials: Credentials, command: Any) -> int:
        seq, entry = self.world.execute(credentials, command)
        if entry is not None:
            self._tell(self.world.rooms[command.room], entry)
        return seq

    def _tell(self, room: FakeRoom, entry: Frame) -> None:
        for other in self.world.rooms.values():  # what is of the hub may put the bot out of all of its rooms
            if not is_readable(self.world.standing(other, self._credentials)):
                self._put_out(other.state.address)
        address = room.state.address
        for line in self._lines:
            if address in line.rooms:
                line.tell(frames.EntryPush(room=address, epoch=EPOCH, e=_raw(entry)))
        for other in self.world.rooms.values():
            self._tell_rights(other)

    def _put_out(self, address: str) -> None:
        for line in self._lines:
            if address in line.rooms:
                line.rooms.discard(address)
                line.tell(frames.Left(room=address, reason="banned"))
        self._go(address, BOT_ID)

    def _tell_rights(self, room: FakeRoom) -> None:
        address, who = room.state.address, self.world.standing(room, self._credentials)
        card = frames.Rights(
            room=address, role=who.role.word, rights=self.world.rights(room, self._credentials)
        )
        for line in self._lines:
            if address in line.rooms:
                line.tell_rights(card)


class _AtOnce(Backoff):
    """No waiting: here a connection is lost because a test says so."""

    def next_seconds(self, asked_seconds: float = 0.0) -> float:
        return 0.0


class FakeLine:
    """The bot's end of a connection without a socket."""

    def __init__(self, received: Callable[[FakeLine, Frame], None], gone: Callable[[FakeLine], None]) -> None:
        self.rooms: set[str] = set()
        self._received = received
        self._gone = gone
        self._frames: asyncio.Queue[Frame | Lost] = asyncio.Queue()
        self.rights: dict[str, Any] = {}
        self._is_waiting = False

    @property
    def is_idle(self) -> bool:
        """Whether the bot has read everything and waits for more."""
        return self._is_waiting and self._frames.empty()

    def tell(self, frame: Any) -> None:
        """A frame to the bot."""
        self._frames.put_nowait(msgspec.json.decode(JSON.encode(frame)))

    def tell_rights(self, frame: frames.Rights) -> None:
        """The rights, if they are others than before."""
        if self.rights.get(frame.room) != frame.rights:
            self.rights[frame.room] = frame.rights
            self.tell(frame)

    def cut(self, lost: Lost) -> None:
        """Ends it, as a network does."""
        self._frames.put_nowait(lost)

    async def send(self, frame: Frame) -> None:
        self._received(self, frame)

    async def receive(self) -> Frame:
        self._is_waiting = True
        frame = await self._frames.get()
        self._is_waiting = False
        if isinstance(frame, Lost):
            raise frame
        return frame

    async def close(self) -> None:
        self.cut(Lost(1000, "closed"))
        self._gone(self)


def _command(frame: Frame) -> Any:
    return JSON.decode(msgspec.json.encode(frame))


def _raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))
